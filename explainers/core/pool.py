"""The row pool: rows of many cases and many steps go through the predictor together, in chunks of one fixed size."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from explainers.core.errors import ExplanationRefused
from explainers.core.target import target_output

if TYPE_CHECKING:
    import torch

    Points = Callable[[slice, slice], torch.Tensor]
    Weights = Callable[[slice, slice], torch.Tensor]
    Score = Callable[[torch.Tensor, torch.Tensor | None], torch.Tensor]

LEAST_ROWS = 32
LIMITS = {"cpu": (1 << 18, 1 << 10), "cuda": (1 << 25, 1 << 16)}
"""Per class of device: numbers in a chunk at most, rows in a chunk at most."""


def rows_for(shape: "tuple[int, ...]", *, device: str = "cpu") -> int:
    """
    Return how many rows of inputs of a shape go through a predictor at once.

    Definition: the largest power of two of rows with at most 2**18 numbers in all and at most 1,024 rows (on a GPU
    2**25 and 65,536), and at least 32.

    Parameters
    ----------
    shape : tuple of int
        Of one case.
    device : str
        Class of the device, `cpu` or `cuda`.

    Returns
    -------
    int
        Rows. Shape and class of device decide and nothing else, so that every machine of a class takes the same.

    Examples
    --------
    >>> rows_for((30,)), rows_for((3, 64, 64)), rows_for((3, 224, 224))
    (1024, 32, 32)
    """
    elements, most = LIMITS.get(device, LIMITS["cuda"])
    rows, size = LEAST_ROWS, math.prod(shape)
    while rows < most and rows * 2 * size <= elements:
        rows *= 2
    return rows


@dataclass(frozen=True)
class Pool:
    """
    A predictor seen through chunks.

    A chunk has `rows` rows, always: what is left over at its end goes through the predictor and is thrown away. A case
    takes whole chunks, or a part of one that begins anywhere. So every matrix product has one shape, and what a case
    gets does not depend on the cases beside it.

    Parameters
    ----------
    score : Callable
        From rows (rows, *shape) and what belongs to each row (or None) to scores (rows, outputs); rows do not
        influence each other.
    space : str
        What of the scores is explained, see `target_output`.
    rows : int
        Size of a chunk.
    extra : torch.Tensor or None
        What belongs to each case beside its inputs, (cases, ...), such as the token ids that make a mask.
    """

    score: "Score"
    space: str
    rows: int
    extra: "torch.Tensor | None" = None

    def blocks(self, *, cases: int, per_case: int) -> "Iterator[tuple[slice, slice]]":
        """
        Yield which cases and which of their rows share a chunk.

        Parameters
        ----------
        cases : int
            How many.
        per_case : int
            Rows of one case.

        Yields
        ------
        tuple of slice
            Cases; rows within each case.

        Raises
        ------
        ExplanationRefused
            If a case has no rows.

        Examples
        --------
        >>> list(Pool(score=None, space="score", rows=8).blocks(cases=3, per_case=4))
        [(slice(0, 2, None), slice(0, 4, None)), (slice(2, 3, None), slice(0, 4, None))]
        """
        if per_case < 1:
            raise ExplanationRefused("An explanation needs at least one row per case.")
        together = max(1, self.rows // per_case)
        for first in range(0, cases, together):
            last = min(first + together, cases)
            for begin in range(0, per_case, self.rows):
                yield slice(first, last), slice(begin, min(begin + self.rows, per_case))

    def values(
        self, points: "Points", *, targets: "torch.Tensor", shape: "tuple[int, ...]", per_case: int
    ) -> "torch.Tensor":
        """
        Return what is explained at many points of each case.

        Parameters
        ----------
        points : Callable
            From a slice of cases and a slice of their rows to the points, (cases, rows, *shape).
        targets : torch.Tensor
            Column per case, int64, (n,).
        shape : tuple of int
            Of one case.
        per_case : int
            Points of each case.

        Returns
        -------
        torch.Tensor
            float64, (n, per_case), on the device of the targets.
        """
        import torch

        found = torch.empty((len(targets), per_case), dtype=torch.float64, device=targets.device)
        buffer = torch.zeros((self.rows, *shape), device=targets.device)
        with torch.no_grad():
            for cases, part in self.blocks(cases=len(targets), per_case=per_case):
                count, each = cases.stop - cases.start, part.stop - part.start
                buffer[: count * each].view(count, each, *shape).copy_(points(cases, part))
                out = self._outputs(buffer, targets, cases=cases, each=each)
                found[cases, part] = out[: count * each].view(count, each).double()
        return found

    def gradients(
        self,
        points: "Points",
        *,
        weights: "Weights",
        targets: "torch.Tensor",
        shape: "tuple[int, ...]",
        per_case: int,
    ) -> "torch.Tensor":
        """
        Return a weighted sum of the gradients at many points of each case.

        Definition: sum over s of w_s * grad f(p_s), where w_s is a number or has the shape of a case. One backward pass
        through the sum over the chunk gives the gradient of every row, because rows do not influence each other.

        Parameters
        ----------
        points : Callable
            As for `values`.
        weights : Callable
            From the same slices to what each gradient is multiplied with; it broadcasts to (cases, rows, *shape).
        targets : torch.Tensor
            Column per case, int64, (n,).
        shape : tuple of int
            Of one case.
        per_case : int
            Points of each case.

        Returns
        -------
        torch.Tensor
            float64, (n, *shape).
        """
        import torch

        total = torch.zeros((len(targets), *shape), dtype=torch.float64, device=targets.device)
        buffer = torch.zeros((self.rows, *shape), device=targets.device)
        for cases, part in self.blocks(cases=len(targets), per_case=per_case):
            count, each = cases.stop - cases.start, part.stop - part.start
            with torch.no_grad():
                buffer[: count * each].view(count, each, *shape).copy_(points(cases, part))
            leaf = buffer.requires_grad_()
            with torch.enable_grad():
                out = self._outputs(leaf, targets, cases=cases, each=each)
                found = (
                    torch.autograd.grad(out.sum(), leaf)[0] if out.requires_grad else torch.zeros_like(leaf)
                )
            weighted = found[: count * each].view(count, each, *shape) * weights(cases, part)
            total[cases] += weighted.sum(dim=1, dtype=torch.float64)
        return total

    def _outputs(
        self, rows: "torch.Tensor", targets: "torch.Tensor", *, cases: slice, each: int
    ) -> "torch.Tensor":
        filled = self._spread(targets[cases], each=each)
        extra = None if self.extra is None else self._spread(self.extra[cases], each=each)
        return target_output(self.score(rows, extra), targets=filled, space=self.space)

    def _spread(self, per_case: "torch.Tensor", *, each: int) -> "torch.Tensor":
        import torch

        rows = per_case.repeat_interleave(each, dim=0)
        missing = self.rows - len(rows)
        return rows if not missing else torch.cat([rows, rows[:1].expand(missing, *rows.shape[1:])])
