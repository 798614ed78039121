"""What the demo brings in: a predictor trained on real data, its cases, and the study; what is there is not redone."""

from __future__ import annotations

import time
from pathlib import Path

from django.conf import settings

import studies.design
from deploy.demo.progress import Progress
from explainers.models import CaseSet, Job, Predictor
from explainers.services import predictor_register
from studies.design.models import Recruitment, StudyVersion
from studies.design.selectors import version_current, version_latest
from studies.design.services import (
    case_file_import,
    recruitment_set,
    study_import,
    version_launch,
    version_prepare,
)
from studies.errors import StudyError

STUDY_FOLDER = Path(studies.design.__file__).parent / "demo"
STUDY_FILE = "study.yaml"
STUDY, PREDICTOR, CASES = "fna-explanations", "fna-mlp", "fna-test"
LOOK_EVERY_S = 0.5
PATIENCE_S = 300


class DemoStuck(StudyError):
    """The demo waits for something that does not come."""

    code = "demo_stuck"


def predictor_ensure(progress: Progress) -> Predictor:
    """Train the demo's predictor on real data, unless it is there."""
    found = Predictor.objects.filter(name=PREDICTOR).first()
    if found is not None:
        progress.tell(f"Predictor {PREDICTOR}: there already")
        return found
    from explainers.core.demo_data import LICENCE, demo_predictor, demo_split

    data = demo_split()
    progress.tell(f"Training on {len(data.train)} samples of the Wisconsin breast cancer data")
    spec, weights = demo_predictor(data)
    return predictor_register(
        name=PREDICTOR,
        architecture=spec.architecture,
        parameters=spec.parameters,
        features=spec.features,
        classes=spec.classes,
        preprocessing=spec.preprocessing,
        weights=weights,
        metadata={"data": LICENCE},
    )


def cases_ensure(progress: Progress) -> CaseSet:
    """Bring in the half of the data that the predictor has not seen, unless it is there."""
    found = CaseSet.objects.filter(name=CASES).first()
    if found is None:
        from explainers.core.demo_data import write_case_files

        file, schema = write_case_files(settings.ASSAY_VAR / "cases")
        found = case_file_import(name=CASES, csv=file, schema=schema)
    progress.tell(f"Cases {CASES}: {found.cases.count()}, inputs and truth apart")
    return found


def version_ensure(progress: Progress) -> StudyVersion:
    """Bring in the demo study; one that is launched stays, whatever its file says now."""
    version = version_current(STUDY) or version_latest(STUDY)
    if version is None or version.launched_at is None:
        files = {file.name: file.read_bytes() for file in STUDY_FOLDER.iterdir() if file.name != STUDY_FILE}
        version = study_import(source=(STUDY_FOLDER / STUDY_FILE).read_text(encoding="utf-8"), files=files)
    progress.tell(f"Study {version}: {version.study.title}")
    return version


def explanations_ensure(version: StudyVersion, *, progress: Progress) -> None:
    """Have the worker compute predictions, explanations and drawings through the queue, and wait for it."""
    if version.launched_at is not None:
        progress.tell("Explanations: frozen at launch")
        return
    done_before, moved_at = -1, time.monotonic()
    while version_prepare(version=version):
        jobs = Job.objects.count()
        done = Job.objects.filter(state=Job.State.DONE).count()
        progress.count("Predictions, explanations and drawings made by the worker", done, jobs)
        if failed := Job.objects.filter(state=Job.State.FAILED).first():
            raise DemoStuck(f"The worker failed on {failed}: {failed.error}")
        if done > done_before:
            done_before, moved_at = done, time.monotonic()
        elif time.monotonic() - moved_at > PATIENCE_S:
            raise DemoStuck(
                f"The worker has done nothing for {PATIENCE_S} s: see {settings.ASSAY_VAR / 'log'}."
            )
        time.sleep(LOOK_EVERY_S)
    progress.tell(f"Explanations: {Job.objects.filter(state=Job.State.DONE).count()} jobs done by the worker")


def launch_ensure(version: StudyVersion, *, progress: Progress) -> None:
    """Launch the version and open its door."""
    if version.launched_at is None:
        version_launch(version=version)
    recruitment_set(version=version, state=Recruitment.State.OPEN)
    slots = version.slots.filter(purpose="real").count()
    progress.tell(f"Launched and open: {slots} slots drawn, plan locked ({version.plan_digest[:12]})")
