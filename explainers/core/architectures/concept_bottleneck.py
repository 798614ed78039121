"""Concept bottleneck: a network that gives named concepts, and a linear layer that decides by them alone."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from explainers.core.architectures import (
    ARCHITECTURES,
    Architecture,
    architecture_get,
    parameter_keys,
    whole_number,
)
from explainers.core.errors import PredictorRefused

if TYPE_CHECKING:
    from torch import Tensor, nn

MAXIMUM_CONCEPTS = 256


def _read(parameters: Mapping[str, Any]) -> tuple[Architecture, Mapping[str, Any], list[str], int]:
    parameter_keys(parameters, name="concept_bottleneck", needed={"backbone", "concepts", "outputs"})
    backbone, concepts = parameters["backbone"], parameters["concepts"]
    if not isinstance(backbone, Mapping) or set(backbone) != {"architecture", "parameters"}:
        raise PredictorRefused(
            'The backbone of a concept_bottleneck is {"architecture": ..., "parameters": {...}}.'
        )
    if backbone["architecture"] == "concept_bottleneck" or not isinstance(backbone["parameters"], Mapping):
        raise PredictorRefused("The backbone of a concept_bottleneck is an architecture without concepts.")
    if (
        not isinstance(concepts, list | tuple)
        or not 1 <= len(concepts) <= MAXIMUM_CONCEPTS
        or not all(isinstance(name, str) and 0 < len(name) <= 80 for name in concepts)
        or len(set(concepts)) != len(concepts)
    ):
        raise PredictorRefused(f"concepts is a list of 1 to {MAXIMUM_CONCEPTS} different names.")
    architecture = architecture_get(backbone["architecture"])
    if architecture.outputs(backbone["parameters"]) != len(concepts):
        raise PredictorRefused(
            f"The backbone of the concept_bottleneck needs one output per concept: {len(concepts)}."
        )
    outputs = whole_number(parameters, "outputs", low=1, high=4096)
    return architecture, backbone["parameters"], list(concepts), outputs


def concept_bottleneck_shapes(parameters: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """
    Return name and shape of every tensor of a concept bottleneck.

    Parameters
    ----------
    parameters : Mapping
        `backbone` (`{"architecture", "parameters"}`, one output per concept), `concepts` (their names),
        `outputs` (classes, or 1 for a regression).

    Returns
    -------
    dict
        Tensor name to shape: `backbone.*`, `out.weight`, `out.bias`.

    Raises
    ------
    PredictorRefused
        If a parameter is missing, unknown or out of range.

    References
    ----------
    .. [1] Koh et al. (2020). Concept bottleneck models. arXiv:2007.04612

    Examples
    --------
    >>> backbone = {"architecture": "mlp", "parameters": {"inputs": 4, "hidden": [], "outputs": 2}}
    >>> concept_bottleneck_shapes({"backbone": backbone, "concepts": ["bleeding", "oedema"], "outputs": 3})[
    ...     "out.weight"]
    (3, 2)
    """
    architecture, inner, concepts, outputs = _read(parameters)
    shapes = {f"backbone.{name}": shape for name, shape in architecture.shapes(inner).items()}
    return {**shapes, "out.weight": (outputs, len(concepts)), "out.bias": (outputs,)}


def concept_bottleneck_build(parameters: Mapping[str, Any]) -> "nn.Module":
    """
    Build an untrained concept bottleneck.

    Parameters
    ----------
    parameters : Mapping
        As for `concept_bottleneck_shapes`.

    Returns
    -------
    torch.nn.Module
        From what the backbone takes to scores (n, outputs). The module `concepts` gives (n, K) values from 0 to
        1; the scores are `out.weight` times these plus `out.bias`, and nothing else.
    """
    from torch import nn

    architecture, inner, names, outputs = _read(parameters)

    class ConceptBottleneck(nn.Module):
        """Backbone, concepts, decision."""

        def __init__(self) -> None:
            super().__init__()
            self.backbone = architecture.build(inner)
            self.concepts = nn.Sigmoid()
            self.out = nn.Linear(len(names), outputs)
            if hasattr(self.backbone, "cam_layer"):
                self.cam_layer = f"backbone.{self.backbone.cam_layer}"

        def forward(self, rows: "Tensor") -> "Tensor":
            scores: Tensor = self.out(self.concepts(self.backbone(rows)))
            return scores

    return ConceptBottleneck()


def concept_bottleneck_taps(parameters: Mapping[str, Any]) -> dict[str, str]:
    """
    Name the layers that others use.

    Parameters
    ----------
    parameters : Mapping
        As for `concept_bottleneck_shapes`.

    Returns
    -------
    dict
        The backbone's, and `concepts`.
    """
    architecture, inner, _, _ = _read(parameters)
    return {
        **{word: f"backbone.{name}" for word, name in architecture.taps(inner).items()},
        "concepts": "concepts",
    }


def _modality(parameters: Mapping[str, Any]) -> str:
    architecture, inner, _, _ = _read(parameters)
    modality = architecture.modality(inner)
    if modality == "text":
        raise PredictorRefused("The backbone of a concept_bottleneck takes tables or pictures, not texts.")
    return modality


def _inputs(parameters: Mapping[str, Any]) -> tuple[int, ...]:
    architecture, inner, _, _ = _read(parameters)
    return architecture.inputs(inner)


ARCHITECTURES.register(
    Architecture(
        name="concept_bottleneck",
        version="1",
        label="Concept bottleneck",
        reference="Koh et al. (2020). Concept bottleneck models. arXiv:2007.04612",
        modality=_modality,
        inputs=_inputs,
        outputs=lambda parameters: _read(parameters)[3],
        shapes=concept_bottleneck_shapes,
        build=concept_bottleneck_build,
        taps=concept_bottleneck_taps,
    )
)
