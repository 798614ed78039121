"""From scores to advice: what the AI says about a case, and how sure it says it is."""

from collections.abc import Mapping

from explainers.core.cases import format_value
from explainers.core.declaration import PredictorSpec
from explainers.core.predictor import advised_class


def advice_of(scores: Mapping[str, float], *, spec: PredictorSpec) -> tuple[str, float | None]:
    """
    Return what a predictor advises.

    Parameters
    ----------
    scores : Mapping
        Class to probability, or for a regression its outcome and the value.
    spec : PredictorSpec
        The predictor's declaration.

    Returns
    -------
    tuple
        The most probable class and its probability; for a regression the value, written with its decimals, and
        None: it says nothing about how sure it is.
    """
    if spec.outcome == "regression":
        return format_value(scores[spec.classes[0]], decimals=int(spec.output.get("decimals", 2))), None
    label = advised_class(scores, classes=spec.classes)
    return label, scores[label]
