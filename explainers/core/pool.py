"""The row pool: rows of many cases and many steps go through the predictor together, in chunks of one fixed size."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from explainers.core.errors import ExplanationRefused
from explainers.core.stopping import check_stopped
from explainers.core.target import target_output

if TYPE_CHECKING:
    import torch

    Points = Callable[[slice, slice], torch.Tensor]
    Weighted = Callable[[slice, slice], tuple[torch.Tensor, torch.Tensor]]
    Score = Callable[[torch.Tensor, torch.Tensor | None], torch.Tensor]

LEAST_ROWS, MULTIPLE = 32, 16
LIMITS = {"cpu": (1 << 20, 1 << 10, 1 << 6), "cuda": (1 << 25, 1 << 16, 1 << 12)}
"""Per class of device: numbers in a chunk at most, rows at most, rows of pictures at most."""


def rows_for(shape: "tuple[int, ...]", *, device: str = "cpu") -> int:
    """
    Return how many rows of inputs of a shape go through a predictor at once.

    Definition: the largest power of two of rows with at most 2**20 numbers in all and at most 1,024 rows (64 of
    pictures), and at least 32; on a GPU 2**25, 65,536 and 4,096.

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
    (1024, 64, 32)
    """
    elements, most, pictures = LIMITS.get(device, LIMITS["cuda"])
    most = pictures if len(shape) == 3 else most
    rows, size = LEAST_ROWS, math.prod(shape)
    while rows < most and rows * 2 * size <= elements:
        rows *= 2
    return rows


@dataclass(frozen=True)
class Pool:
    """
    A predictor seen through chunks.

    Chunks have one size, which the rows of one case decide (`chunk`): what is left over at the end of one goes through
    the predictor and is thrown away. A case takes whole chunks, or a part of one that begins anywhere. So every
    matrix product has one shape, and what a case gets does not depend on the cases beside it.

    Parameters
    ----------
    score : Callable
        From rows (rows, *shape) and what belongs to each row (or None) to scores (rows, outputs); rows do not
        influence each other.
    space : str
        What of the scores is explained, see `target_output`.
    rows : int
        Size of a chunk, about.
    extra : torch.Tensor or None
        What belongs to each case beside its inputs, (cases, ...), such as the token ids that make a mask.
    """

    score: "Score"
    space: str
    rows: int
    extra: "torch.Tensor | None" = None

    def chunk(self, per_case: int) -> int:
        """
        Return the exact size of a chunk.

        Definition: a case that fills a chunk is divided into equal pieces; smaller ones fill it up together, to a
        multiple of 16 rows, because the last rows of a matrix product of another size may be rounded otherwise.

        Parameters
        ----------
        per_case : int
            Rows of one case.

        Returns
        -------
        int
            Rows.

        Examples
        --------
        >>> pool = Pool(score=None, space="score", rows=32)
        >>> pool.chunk(1), pool.chunk(10), pool.chunk(20), pool.chunk(50)
        (32, 32, 20, 25)
        """
        if 2 * per_case > self.rows:
            return -(-per_case // -(-per_case // self.rows))
        return -(-(self.rows // per_case * per_case) // MULTIPLE) * MULTIPLE

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
        together, piece = max(1, self.rows // per_case), self.chunk(per_case)
        for first in range(0, cases, together):
            last = min(first + together, cases)
            for begin in range(0, per_case, piece):
                check_stopped()
                yield slice(first, last), slice(begin, min(begin + piece, per_case))

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
        buffer = torch.zeros((self.chunk(per_case), *shape), device=targets.device)
        with torch.no_grad():
            for cases, part in self.blocks(cases=len(targets), per_case=per_case):
                count, each = cases.stop - cases.start, part.stop - part.start
                buffer[: count * each].view(count, each, *shape).copy_(points(cases, part))
                out = self._outputs(buffer, targets=targets, cases=cases, each=each)
                found[cases, part] = out[: count * each].view(count, each).double()
        return found

    def gradients(
        self, points: "Weighted", *, targets: "torch.Tensor", shape: "tuple[int, ...]", per_case: int
    ) -> "torch.Tensor":
        """
        Return a weighted sum of the gradients at many points of each case.

        Definition: sum over s of w_s * grad f(p_s), where w_s is a number or has the shape of a case. One backward pass
        through the sum over the chunk gives the gradient of every row, because rows do not influence each other.

        Parameters
        ----------
        points : Callable
            From a slice of cases and a slice of their rows to the points, (cases, rows, *shape), and to what each
            gradient is multiplied with, which broadcasts to that shape.
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
        buffer = torch.zeros((self.chunk(per_case), *shape), device=targets.device)
        for cases, part in self.blocks(cases=len(targets), per_case=per_case):
            count, each = cases.stop - cases.start, part.stop - part.start
            with torch.no_grad():
                rows, weights = points(cases, part)
                buffer[: count * each].view(count, each, *shape).copy_(rows)
            leaf = buffer.requires_grad_()
            with torch.enable_grad():
                out = self._outputs(leaf, targets=targets, cases=cases, each=each)
                found = (
                    torch.autograd.grad(out.sum(), leaf)[0] if out.requires_grad else torch.zeros_like(leaf)
                )
            weighted = found[: count * each].view(count, each, *shape) * weights
            total[cases] += weighted.sum(dim=1, dtype=torch.float64)
        return total

    def _outputs(
        self, rows: "torch.Tensor", *, targets: "torch.Tensor", cases: slice, each: int
    ) -> "torch.Tensor":
        filled = spread(targets[cases], each=each, rows=len(rows))
        extra = None if self.extra is None else spread(self.extra[cases], each=each, rows=len(rows))
        return target_output(self.score(rows, extra), targets=filled, space=self.space)


def spread(per_case: "torch.Tensor", *, each: int, rows: int) -> "torch.Tensor":
    """
    Repeat what belongs to a case for each of its rows, and the first of all for the rows that are left over.

    Parameters
    ----------
    per_case : torch.Tensor
        (cases, ...).
    each : int
        Rows of a case.
    rows : int
        Rows in all.

    Returns
    -------
    torch.Tensor
        (rows, ...).

    Examples
    --------
    >>> import torch
    >>> spread(torch.tensor([7, 8]), each=2, rows=5).tolist()
    [7, 7, 8, 8, 7]
    """
    import torch

    found = per_case.repeat_interleave(each, dim=0)
    missing = rows - len(found)
    return found if not missing else torch.cat([found, found[:1].expand(missing, *found.shape[1:])])
