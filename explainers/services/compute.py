"""From claimed jobs to results: each function gives one `write` per claim, to be called under the fence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

from django.conf import settings

from explainers.core.advice import advice_of
from explainers.core.attribution import Explanation as Attribution
from explainers.core.attribution import resolve_target
from explainers.core.cases import schema_modality
from explainers.core.digest import digest_of
from explainers.core.engine import NUMERICS, ExplainRequest, explain
from explainers.core.errors import ExplanationRefused, NotReady
from explainers.core.networkless import Networkless
from explainers.core.numerics import numerics_of
from explainers.core.png import png_decode
from explainers.core.predictor import LoadedPredictor
from explainers.core.render import render_html
from explainers.core.store import Store
from explainers.methods import METHODS
from explainers.models import Explanation, Job, Prediction, Predictor, Rendering
from explainers.selectors import explanation_artefact
from explainers.services.crashpoints import crash_point
from explainers.services.jobs import Claim
from explainers.services.predictors import predictor_spec
from explainers.services.references import references_of

Write = Callable[[], object]


@lru_cache(maxsize=8)
def predictor_load(digest: str, numerics: str = NUMERICS) -> LoadedPredictor:
    """Load a predictor, its weights verified; the last eight are kept in this process."""
    predictor, store = Predictor.objects.get(digest=digest), Store(settings.ASSAY_STORE)
    return LoadedPredictor(
        predictor_spec(predictor),
        weights=store.get(predictor.weights_digest),
        pictures=store.get,
        numerics=numerics_of(numerics),
    )


def _explained_by(job: Job) -> Any:
    """Return the network of a job; advice that has none is enough for controls, which are made of other artefacts."""
    if job.predictor.kind == Predictor.Kind.TRAINED:
        return predictor_load(
            job.predictor.digest, settings.ASSAY_NUMERICS if job.queue == "gpu" else NUMERICS
        )
    return Networkless(schema_modality(job.case.case_set.schema))


def predict_batch(claims: Sequence[Claim]) -> list[Write]:
    """Predict the cases of a batch."""
    predictor = claims[0].job.predictor
    probabilities = predictor_load(predictor.digest).probabilities(
        [claim.job.case.inputs for claim in claims]
    )
    crash_point("after_compute")
    return [
        partial(_write_prediction, claim, scores=scores)
        for claim, scores in zip(claims, probabilities, strict=True)
    ]


def explain_batch(claims: Sequence[Claim]) -> list[Write]:
    """Explain the cases of a batch and put the artefacts into the store."""
    job = claims[0].job
    method = METHODS.get(job.method)()
    versions = {claim.job.payload["version"] for claim in claims}
    if versions != {method.version}:
        raise ExplanationRefused(
            f"Version {', '.join(sorted(versions))} of {job.method} was asked for; {method.version} is installed."
        )
    predictions = Prediction.objects.filter(
        predictor=job.predictor, case__in=[claim.job.case_id for claim in claims]
    ).in_bulk(field_name="pk")
    by_case = {prediction.case_id: prediction for prediction in predictions.values()}
    sources = Explanation.objects.in_bulk(
        [claim.job.payload["source"] for claim in claims if "source" in claim.job.payload], field_name="key"
    )
    found = explain(
        method,
        predictor=_explained_by(job),
        predictor_digest=job.predictor.digest,
        requests=[_request(claim, predictions=by_case, sources=sources) for claim in claims],
        references=references_of(
            type(method), parameters=[claim.job.payload["parameters"] for claim in claims]
        ),
    )
    crash_point("after_compute")
    store = Store(settings.ASSAY_STORE)
    return [
        partial(
            _write_explanation,
            claim,
            attribution=attribution,
            artefact_digest=store.put(attribution.to_bytes()),
            control=method.control,
            source=sources.get(claim.job.payload.get("source", "")),
        )
        for claim, attribution in zip(claims, found, strict=True)
    ]


def render_batch(claims: Sequence[Claim]) -> list[Write]:
    """Draw the explanations of a batch and put the fragments into the store."""
    store = Store(settings.ASSAY_STORE)
    keys = [claim.job.payload["explanation"] for claim in claims]
    explanations = Explanation.objects.in_bulk(keys, field_name="key")
    writes: list[Write] = []
    for claim in claims:
        payload, case = claim.job.payload, claim.job.case
        explanation = explanations[payload["explanation"]]
        schema = case.case_set.schema
        fragment = render_html(
            explanation_artefact(explanation=explanation),
            inputs=case.inputs,
            schema=schema,
            spec=payload["spec"],
            pixels=png_decode(store.get(case.inputs["image"]))
            if schema_modality(schema) == "image"
            else None,
            pictures=lambda digest: png_decode(store.get(digest)),
        )
        digest = store.put(fragment.encode("utf-8"))
        writes.append(partial(_write_rendering, explanation, payload=payload, digest=digest))
    crash_point("after_compute")
    return writes


def _request(
    claim: Claim, *, predictions: dict[int, Prediction], sources: dict[str, Explanation]
) -> ExplainRequest:
    job, payload = claim.job, claim.job.payload
    prediction = predictions.get(job.case_id)
    if prediction is None:
        raise NotReady(f"Case {job.case.key} has no prediction yet, so its target is not known.")
    source: Attribution | None = None
    if "source" in payload:
        if payload["source"] not in sources:
            raise NotReady(f"Case {job.case.key}: the explanation that the control is made of is not there.")
        source = explanation_artefact(explanation=sources[payload["source"]])
    return ExplainRequest(
        case_key=job.case.key,
        case_digest=job.case.digest,
        inputs=job.case.inputs,
        target_declared=payload["target"],
        target_class=resolve_target(
            payload["target"], scores=prediction.scores, classes=job.predictor.classes
        ),
        parameters=payload["parameters"],
        seed=payload["seed"],
        source=source,
    )


def _write_prediction(claim: Claim, *, scores: dict[str, float]) -> None:
    job = claim.job
    label, confidence = advice_of(scores, spec=predictor_spec(job.predictor))
    recipe: dict[str, Any] = {
        "predictor": job.predictor.digest,
        "case": job.case.digest,
        "numerics": NUMERICS,
    }
    Prediction.objects.get_or_create(
        predictor=job.predictor,
        case=job.case,
        defaults={
            "scores": scores,
            "label": label,
            "confidence": confidence,
            "digest": digest_of({"scores": scores, "label": label, **recipe}),
            "recipe": recipe,
        },
    )


def _write_explanation(
    claim: Claim,
    *,
    attribution: Attribution,
    artefact_digest: str,
    control: str,
    source: Explanation | None,
) -> None:
    job = claim.job
    Explanation.objects.create(
        key=job.key,
        predictor=job.predictor,
        case=job.case,
        method=job.method,
        method_version=job.payload["version"],
        parameters=job.payload["parameters"],
        target_declared=job.payload["target"],
        target_class=attribution.target_class,
        control_kind=control,
        derived_from=source,
        artefact_digest=artefact_digest,
        fence=claim.attempt,
        completeness_error=attribution.completeness_error,
        recipe=attribution.recipe,
    )


def _write_rendering(explanation: Explanation, *, payload: dict[str, Any], digest: str) -> None:
    Rendering.objects.create(
        explanation=explanation, spec_digest=payload["spec_digest"], digest=digest, spec=payload["spec"]
    )
