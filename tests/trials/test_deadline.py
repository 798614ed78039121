"""Time limits: the server's clock decides; what comes too late is not stored, and nobody is left behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from studies.design.models import StudyVersion
from studies.enrolment.models import Participant
from studies.export.casefacts import case_facts
from studies.export.people import Scope
from studies.export.rows_trials import trial_rows
from studies.trials import deadline
from studies.trials.models import Event, TrialResponse
from tests.factories import TRUST_ITEMS, step, trials_step
from tests.trials.person import Person

LIMIT_S = 30


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let seconds pass on the server's clock, as far as deadlines ask it."""
    real = deadline.timezone.now
    passed = [0.0]

    class Later:
        @staticmethod
        def now():
            return real() + timedelta(seconds=passed[0])

    monkeypatch.setattr(deadline, "timezone", Later)

    def pass_by(seconds: float) -> None:
        passed[0] += seconds

    return pass_by


@pytest.fixture
def someone(study: Callable[..., StudyVersion], person: Callable[..., Person]) -> Person:
    flow = [step("consent", text="consent"), step("allocate"), trials_step(2, time_limit_s=LIMIT_S)]
    return person(study(flow=flow)).answer(consent="given")


def test_the_page_says_how_long_there_is_and_after_a_reload_what_is_left(
    someone: Person, clock: Callable[[float], None]
) -> None:
    assert "You have 30 seconds" in someone.text
    clock(12)
    assert 17 <= float(someone.look().page.xpath("//@data-left")[0]) <= 18


def test_an_answer_in_time_counts(someone: Person, clock: Callable[[float], None]) -> None:
    clock(LIMIT_S + 1)  # it was on its way
    someone.answer()
    assert set(TrialResponse.objects.values_list("field", flat=True)) == {"decision", "confidence"}


def test_an_answer_that_comes_too_late_is_not_stored(someone: Person, clock: Callable[[float], None]) -> None:
    clock(LIMIT_S + 3)
    someone.answer()
    assert list(TrialResponse.objects.values_list("field", "value")) == [("timed_out", True)]
    assert Event.objects.filter(kind="timed_out").count() == 1
    assert "Your final answer" in someone.text


def test_half_an_answer_is_asked_again_before_the_end_and_passed_after_it(
    someone: Person, clock: Callable[[float], None]
) -> None:
    assert someone.send(decision="benign").reply.status_code == 422
    clock(LIMIT_S)
    assert someone.send(decision="benign").reply.status_code == 200
    assert list(TrialResponse.objects.values_list("field", flat=True)) == ["timed_out"]


def test_who_ran_out_of_time_still_comes_to_the_end(someone: Person, clock: Callable[[float], None]) -> None:
    clock(LIMIT_S + 3)
    for _ in range(4):
        someone.answer()
    assert someone.kind == "done"
    assert Participant.objects.get().state == Participant.State.COMPLETED


def test_the_table_says_timed_out(someone: Person, clock: Callable[[float], None]) -> None:
    someone.answer().answer()
    clock(LIMIT_S + 3)
    someone.answer()
    scope = Scope(version=Participant.objects.get().version, simulated=False)
    rows = list(trial_rows(scope, case_facts(scope)))
    assert [row["status"] for row in rows] == ["answered", "timed_out"]
    assert rows[1]["response"] is None


OVER = "The time for the page before this one was over. No answer was stored for it."


def test_who_was_too_late_is_told_so_until_the_next_answer(
    someone: Person, clock: Callable[[float], None]
) -> None:
    assert OVER not in someone.text
    clock(LIMIT_S + 3)
    someone.answer()
    assert OVER in someone.text
    assert "Your first answer" not in someone.text
    assert OVER in someone.look().text
    clock(-LIMIT_S - 3)  # pages are sent by the real clock
    someone.answer()
    assert OVER not in someone.text


def test_who_answers_in_time_is_told_nothing(someone: Person, clock: Callable[[float], None]) -> None:
    clock(LIMIT_S - 5)
    someone.answer()
    assert OVER not in someone.text


def test_after_the_last_trial_it_is_told_once_and_not_on_every_page_to_come(
    study: Callable[..., StudyVersion], person: Callable[..., Person], clock: Callable[[float], None]
) -> None:
    asked = step("questionnaire", name="trust", version="1", title="Trust", items=TRUST_ITEMS, stratum=None)
    flow = [
        step("consent", text="consent"), step("allocate"), trials_step(1, protocol="decision", time_limit_s=LIMIT_S),
        asked, step("debrief", text="debrief", consent=False),
    ]  # fmt: skip
    late = person(study(flow=flow)).answer(consent="given")
    clock(LIMIT_S + 3)
    late.answer()
    assert (late.kind, OVER in late.text) == ("questionnaire", True)
    late.answer()
    assert (late.kind, OVER in late.text) == ("debrief", False)
