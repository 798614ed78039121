"""A predictor's confidence made to mean what it says: a predictor of its own, with its curve."""

from __future__ import annotations

from django.conf import settings

from explainers.core.calibration import spec_calibrated, temperature_fit
from explainers.core.errors import PredictorRefused
from explainers.core.predictor import alone
from explainers.core.store import Store
from explainers.models import Predictor, Reference
from explainers.services.compute import predictor_load
from explainers.services.predictors import predictor_admit, predictor_spec


def predictor_calibrate(*, name: str, base: Predictor, known: Reference) -> Predictor:
    """
    Fit a temperature on known cases and register the predictor that has it, under a name of its own.

    The cases have to be held back: neither trained on nor shown in a study. It loads the network, so it belongs into
    a command or a worker, never into the web process.
    """
    if base.kind != Predictor.Kind.TRAINED:
        raise PredictorRefused(f"{base.name} is {base.kind}: there are no scores to calibrate.")
    if not known.labels:
        raise PredictorRefused(f"The known cases {known.name} have no outcomes.")
    other = sorted(set(known.labels.values()) - set(base.classes))
    if other:
        raise PredictorRefused(f"The outcome {other[0]!r:.80} is no class of {base.name}.")
    loaded, cases = predictor_load(base.digest), list(known.case_set.cases.order_by("position"))
    scores = alone(loaded.module, loaded.tensor([case.inputs for case in cases])).double().numpy()
    labels = [base.classes.index(known.labels[case.key]) for case in cases]
    return predictor_admit(
        name=name,
        spec=spec_calibrated(predictor_spec(base), temperature_fit(scores, labels)),
        weights=Store(settings.ASSAY_STORE).get(base.weights_digest),
        metadata={"calibrated_from": base.digest, "calibrated_on": known.digest},
    )
