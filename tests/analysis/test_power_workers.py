"""Power shared by workers: chunks are rows, done once, and together what one machine would have found."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from analysis.models import PowerChunk, PowerGrid, Report
from analysis.power.simulate import simulate_power
from analysis.services import power as power_module
from analysis.services import (
    power_chunk_carry_out,
    power_progress,
    power_request,
    power_result,
    power_sweep,
)

pytestmark = pytest.mark.django_db

PLAN = {"primary": {"measure": "accuracy", "contrast": "ig - ai", "smallest_effect": 0.1}}
ASKED: dict[str, Any] = {"participants": [40, 60], "cases": 8, "simulations": 40}


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The messages that would have been sent."""
    sent: list[int] = []
    monkeypatch.setattr(power_module.current_app, "send_task", lambda _name, args, **_how: sent.extend(args))
    return sent


@pytest.fixture
def grid(rung: list[int], django_capture_on_commit_callbacks: Any) -> PowerGrid:
    with django_capture_on_commit_callbacks(execute=True):
        return power_request(plan=PLAN, request=ASKED)


def carry_out_all(grid: PowerGrid) -> None:
    for chunk_id in grid.chunks.order_by("-pk").values_list("pk", flat=True):
        power_chunk_carry_out(chunk_id=chunk_id)


def test_a_message_goes_out_for_every_chunk(grid: PowerGrid, rung: list[int]) -> None:
    assert sorted(rung) == sorted(grid.chunks.values_list("pk", flat=True))
    assert len(rung) == 4


def test_workers_find_what_one_machine_finds(grid: PowerGrid) -> None:
    assert power_result(grid=grid) is None
    carry_out_all(grid)
    found = power_result(grid=grid)
    assert found is not None
    assert found.rows == simulate_power(PLAN, workers=1, **ASKED).rows


def test_the_same_question_is_the_same_row(grid: PowerGrid) -> None:
    assert power_request(plan=PLAN, request=ASKED) == grid
    assert power_request(plan=PLAN, request={**ASKED, "seed": 2}) != grid
    assert PowerChunk.objects.count() == 8


def test_a_chunk_is_carried_out_once(grid: PowerGrid) -> None:
    chunk = grid.chunks.first()
    assert chunk is not None
    assert power_chunk_carry_out(chunk_id=chunk.pk)
    assert not power_chunk_carry_out(chunk_id=chunk.pk)
    assert power_progress(grid=grid) == (1, 0, 4)


def test_a_late_worker_cannot_write(grid: PowerGrid, monkeypatch: pytest.MonkeyPatch) -> None:
    chunk = grid.chunks.first()
    assert chunk is not None

    def overtaken(work: Any) -> dict[str, Any]:
        PowerChunk.objects.filter(pk=chunk.pk).update(attempt=9)
        return {"late": True}

    monkeypatch.setattr(power_module, "run_chunk", overtaken)
    assert not power_chunk_carry_out(chunk_id=chunk.pk)
    chunk.refresh_from_db()
    assert chunk.result is None


def test_a_silent_worker_is_rung_for_again_and_given_up_in_the_end(grid: PowerGrid, rung: list[int]) -> None:
    rung.clear()
    first, second = grid.chunks.all()[:2]
    past = Now() - timedelta(seconds=1)
    PowerChunk.objects.filter(pk=first.pk).update(state="running", attempt=1, lease_until=past)
    PowerChunk.objects.filter(pk=second.pk).update(state="running", attempt=3, lease_until=past)
    assert power_sweep() == 1
    assert rung == [first.pk]
    second.refresh_from_db()
    assert second.state == Report.State.FAILED
    assert "died 3 times" in second.error


def test_a_chunk_that_cannot_be_simulated_keeps_its_reason(grid: PowerGrid) -> None:
    chunk = grid.chunks.first()
    assert chunk is not None
    chunk.work["scenario"]["baseline"] = 3
    chunk.save()
    assert not power_chunk_carry_out(chunk_id=chunk.pk)
    chunk.refresh_from_db()
    assert chunk.state == Report.State.FAILED
    assert "baseline" in chunk.error


def test_what_cannot_be_asked_leaves_no_row() -> None:
    with pytest.raises(ValueError, match="baseline"):
        power_request(plan=PLAN, request={**ASKED, "baseline": 2.0})
    assert not PowerGrid.objects.exists()


def test_the_command_prints_what_the_workers_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, rung: list[int]
) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("primary: {measure: accuracy, contrast: ig - ai, smallest_effect: 0.1}\n")
    monkeypatch.setattr(
        "analysis.management.commands.power.time.sleep", lambda _s: carry_out_all(PowerGrid.objects.get())
    )
    call_command("power", str(path), "--participants", "40", "--cases", "8", "--simulations", "10")
    assert "40 participants, 8 cases, 8 trials each" in capsys.readouterr().out


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("primary: {measure: accuracy, contrast: ig - ai}\n")
    with pytest.raises(CommandError, match="say which effect"):
        call_command("power", str(path))
