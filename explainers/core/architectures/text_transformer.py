"""A small transformer encoder for texts; what goes in are token numbers, 0 is padding."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from explainers.core.architectures import ARCHITECTURES, Architecture, parameter_keys, whole_number
from explainers.core.errors import PredictorRefused

if TYPE_CHECKING:
    from torch import Tensor, nn

NEEDED = {"vocabulary", "length", "width", "heads", "layers", "outputs"}
MAXIMUM_VOCABULARY = 100_000
PADDING = 0
FAR_BELOW = -1e9


def _read(parameters: Mapping[str, Any]) -> dict[str, int]:
    parameter_keys(parameters, name="text_transformer", needed=NEEDED)
    limits = {
        "vocabulary": (3, MAXIMUM_VOCABULARY),
        "length": (1, 1024),
        "width": (2, 1024),
        "heads": (1, 16),
        "layers": (1, 8),
        "outputs": (1, 4096),
    }
    read = {word: whole_number(parameters, word, low=low, high=high) for word, (low, high) in limits.items()}
    if read["width"] % read["heads"]:
        raise PredictorRefused("The width of a text_transformer is a multiple of its heads.")
    return read


def text_transformer_shapes(parameters: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """
    Return name and shape of every tensor of a text transformer.

    Parameters
    ----------
    parameters : Mapping
        `vocabulary` (tokens, with 0 for padding and 1 for unknown), `length` (most tokens of a text),
        `width`, `heads`, `layers`, `outputs`.

    Returns
    -------
    dict
        Tensor name to shape.

    Raises
    ------
    PredictorRefused
        If a parameter is missing, unknown or out of range.

    Examples
    --------
    >>> shapes = text_transformer_shapes(
    ...     {"vocabulary": 50, "length": 9, "width": 8, "heads": 2, "layers": 1, "outputs": 2})
    >>> shapes["embedding.weight"], shapes["layer1.query.weight"]
    ((50, 8), (8, 8))
    """
    read = _read(parameters)
    width = read["width"]
    shapes: dict[str, tuple[int, ...]] = {
        "embedding.weight": (read["vocabulary"], width),
        "position.weight": (read["length"], width),
    }
    sizes = {
        **dict.fromkeys(("query", "key", "value", "merge"), (width, width)),
        "widen": (2 * width, width),
        "narrow": (width, 2 * width),
    }
    for number in range(1, read["layers"] + 1):
        for word, size in sizes.items():
            shapes[f"layer{number}.{word}.weight"], shapes[f"layer{number}.{word}.bias"] = size, size[:1]
        for word in ("norm1", "norm2"):
            shapes[f"layer{number}.{word}.weight"] = shapes[f"layer{number}.{word}.bias"] = (width,)
    return {**shapes, "out.weight": (read["outputs"], width), "out.bias": (read["outputs"],)}


def text_transformer_build(parameters: Mapping[str, Any]) -> "nn.Module":
    """
    Build an untrained text transformer: embedding and position, layers of attention, mean over tokens, linear.

    Parameters
    ----------
    parameters : Mapping
        As for `text_transformer_shapes`.

    Returns
    -------
    torch.nn.Module
        From int64 (n, tokens) to scores (n, outputs). `embed(ids)` and `from_embedded(embedded, ids)` are its
        two halves; padding takes no part, so longer padding changes nothing but last bits.
    """
    import torch
    from torch import nn

    read = _read(parameters)

    class TextTransformer(nn.Module):
        """The two halves and their composition."""

        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(read["vocabulary"], read["width"])
            self.position = nn.Embedding(read["length"], read["width"])
            for number in range(1, read["layers"] + 1):
                self.add_module(f"layer{number}", _layer(read["width"], heads=read["heads"]))
            self.pooled = nn.Identity()
            self.out = nn.Linear(read["width"], read["outputs"])

        def embed(self, ids: "Tensor") -> "Tensor":
            found: Tensor = self.embedding(ids)
            return found

        def from_embedded(self, embedded: "Tensor", ids: "Tensor") -> "Tensor":
            present = ids != PADDING
            found = embedded + self.position(torch.arange(embedded.shape[1], device=embedded.device))
            for number in range(1, read["layers"] + 1):
                found = self.get_submodule(f"layer{number}")(found, present)
            share = present / present.sum(dim=1, keepdim=True).clamp(min=1)
            scores: Tensor = self.out(self.pooled((found * share.unsqueeze(2)).sum(dim=1)))
            return scores

        def forward(self, ids: "Tensor") -> "Tensor":
            return self.from_embedded(self.embed(ids), ids)

    return TextTransformer()


def _layer(width: int, *, heads: int) -> "nn.Module":
    from torch import nn

    class Layer(nn.Module):
        """Attention and a ReLU layer, each normalised before and added to what came in."""

        def __init__(self) -> None:
            super().__init__()
            for word in ("query", "key", "value", "merge"):
                self.add_module(word, nn.Linear(width, width))
            self.softmax = nn.Softmax(dim=-1)
            self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.widen, self.relu, self.narrow = (
                nn.Linear(width, 2 * width),
                nn.ReLU(),
                nn.Linear(2 * width, width),
            )

        def forward(self, rows: "Tensor", present: "Tensor") -> "Tensor":
            rows = rows + self._attend(self.norm1(rows), present)
            found: Tensor = rows + self.narrow(self.relu(self.widen(self.norm2(rows))))
            return found

        def _attend(self, rows: "Tensor", present: "Tensor") -> "Tensor":
            count, length, _ = rows.shape
            query, key, value = (
                self.get_submodule(word)(rows).view(count, length, heads, -1).transpose(1, 2)
                for word in ("query", "key", "value")
            )
            weight = query @ key.transpose(2, 3) / (width // heads) ** 0.5
            weight = self.softmax(weight.masked_fill(~present[:, None, None, :], FAR_BELOW))
            mixed = (weight @ value).transpose(1, 2).reshape(count, length, width)
            merged: Tensor = self.get_submodule("merge")(mixed)
            return merged

    return Layer()


ARCHITECTURES.register(
    Architecture(
        name="text_transformer",
        version="1",
        label="Text transformer",
        reference="Vaswani et al. (2017). Attention is all you need. arXiv:1706.03762",
        modality=lambda parameters: "text",
        inputs=lambda parameters: (_read(parameters)["length"],),
        outputs=lambda parameters: _read(parameters)["outputs"],
        shapes=text_transformer_shapes,
        build=text_transformer_build,
        taps=lambda parameters: {"penultimate": "pooled", "embedding": "embedding"},
    )
)
