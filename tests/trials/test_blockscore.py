"""Feedback per block: the participant's own score, counted on the server, and nothing of single answers."""

from __future__ import annotations

from collections.abc import Callable

from studies.design.models import StudyVersion
from tests.factories import OPTIONS, step, trials_step
from tests.trials.person import Person


def test_the_own_score_is_told_after_each_block(
    study: Callable[..., StudyVersion], person: Callable[..., Person]
) -> None:
    trials = trials_step(3, protocol="decision", breaks_every=2, feedback="per_block")
    flow = [step("consent", text="consent"), step("allocate"), trials]
    someone = person(study(flow=flow, truth=lambda _number: OPTIONS[0])).answer(consent="given")
    assert someone.answer(decision=OPTIONS[0]).kind == "trial"
    assert someone.answer(decision=OPTIONS[1]).kind == "score"
    assert "1 of your last 2 answers were right." in someone.text
    assert someone.answer().kind == "break"
    someone.answer()
    assert someone.answer(decision=OPTIONS[0]).kind == "score"
    assert "1 of your last 1 answers were right." in someone.text
    assert someone.answer().kind == "done"
