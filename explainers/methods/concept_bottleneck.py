"""What a concept bottleneck predictor decides by: the value of each of its concepts times the weight of the concept."""

from collections.abc import Mapping
from typing import Any, ClassVar

from explainers.core.attribution import Explanation, completeness_error
from explainers.core.concepts.layers import layer_vectors
from explainers.core.errors import ExplanationRefused
from explainers.core.exhibit import Exhibit
from explainers.core.limits import Choice, Limit
from explainers.core.method import Batch, Method
from explainers.core.target import class_index
from explainers.methods import METHODS


@METHODS.register
class ConceptBottleneck(Method):
    """
    The concepts of a predictor that decides by named concepts alone.

    Definition: the score of a class is b + sum over k of c_k w_k, where c_k is what the predictor says of concept k
    (0 to 1) and w_k its weight. A bar is c_k w_k; of the log-odds of two classes w is the difference of the two rows.
    Bars and bias add up to the output.

    Notes
    -----
    That a concept has a name does not mean that the predictor read it off the case correctly: its value is shown beside
    the bar.

    References
    ----------
    .. [1] Koh et al. (2020). Concept bottleneck models. arXiv:2007.04612
    """

    name = "concept_bottleneck"
    version = "1"
    label = "Concepts of a concept bottleneck"
    modality = "tabular image"
    scope = "concept"
    parameters: ClassVar[Mapping[str, Any]] = {"target_space": "log_odds"}
    limits: ClassVar[Mapping[str, Limit]] = {"target_space": Choice("log_odds", "score")}
    promises = frozenset({"completeness", "determinism", "seedless", "batch_independence"})
    reference = "https://arxiv.org/abs/2007.04612"

    def explain(self, batch: Batch) -> list[Explanation]:
        """
        Explain every case.

        Parameters
        ----------
        batch : Batch
            The cases.

        Returns
        -------
        list of Explanation
            Exhibits of the kind `concepts`; `content["bars"]` has `name`, `value` (c), `weight` (w) and `bar` (c w),
            `content["bias"]` b.

        Raises
        ------
        ExplanationRefused
            If the predictor declares no concepts, or the log-odds of more than two classes are asked for.
        """
        from explainers.core.predictor import alone

        predictor = batch.predictor
        names, classes = predictor.concept_names, list(predictor.spec.classes)
        if not names:
            raise ExplanationRefused("This predictor declares no concepts; it is not a concept bottleneck.")
        inputs = predictor.tensor(batch.rows)
        scores = alone(predictor.module, inputs).double()
        results: list[Explanation] = []
        for place, target in enumerate(batch.targets):
            space = str(batch.parameters[place]["target_space"])
            own = class_index(target, classes=classes)
            values = layer_vectors(
                predictor, inputs=inputs[place : place + 1], layer=predictor.taps["concepts"]
            )[0]
            weights, bias = _weights(predictor.module, own=own, space=space)
            bars = [float(value * weight) for value, weight in zip(values, weights, strict=True)]
            output = float(scores[place, own] - (scores[place, 1 - own] if space == "log_odds" else 0.0))
            rows = zip(names, values.tolist(), weights, bars, strict=True)
            results.append(
                Exhibit(
                    features=tuple(names),
                    values=tuple(bars),
                    target_class=target,
                    target_space=space,
                    baseline=(),
                    output=output,
                    output_at_baseline=bias,
                    completeness_error=completeness_error(bars, output=output, output_at_baseline=bias),
                    recipe={},
                    modality=predictor.modality,
                    kind="concepts",
                    content={
                        "bias": bias,
                        "bars": [
                            dict(zip(("name", "value", "weight", "bar"), row, strict=True)) for row in rows
                        ],
                    },
                )
            )
        return results


def _weights(network: Any, *, own: int, space: str) -> tuple[list[float], float]:
    weight, bias = network.out.weight.double(), network.out.bias.double()
    if space == "score":
        return weight[own].tolist(), float(bias[own])
    if len(weight) != 2:
        raise ExplanationRefused(
            f"The log-odds of {len(weight)} classes are no sum over concepts; declare target_space: score."
        )
    return (weight[own] - weight[1 - own]).tolist(), float(bias[own] - bias[1 - own])
