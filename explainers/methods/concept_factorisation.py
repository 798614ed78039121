"""Concepts that nobody named, found in a layer, shown by the patches that have most of them."""

from collections.abc import Mapping
from typing import Any, ClassVar

from explainers.core.attribution import Explanation
from explainers.core.concepts.factors import Factors, best_patches, concept_effects, factorise
from explainers.core.concepts.layers import layer_named
from explainers.core.digest import canonical_json
from explainers.core.exhibit import Exhibit
from explainers.core.limits import SPACES, Limit, Whole
from explainers.core.method import Batch, Method
from explainers.core.predictor import alone
from explainers.core.reference import ReferenceSet, reference_of
from explainers.core.target import class_index, target_output
from explainers.methods import METHODS


@METHODS.register
class ConceptFactorisation(Method):
    """
    Concepts by non-negative factorisation of what a layer says.

    Definition: see `explainers.core.concepts.factors`. The concepts are found once in the pictures of `cases`. The bar
    of a concept is what the output of the case loses without it; its picture are the patches of those pictures that
    have most of it.

    Notes
    -----
    Concepts have no names: what they mean is for people to say. Bars do not add up.

    References
    ----------
    .. [1] Fel et al. (2023). CRAFT: concept recursive activation factorization. arXiv:2211.10154
    """

    name = "concept_factorisation"
    version = "1"
    label = "Concepts found in a layer"
    modality = "image"
    scope = "concept"
    parameters: ClassVar[Mapping[str, Any]] = {
        "cases": "", "layer": "cam", "concepts": 6, "patches": 4, "target_space": "log_odds",
    }  # fmt: skip
    limits: ClassVar[Mapping[str, Limit]] = {
        "concepts": Whole(1, 32),
        "patches": Whole(1, 32),
        "target_space": SPACES,
    }
    refers_to = ("cases",)
    promises = frozenset({"determinism", "seedless", "batch_independence"})
    reference = "https://arxiv.org/abs/2211.10154"

    def explain(self, batch: Batch) -> list[Explanation]:
        """
        Find the concepts once, and give every case its bars.

        Parameters
        ----------
        batch : Batch
            The cases; `references` holds the pictures.

        Returns
        -------
        list of Explanation
            Exhibits of the kind `concepts`; `content["bars"]` has `name`, `bar`, `amount` (mean over the picture) and
            `patches`; `content["left_out"]` is the share of the layer that the concepts do not tell.
        """
        found: dict[bytes, tuple[Factors, ReferenceSet]] = {}
        results: list[Explanation] = []
        for place, parameters in enumerate(batch.parameters):
            key = canonical_json(dict(parameters))
            if key not in found:
                cases = reference_of(batch.references, str(parameters["cases"]), what="pictures")
                layer = layer_named(batch.predictor, str(parameters["layer"]))
                inputs = batch.predictor.tensor(cases.rows)
                count = int(parameters["concepts"])
                found[key] = factorise(batch.predictor, inputs=inputs, layer=layer, count=count), cases
            results.append(_case(batch, place=place, factors=found[key][0], cases=found[key][1]))
        return results


def _case(batch: Batch, *, place: int, factors: Factors, cases: ReferenceSet) -> Explanation:
    import torch

    predictor, parameters = batch.predictor, batch.parameters[place]
    space, target = str(parameters["target_space"]), batch.targets[place]
    column = class_index(target, classes=list(predictor.spec.classes))
    inputs = predictor.tensor([batch.rows[place]])
    effects, amounts = concept_effects(predictor, factors, inputs=inputs, target=column, space=space)
    output = target_output(alone(predictor.module, inputs), targets=torch.tensor([column]), space=space)
    size = (int(inputs.shape[2]), int(inputs.shape[3]))
    names = tuple(f"Concept {number + 1}" for number in range(len(effects)))
    given = [row["image"] for row in cases.rows]
    images = {
        key: image if isinstance(image, str) else "" for key, image in zip(cases.keys, given, strict=True)
    }
    bars = [
        {
            "name": name,
            "bar": float(effects[number]),
            "amount": float(amounts[..., number].mean()),
            "patches": [
                {**patch, "image": images[patch["case"]]}
                for patch in best_patches(
                    factors, concept=number, keys=cases.keys, size=size, count=int(parameters["patches"])
                )
            ],
        }
        for number, name in enumerate(names)
    ]
    return Exhibit(
        features=names,
        values=tuple(effects.tolist()),
        target_class=target,
        target_space=space,
        baseline=(),
        output=float(output[0]),
        output_at_baseline=0.0,
        completeness_error=0.0,
        recipe={"references": {cases.name: cases.digest}},
        modality=predictor.modality,
        kind="concepts",
        content={"bars": bars, "layer": factors.layer, "left_out": factors.error},
    )
