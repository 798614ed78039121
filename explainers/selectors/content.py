"""What others may read of cases, predictions, explanations, renderings and jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from django.conf import settings

from explainers.core.attribution import COMPLETENESS_GATE, resolve_target
from explainers.core.attribution import Explanation as Attribution
from explainers.core.cases import panel_rows
from explainers.core.cases.display import parts_shown
from explainers.core.digest import job_key
from explainers.core.errors import ArtefactCorrupt, ArtefactMissing, NotReady
from explainers.core.exhibit import artefact_of
from explainers.core.png import png_size
from explainers.core.store import Store
from explainers.methods import METHODS
from explainers.models import (
    Case,
    CaseSet,
    Explanation,
    Job,
    Prediction,
    Predictor,
    Rendering,
)


def prediction_map(*, predictor: Predictor, case_ids: Sequence[int]) -> dict[int, Prediction]:
    """Return what a predictor says of cases, by the id of the case; cases without prediction are left out."""
    found = Prediction.objects.filter(predictor=predictor, case__in=list(case_ids))
    return {prediction.case_id: prediction for prediction in found}


def prediction_progress(*, predictor: Predictor, case_set: CaseSet) -> dict[str, int]:
    """Count the prediction jobs of a case set by state."""
    jobs = Job.objects.filter(kind=Job.Kind.PREDICT, predictor=predictor, case__case_set=case_set)
    return _count(list(jobs.values_list("state", flat=True)))


def explanation_list(*, keys: Sequence[str]) -> list[Explanation]:
    """Return the explanations of keys, in their order; all of them have to be there."""
    found = Explanation.objects.select_related("case").in_bulk(list(keys), field_name="key")
    missing = [key for key in keys if key not in found]
    if missing:
        raise NotReady(
            f"{len(missing)} of {len(keys)} explanations are not there yet, the first is {missing[0][:12]}…."
        )
    return [found[key] for key in keys]


def explanation_artefact(*, explanation: Explanation) -> Attribution:
    """Read the frozen bytes of an explanation; they are verified at every read."""
    return artefact_of(Store(settings.ASSAY_STORE).get(explanation.artefact_digest))


def render_key(*, key: str, spec_digest: str) -> str:
    """Return the key of the job that draws an explanation by a specification."""
    return job_key(Job.Kind.RENDER, parts={"explanation": key, "spec": spec_digest})


def rendering_bytes(*, explanation_id: int, spec_digest: str) -> tuple[str, bytes]:
    """Return digest and verified bytes of what people see of an explanation."""
    digest = _rendering_digest(explanation_id, spec_digest)
    return digest, _stored(str(settings.ASSAY_STORE), digest)


def _rendering_digest(explanation_id: int, spec_digest: str) -> str:
    rendering = Rendering.objects.filter(explanation=explanation_id, spec_digest=spec_digest).first()
    if rendering is None:
        raise NotReady(
            f"Explanation {explanation_id} has no rendering by the specification {spec_digest[:12]}…."
        )
    return rendering.digest


@lru_cache(maxsize=2048)
def _stored(root: str, digest: str) -> bytes:
    return Store(root).get(digest)


def job_progress(*, keys: Sequence[str], spec_digest: str | None = None) -> dict[str, int]:
    """Count the jobs of explanation keys by state; with a specification, the jobs that draw them by it."""
    wanted = [render_key(key=key, spec_digest=spec_digest) for key in keys] if spec_digest else list(keys)
    return _count(list(Job.objects.filter(key__in=wanted).values_list("state", flat=True)))


def _count(states: Sequence[str]) -> dict[str, int]:
    count = Counter(states)
    count[Job.State.FAILED] += count.pop(Job.State.CANCELLED, 0)
    return {state: count[state] for state in ("queued", "running", "done", "failed")}


def case_panel(case: Case) -> list[dict[str, Any]]:
    """Return the lines that show a case to people: label, value, unit, reference, flag, meaning, position."""
    return [asdict(row) for row in panel_rows(case.inputs, features=case.case_set.schema["features"])]


def case_parts(case: Case) -> list[dict[str, Any]]:
    """Return what is shown of a case besides the lines of its features: pictures by digest, texts, panels, series."""
    return parts_shown(case.inputs, case.parts, schema=case.case_set.schema, size_of=_picture_size)


def _picture_size(digest: str) -> tuple[int, int]:
    height, width, _ = png_size(Store(settings.ASSAY_STORE).start(digest))
    return width, height


def explanation_problems(*, keys: Sequence[str]) -> list[str]:
    """
    Say in sentences why explanations cannot be shown: missing, failed, damaged, not complete, of another class.

    A declared control need not pass the quality gate, but it has to be of the declared class.
    """
    jobs = Job.objects.select_related("case").in_bulk(list(keys), field_name="key")
    explanations = Explanation.objects.select_related("case", "predictor").in_bulk(
        list(keys), field_name="key"
    )
    said = Prediction.objects.filter(case__in={explanation.case_id for explanation in explanations.values()})
    predictions = {(prediction.predictor_id, prediction.case_id): prediction for prediction in said}
    problems: list[str] = []
    for key in keys:
        if key not in explanations:
            problems.append(_why_missing(jobs.get(key), key=key))
            continue
        explanation = explanations[key]
        prediction = predictions.get((explanation.predictor_id, explanation.case_id))
        name = f"Case {explanation.case.key}, {explanation.method}"
        problems += [f"{name}: {fault}" for fault in _faults(explanation, prediction=prediction)]
    return problems


def _why_missing(job: Job | None, *, key: str) -> str:
    if job is None:
        return f"The explanation {key[:12]}… was never asked for."
    reason = f": {job.error}" if job.error else ""
    return f"Case {job.case.key}: the explanation by {job.method} is {job.state}{reason}"


def _faults(explanation: Explanation, *, prediction: Prediction | None) -> list[str]:
    if prediction is None:
        return ["the case has no prediction."]
    faults = []
    declared, own = explanation.target_declared, explanation.target_class
    expected = resolve_target(declared, scores=prediction.scores, classes=explanation.predictor.classes)
    if own != expected:
        faults.append(f"it explains {own!r}, but its target {declared} means {expected!r}.")
    promises = getattr(METHODS.get_or_missing(explanation.method), "promises", frozenset({"completeness"}))
    if (
        "completeness" in promises
        and not explanation.control_kind
        and explanation.completeness_error > COMPLETENESS_GATE
    ):
        error, gate = 100 * explanation.completeness_error, 100 * COMPLETENESS_GATE
        faults.append(f"the completeness error is {error:.2f} %, at most {gate:.0f} % is allowed.")
    try:
        attribution = explanation_artefact(explanation=explanation)
    except (ArtefactMissing, ArtefactCorrupt) as problem:
        return [*faults, str(problem)]
    if attribution.target_class != own:
        faults.append(f"the artefact explains {attribution.target_class!r}, its row says {own!r}.")
    return faults
