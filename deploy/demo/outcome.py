"""What comes out of the demo: simulated participants go through, their data are frozen, a worker makes the report."""

from __future__ import annotations

import secrets
import time

from django.conf import settings
from django.contrib.auth import get_user_model

from analysis.models import Dataset, Report
from analysis.services import report_request
from deploy.demo.content import LOOK_EVERY_S, PATIENCE_S, DemoStuck
from deploy.demo.progress import Progress
from studies.design.models import StudyVersion
from studies.export.selectors import collected_counts
from studies.export.services import dataset_export
from studies.rehearsal.policies import PolicyChoice
from studies.rehearsal.services import rehearsal_run

HELPED = "explanation_helped:detects=0.9"
# One in twenty leaves, half-way: after the practice and a dozen of the trials.
POLICIES = (
    *(HELPED, "by_confidence", HELPED, "follow", HELPED, HELPED, "random", HELPED, HELPED, HELPED),
    *(HELPED, "by_confidence", HELPED, "follow", HELPED, HELPED, "random", HELPED, HELPED),
    "drops_out:leaves_after=16",
)
USER = "demo"


def participants_ensure(version: StudyVersion, *, count: int, base_url: str, progress: Progress) -> None:
    """Send simulated participants through the web application over HTTP until there are ``count``."""
    there = collected_counts(version=version).simulated
    if there >= count:
        progress.tell(f"Simulated participants: {there} there already")
        return
    found = rehearsal_run(
        version=version,
        base_url=base_url,
        count=count - there,
        policies=[PolicyChoice.parse(text) for text in POLICIES],
        seed=there,
        progress=lambda done, total: progress.count("Simulated participants through the pages", done, total),
    )
    ends = ", ".join(f"{number} {end.replace('_', ' ')}" for end, number in sorted(found.ends.items()))
    progress.tell(f"Simulated participants read {found.pages} pages: {ends}")


def dataset_ensure(version: StudyVersion, *, progress: Progress) -> Dataset:
    """Freeze the simulated participants into a dataset, unless the newest one holds them all."""
    simulated = collected_counts(version=version).simulated
    found = Dataset.objects.filter(
        study=version.study.slug, version=version.number, is_simulated=True
    ).first()
    if found is None or found.rows("participants") != simulated:
        found = dataset_export(version=version, simulated=True)
    progress.tell(
        f"Dataset {found.digest[:12]}: {found.rows('participants')} simulated participants, "
        f"{found.rows('trials')} trials"
    )
    return found


def report_ensure(dataset: Dataset, *, progress: Progress) -> Report:
    """Have the worker make the report, and wait for it."""
    report = report_request(dataset=dataset)
    began = time.monotonic()
    while report.state not in {Report.State.DONE, Report.State.FAILED}:
        progress.count(f"Report, made by the worker ({report.state})", 0, 1)
        if time.monotonic() - began > PATIENCE_S:
            raise DemoStuck(f"The report is still {report.state}: see {settings.ASSAY_VAR / 'log'}.")
        time.sleep(LOOK_EVERY_S)
        report.refresh_from_db()
    if report.state == Report.State.FAILED:
        raise DemoStuck(f"The report failed: {report.error}")
    progress.tell(f"Report {report.digest[:12]} is there")
    return report


def password_renew() -> str:
    """Give the demo's administrator a new password; that of an earlier start is worth nothing any more."""
    password = secrets.token_urlsafe(12)
    user, _ = get_user_model().objects.get_or_create(
        username=USER, defaults={"is_staff": True, "is_superuser": True}
    )
    user.set_password(password)
    user.save()
    return password
