"""A small study whose content is made row by row: no torch, no worker. ``finish_jobs`` stands in for the workers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from explainers.core.attribution import Explanation as Attribution
from explainers.core.digest import digest_of
from explainers.core.gate import GATE_VERSION
from explainers.core.store import Store
from explainers.models import CaseSet, Explanation, Gate, Job, Prediction, Predictor, Rendering
from studies.design.models import StudyVersion
from studies.design.services import case_file_import, study_import, version_launch, version_prepare
from studies.design.studyfile import study_read_folder

DEMO = Path(__file__).resolve().parents[2] / "studies" / "design" / "demo"
CLASSES = ("benign", "malignant")
CASES = 32
SIDE_FILES = {
    "consent.md": b"You agree to take part.",
    "instructions.md": b"Look at the case and decide.",
    "debrief.md": b"Now you know.",
    "check.yaml": b"- id: who\n  question: Who decides?\n  options: [me, ai]\n  correct: me\n",
    "screen.yaml": b"- id: adult\n  question: Are you 18?\n  options: [yes, no]\n  eligible: [yes]\n",
}
STUDY = """\
study: small-study
title: Does a small explanation help?
predictors: {net: small-net}
cases:
  from: small-cases
  per_participant: 8
  strata: {ai_correct: {true: 6, false: 2}, ground_truth: balanced}
decision:
  question: Which is it?
  options: [benign, malignant]
  positive: malignant
  confidence: {scale: percent}
conditions:
  ai: {advice: {show: [label, confidence]}}
  ig: {advice: {show: [label, confidence]}, explanations: [{method: integrated_gradients}]}
  placebo: {advice: {show: [label]}, explanations: [{control: {kind: shuffled, of: integrated_gradients}}]}
deception: true
allocation: {between: [ai, ig, placebo], strata: [expertise], slots: 24}
flow:
  - consent: consent.md
  - screening: {items: screen.yaml}
  - questionnaire: expertise
  - instructions: instructions.md
  - comprehension: {items: check.yaml}
  - allocate
  - practice: {cases: 2, feedback: true}
  - trials: {protocol: judge_advisor, breaks_every: 4}
  - trials: {protocol: forward_simulation, cases: {per_participant: 4, strata: {ai_correct: balanced}}}
  - questionnaire: {use: s_tias, only: [ai, ig, placebo]}
  - debrief: debrief.md
plan:
  primary: {measure: accuracy, contrasts: [ig - ai, ig - placebo], all: true}
  n: 18
"""


def demo_files() -> tuple[bytes, dict[str, bytes]]:
    """The study file that comes with the product, and the files beside it."""
    return study_read_folder(DEMO / "study.yaml")


def case_csv(count: int = CASES) -> bytes:
    """Cases of both classes in turn."""
    rows = [f"c{i},{i / 10},{i % 7},{CLASSES[i % 2]}" for i in range(count)]
    return "\n".join(["case_id,size,shape,ground_truth", *rows, ""]).encode()


SCHEMA = b"""\
features:
  - {name: size, label: Size, unit: mm, low: 1, high: 4, decimals: 1}
  - {name: shape, label: Shape}
truth: {options: [benign, malignant], source: histology}
"""


def make_cases(name: str = "small-cases") -> CaseSet:
    return case_file_import(name=name, csv=case_csv(), schema=SCHEMA)


def make_predictor(name: str = "small-net") -> Predictor:
    return Predictor.objects.create(
        name=name,
        digest=digest_of(name),
        architecture="mlp",
        features=["size", "shape"],
        classes=list(CLASSES),
        weights_digest=digest_of("weights"),
    )


def said_of(position: int) -> str:
    """What the predictor of the scene says: wrong on cases 2 and 3 of every eight."""
    return CLASSES[(position + (position % 8 in (2, 3))) % 2]


def finish_jobs(
    *, completeness_error: float = 0.0, target_class: str | None = None, light: str = "green"
) -> int:
    """Do what the workers would do with every job that is queued."""
    jobs = Job.objects.filter(state=Job.State.QUEUED).select_related("case", "predictor").order_by("pk")
    for job in jobs:
        if job.kind == Job.Kind.PREDICT:
            _predict(job)
        elif job.kind == Job.Kind.EXPLAIN:
            _explain(job, completeness_error, target_class)
        elif job.kind == Job.Kind.RENDER:
            _render(job)
        else:
            _examine(job, light=light)
    return Job.objects.filter(pk__in=[job.pk for job in jobs]).update(state=Job.State.DONE)


def _predict(job: Job) -> None:
    label = said_of(job.case.position)
    scores = {name: 0.9 if name == label else 0.1 for name in CLASSES}
    Prediction.objects.create(
        predictor=job.predictor,
        case=job.case,
        scores=scores,
        label=label,
        confidence=0.9,
        digest=digest_of([job.key]),
        recipe={},
    )


def _explain(job: Job, completeness_error: float, target_class: str | None) -> None:
    label = target_class or said_of(job.case.position)
    artefact = Attribution(
        features=("size", "shape"),
        values=(0.5, -0.25),
        target_class=label,
        target_space="log_odds",
        baseline=(0.0, 0.0),
        output=0.25,
        output_at_baseline=0.0,
        completeness_error=completeness_error,
        recipe={"key": job.key},
    )
    Explanation.objects.create(
        key=job.key,
        predictor=job.predictor,
        case=job.case,
        method=job.method,
        method_version="1",
        target_declared="advised",
        target_class=label,
        control_kind="shuffled" if job.method == "shuffled" else "",
        artefact_digest=Store(settings.ASSAY_STORE).put(artefact.to_bytes()),
        fence=1,
        completeness_error=completeness_error,
        recipe={},
    )


def _examine(job: Job, *, light: str) -> None:
    if job.kind == Job.Kind.GATE:
        explanation = Explanation.objects.get(key=job.payload["explanation"])
        verdict = {"light": light, "reasons": [f"made {light}."], "numbers": {}}
        Gate.objects.create(explanation=explanation, gate_version=GATE_VERSION, light=light, verdict=verdict)


def _render(job: Job) -> None:
    explanation = Explanation.objects.get(key=job.payload["explanation"])
    fragment = f'<table class="bars"><caption>{explanation.key}</caption></table>'.encode()
    Rendering.objects.create(
        explanation=explanation,
        spec_digest=job.payload["spec_digest"],
        digest=Store(settings.ASSAY_STORE).put(fragment),
        spec=job.payload["spec"],
    )


def imported(source: str = STUDY, files: Mapping[str, bytes] = SIDE_FILES) -> StudyVersion:
    return study_import(source=source, files=files)


def prepared(source: str = STUDY) -> StudyVersion:
    """A version of which everything is there."""
    make_cases()
    make_predictor()
    version = imported(source)
    for _ in range(2):
        version_prepare(version=version)
        finish_jobs()
    version_prepare(version=version)
    return version


def launched(source: str = STUDY, *, seed: str = "a seed for tests") -> StudyVersion:
    version = prepared(source)
    version_launch(version=version, seed=seed)
    return version
