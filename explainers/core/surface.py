"""What is attributed: the cases as numbers, what they are compared with, and how numbers add up to what people see."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from explainers.core.errors import ExplanationRefused
from explainers.core.numerics import on_device
from explainers.core.pool import Pool, rows_for

if TYPE_CHECKING:
    import torch

    from explainers.core.predictor import LoadedPredictor

MODALITIES = ("tabular", "image", "text")


@dataclass(frozen=True)
class Surface:
    """
    Cases of one modality as tensors.

    Parameters
    ----------
    modality : str
        `tabular`, `image` or `text`.
    score : Callable
        From rows (rows, *shape) and the extra of each row (or None) to scores (rows, outputs).
    inputs : torch.Tensor
        float32, (n, *shape): (features,), (channels, height, width) or embedded tokens (tokens, width).
    baseline : torch.Tensor
        float32, (n, *shape).
    extra : torch.Tensor or None
        What belongs to each case beside its inputs: the token ids of a text; (n, ...).
    groups : torch.Tensor
        int64, (n, *places), -1 where nothing can change: which part of the case (feature, patch, word) each place
        belongs to. Places are the features, (height, width) or the tokens.
    counts : tuple of int
        Parts of each case.
    names : tuple of tuple of str
        For tabular and text: what people call the parts of each case; empty for pictures.
    """

    modality: str
    score: "Callable[[torch.Tensor, torch.Tensor | None], torch.Tensor]"
    inputs: "torch.Tensor"
    baseline: "torch.Tensor"
    extra: "torch.Tensor | None"
    groups: "torch.Tensor"
    counts: tuple[int, ...]
    names: tuple[tuple[str, ...], ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one case."""
        return tuple(self.inputs.shape[1:])

    def part(self, places: Sequence[int]) -> "Surface":
        """
        Return some of the cases.

        Parameters
        ----------
        places : Sequence of int
            Which.

        Returns
        -------
        Surface
            Those cases, in that order.
        """
        chosen = list(places)
        return Surface(
            modality=self.modality,
            score=self.score,
            inputs=self.inputs[chosen],
            baseline=self.baseline[chosen],
            extra=None if self.extra is None else self.extra[chosen],
            groups=self.groups[chosen],
            counts=tuple(self.counts[place] for place in chosen),
            names=tuple(self.names[place] for place in chosen) if self.names else (),
        )

    def pool(self, *, space: str, rows: int | None = None) -> Pool:
        """
        Return the row pool over these cases.

        Parameters
        ----------
        space : str
            What of the scores is explained.
        rows : int or None
            Size of a chunk; None for the usual one of the shape.

        Returns
        -------
        Pool
            Ready to be asked.
        """
        size = rows or rows_for(self.shape, device=self.inputs.device.type)
        return Pool(score=self.score, space=space, rows=size, extra=self.extra)

    def masks(self, kept: "torch.Tensor", *, cases: slice) -> "torch.Tensor":
        """
        Turn coalitions of parts into masks over the inputs.

        Parameters
        ----------
        kept : torch.Tensor
            Boolean, (samples, parts): which parts keep their value.
        cases : slice
            For which cases.

        Returns
        -------
        torch.Tensor
            Boolean, (cases, samples, *shape) or broadcastable to it; true where the input stays.
        """
        import torch

        if self.modality == "tabular":
            return kept[None]
        if self.modality == "image":  # all pictures of a predictor are divided in the same way
            return kept[:, self.groups[0]][None, :, None]
        whole = torch.cat([kept, kept.new_ones((len(kept), 1))], dim=1)  # column -1: what cannot change stays
        return whole[:, self.groups[cases]].movedim(0, 1)[..., None]

    def collapse(self, values: "torch.Tensor", *, absolute: bool = False) -> "list[torch.Tensor]":
        """
        Add attributions of inputs up to what people see: features, pixels, words.

        Parameters
        ----------
        values : torch.Tensor
            (n, *shape).
        absolute : bool
            For unsigned maps: the largest magnitude of the channels of a pixel, the length of a token's vector.

        Returns
        -------
        list of torch.Tensor
            float64, per case (features,), (height * width,) or (words,).
        """
        import torch

        values = values.double()
        if self.modality == "image":
            return list((values.abs().amax(dim=1) if absolute else values.sum(dim=1)).flatten(1))
        if self.modality == "tabular":
            return list(values.abs() if absolute else values)
        tokens = values.norm(dim=2) if absolute else values.sum(dim=2)
        words = []
        for place, count in enumerate(self.counts):
            inside = self.groups[place] >= 0
            words.append(
                torch.zeros(count, dtype=torch.float64, device=values.device).index_add_(
                    0, self.groups[place][inside], tokens[place][inside]
                )
            )
        return words

    def spread(self, values: "torch.Tensor") -> "list[torch.Tensor]":
        """
        Lay attributions of parts out as people see them: a patch gives each of its pixels an equal share.

        Parameters
        ----------
        values : torch.Tensor
            (n, parts); all cases have equally many.

        Returns
        -------
        list of torch.Tensor
            float64, per case as `collapse` gives them; the sum is that of the parts.
        """
        import torch

        if self.modality != "image":
            return list(values.double())
        maps = []
        for place, groups in enumerate(self.groups.flatten(1)):
            sizes = torch.bincount(groups, minlength=values.shape[1])
            maps.append((values[place].double() / sizes)[groups])
        return maps


def surface_of(predictor: "LoadedPredictor", *, rows: Sequence[Mapping[str, Any]], patch: int = 8) -> Surface:
    """
    Turn cases into what is attributed.

    Parameters
    ----------
    predictor : LoadedPredictor
        The predictor.
    rows : Sequence of Mapping
        Inputs of each case, as the predictor takes them.
    patch : int
        Side, in pixels, of the square patches that a picture is divided into for methods that take parts away.

    Returns
    -------
    Surface
        On the device of the predictor.

    Raises
    ------
    ExplanationRefused
        If the modality is unknown.
    """
    makers = {"tabular": _tabular, "image": _image, "text": _text}
    modality = getattr(predictor, "modality", "tabular")
    if modality not in makers:
        raise ExplanationRefused(f"There is no modality {modality!r}; there are {', '.join(MODALITIES)}.")
    device = next((tensor.device for tensor in predictor.module.parameters()), None)
    inputs = predictor.tensor(rows)
    return makers[modality](predictor, on_device(inputs, device or "cpu"), rows, patch)


def _tabular(
    predictor: "LoadedPredictor", inputs: "torch.Tensor", rows: Sequence[Mapping[str, Any]], _: int
) -> Surface:
    import torch

    count = inputs.shape[1]
    return Surface(
        modality="tabular",
        score=lambda points, _: torch.as_tensor(predictor.module(points)).float(),
        inputs=inputs,
        baseline=torch.zeros_like(inputs),  # inputs are standardised: zero is the mean of the training data
        extra=None,
        groups=torch.arange(count, device=inputs.device).expand(len(inputs), -1),
        counts=(count,) * len(inputs),
        names=(tuple(predictor.spec.features),) * len(rows),
    )


def _image(
    predictor: "LoadedPredictor", inputs: "torch.Tensor", rows: Sequence[Mapping[str, Any]], patch: int
) -> Surface:
    import torch

    height, width = inputs.shape[2:]
    across = -(-width // patch)
    down = torch.arange(height, device=inputs.device) // patch
    groups = down[:, None] * across + torch.arange(width, device=inputs.device) // patch
    given = getattr(predictor, "baseline_tensor", None)
    baseline = torch.zeros_like(inputs) if given is None else given().to(inputs).expand_as(inputs)
    return Surface(
        modality="image",
        score=lambda points, _: torch.as_tensor(predictor.module(points)).float(),
        inputs=inputs,
        baseline=baseline,
        extra=None,
        groups=groups.expand(len(rows), -1, -1),
        counts=(across * -(-height // patch),) * len(rows),
        names=(),
    )


def _text(
    predictor: "LoadedPredictor", ids: "torch.Tensor", rows: Sequence[Mapping[str, Any]], _: int
) -> Surface:
    import torch

    network: Any = predictor.module
    words = [predictor.words(row) for row in rows]
    groups = torch.full(ids.shape, -1, dtype=torch.int64, device=ids.device)
    for place, spoken in enumerate(words):
        for number, (_word, tokens) in enumerate(spoken):
            groups[place, list(tokens)] = number
    with torch.no_grad():
        inputs = network.embed(ids)
        nothing = network.embed(torch.zeros_like(ids))
    changes = (groups >= 0)[..., None]
    return Surface(
        modality="text",
        score=lambda points, tokens: torch.as_tensor(network.from_embedded(points, tokens)).float(),
        inputs=inputs,
        baseline=torch.where(changes, nothing, inputs),
        extra=ids,
        groups=groups,
        counts=tuple(len(spoken) for spoken in words),
        names=tuple(tuple(word for word, _tokens in spoken) for spoken in words),
    )
