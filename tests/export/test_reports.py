"""The life of a report: a row first, claimed under a lease, written under a fence, swept when its worker died."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from analysis.models import Dataset, Report
from analysis.services import (
    DatasetInvalid,
    dataset_register,
    report_carry_out,
    report_claim,
    report_fail,
    report_finish,
    report_heartbeat,
    report_request,
    reports_sweep,
)
from analysis.services import reports as reports_module
from studies.design.models import StudyVersion
from studies.export.services import dataset_export
from tests.export.conftest import folder_of

pytestmark = [pytest.mark.django_db, pytest.mark.heavy]


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The messages that would have been sent."""
    sent: list[int] = []
    monkeypatch.setattr(
        reports_module.current_app, "send_task", lambda _name, args, **_how: sent.extend(args)
    )
    return sent


@pytest.fixture
def frozen(version: StudyVersion, send: Callable[..., None]) -> Dataset:
    send(count=2, policies=("follow",))
    return dataset_export(version=version, simulated=True)


@pytest.fixture
def report(frozen: Dataset, rung: list[int]) -> Report:
    return report_request(dataset=frozen)


def written(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("<style>p{}</style><p>1</p>", encoding="utf-8")
    return folder


def expire(report: Report) -> None:
    Report.objects.filter(pk=report.pk).update(lease_until=Now() - timedelta(seconds=1))


def test_asking_twice_gives_one_report(frozen: Dataset, report: Report) -> None:
    assert report_request(dataset=frozen).pk == report.pk
    assert Report.objects.count() == 1


def test_only_one_worker_gets_it(report: Report) -> None:
    assert report_claim(report_id=report.pk) is not None
    assert report_claim(report_id=report.pk) is None


def test_a_worker_whose_lease_ran_out_cannot_write(report: Report, fresh_process: Path) -> None:
    late = report_claim(report_id=report.pk)
    expire(report)
    current = report_claim(report_id=report.pk)
    assert late is not None
    assert current is not None
    assert not report_heartbeat(late)
    lost = written(fresh_process / "reports" / "late")
    assert not report_finish(late, folder=lost)
    assert not lost.exists()
    assert report_finish(current, folder=written(fresh_process / "reports" / "current"))


def test_a_failure_says_why_and_can_be_tried_again(frozen: Dataset, report: Report) -> None:
    claim = report_claim(report_id=report.pk)
    assert claim is not None
    report_fail(claim, error="The plan names a condition that is not there.")
    report.refresh_from_db()
    assert (report.state, report.error) == ("failed", "The plan names a condition that is not there.")
    assert report_request(dataset=frozen).state == "queued"


def test_the_sweeper_rings_for_forgotten_and_orphaned_reports(report: Report, rung: list[int]) -> None:
    assert reports_sweep() == 1
    assert reports_sweep() == 0  # rung for a moment ago
    report_claim(report_id=report.pk)
    assert reports_sweep() == 0  # somebody works on it
    expire(report)
    assert reports_sweep() == 1
    assert rung == [report.pk, report.pk]


def test_a_report_that_kills_its_workers_is_given_up(report: Report, rung: list[int]) -> None:
    for _ in range(3):
        assert report_claim(report_id=report.pk) is not None
        expire(report)
    reports_sweep()
    report.refresh_from_db()
    assert report.state == "failed"
    assert "died 3 times" in report.error


def test_a_silent_broker_costs_nothing(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(reports_module.current_app, "send_task", refuse)
    assert reports_sweep() == 0
    report.refresh_from_db()
    assert (report.state, report.sent_at) == ("queued", None)


def test_a_dataset_that_was_changed_is_not_analysed(frozen: Dataset, report: Report) -> None:
    with (folder_of(frozen) / "trials.csv").open("a") as file:
        file.write("x")
    assert not report_carry_out(report_id=report.pk)
    report.refresh_from_db()
    assert report.error == "The dataset is damaged: trials.csv was changed after it was written."


def test_a_folder_that_is_not_what_its_manifest_says_is_refused(frozen: Dataset) -> None:
    (folder_of(frozen) / "participants.csv").unlink()
    with pytest.raises(DatasetInvalid, match=r"participants\.csv is missing"):
        dataset_register(folder=folder_of(frozen))


def test_the_worker_writes_the_report_and_its_numbers(
    frozen: Dataset, report: Report, fresh_process: Path
) -> None:
    assert report_carry_out(report_id=report.pk)
    report.refresh_from_db()
    assert report.state == "done"
    assert {"report.html", "report.json"} <= set(report.manifest["files"])
    assert (fresh_process / report.folder / "report.html").stat().st_size > 1000
