"""Stages of a trial whose treatment comes after an own answer."""

from __future__ import annotations

import pytest

from studies.protocols import get_protocol
from studies.protocols.reveal import answer_comes_first, can_come_first, columns_of_initial
from studies.protocols.stages import Decision, Option, Stage, Treatment

DECISION = Decision("Which?", (Option("a", "A"), Option("b", "B")), "b", confidence="percent")


def stages(protocol: str, *, after: tuple[int, ...], explanations: int = 2) -> tuple[Stage, ...]:
    treatment = Treatment(advice=True, explanations=explanations, after_initial=after)
    found = get_protocol(protocol)
    return answer_comes_first(found.stages(DECISION, treatment, found.completed()), treatment)


def items(protocol: str, **about: tuple[int, ...]) -> list[tuple[str, tuple[str, ...]]]:
    return [(stage.name, stage.items) for stage in stages(protocol, **about)]


def test_advice_that_comes_later_leaves_the_explanations_on_the_first_page() -> None:
    assert items("decision", after=(0,)) == [
        ("initial", ("case", "explanations")),
        ("final", ("case", "own_answer", "advice", "explanations")),
    ]


def test_one_of_two_explanations_may_come_later() -> None:
    first, second = stages("decision", after=(2,))
    assert first.items == ("case", "advice", "explanations")
    assert (first.held, second.held) == ((2,), ())


def test_a_first_page_without_any_treatment_asks_the_same() -> None:
    first, second = stages("decision", after=(0, 1, 2))
    assert first.items == ("case",)
    assert [field.name for field in first.fields] == [field.name for field in second.fields]
    assert columns_of_initial((first, second)) == {
        "response_initial": ("initial", "decision"),
        "confidence_initial": ("initial", "confidence"),
    }


def test_the_first_page_asks_what_the_case_answers_and_leaves_out_what_is_asked_of_the_ai() -> None:
    pages = [
        {
            "name": "final",
            "items": ["case", "advice"],
            "fields": [
                "decision",
                {
                    "name": "instead",
                    "kind": "choice",
                    "label": "What then?",
                    "options": ["a", "b"],
                    "truth": "other",
                },
                {
                    "name": "ai",
                    "kind": "choice",
                    "label": "Right?",
                    "options": ["right", "wrong"],
                    "truth": "ai_correct",
                },
                {"name": "why", "kind": "text", "label": "Why?"},
            ],
        }
    ]
    treatment = Treatment(advice=True, explanations=0, after_initial=(0,))
    found = get_protocol("own_stages")
    first, second = answer_comes_first(
        found.stages(DECISION, treatment, found.completed({"stages": pages})), treatment
    )
    assert [field.name for field in first.fields] == ["decision", "instead"]
    assert [field.name for field in second.fields] == ["decision", "instead", "ai", "why"]


def test_a_protocol_that_asks_first_by_itself_stays_as_it_is() -> None:
    assert stages("judge_advisor", after=(0, 1)) == stages("judge_advisor", after=())


def test_trials_that_show_no_treatment_stay_as_they_are() -> None:
    assert stages("forward_simulation", after=(0,)) == stages("forward_simulation", after=())


def test_nothing_changes_where_everything_is_shown_at_once() -> None:
    assert [name for name, _ in items("decision", after=())] == ["final"]


@pytest.mark.parametrize(
    ("protocol", "can"), [("decision", True), ("judge_advisor", True), ("deferral", False)]
)
def test_only_what_asks_for_an_own_answer_can_ask_it_first(protocol: str, can: bool) -> None:
    found = get_protocol(protocol)
    treatment = Treatment(advice=True, explanations=0, after_initial=(0,))
    assert can_come_first(found.stages(DECISION, treatment, found.completed())) is can
