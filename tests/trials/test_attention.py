"""Attention checks: they come at their places, look like everything around them, and count for nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import lxml.html
import pytest

from studies.design.models import StudyVersion
from studies.enrolment.models import Completion
from studies.trials.models import PresentedItem, StepResponse, Trial
from tests.factories import CONDITIONS, OPTIONS, TRUST_ITEMS, step, trials_step
from tests.trials.person import Person

Study = Callable[..., StudyVersion]
Arrive = Callable[..., Person]
START = [step("consent", text="consent"), step("allocate")]
AI = {"ai": CONDITIONS["ai"]}
TEXT = "To show that you read this, please choose 'benign', whatever the case shows."
KNOWN = {"after": 1, "case": "cell-3"}
ASKED = {"after": 3, "case": "cell-4", "text": TEXT, "answer": "benign"}


def checked(
    study: Study, *checks: dict[str, object], protocol: str = "decision", **more: object
) -> StudyVersion:
    trials = trials_step(3, protocol=protocol, attention_checks=list(checks), **more.pop("params", {}))  # type: ignore[call-overload]
    return study(flow=[*START, trials], conditions=AI, extra_cases=len(checks), **more)


def test_checks_come_at_their_places_and_are_counted_like_other_cases(study: Study, person: Arrive) -> None:
    somebody = person(checked(study, KNOWN, ASKED)).go_to("done")
    pages = [reply.content.decode() for reply in somebody.replies if b'data-kind="trial"' in reply.content]
    assert [re.findall(r"<h1[^>]*>(.*?)</h1>", page)[0] for page in pages] == [
        f"Case {number} of 5" for number in range(1, 6)
    ]
    assert [TEXT.split(",", maxsplit=1)[0] in page.replace("&#x27;", "'") for page in pages] == [
        False
    ] * 4 + [True]
    rows = Trial.objects.order_by("trial_index").values_list("check_number", "case__key")
    assert [(number, key) for number, key in rows if number is not None] == [(0, "cell-3"), (1, "cell-4")]
    assert [number for number, _ in rows] == [None, 0, None, None, 1]


def test_nothing_on_any_page_tells_that_a_check_is_one(study: Study, person: Arrive) -> None:
    """Values of the case aside, the page of a check with a known answer is the page of any other case."""
    somebody = person(checked(study, KNOWN)).go_to("done")
    pages = [reply.content.decode() for reply in somebody.replies]
    assert not any(re.search(r"attention|instructed|check_", page) for page in pages)
    shapes = set()
    for page in pages:
        if 'data-kind="trial"' in page:
            root = lxml.html.fromstring(page)
            shapes.add(
                tuple((e.tag, e.get("class"), e.get("name")) for e in root.iter() if isinstance(e.tag, str))
            )
    assert len(shapes) == 1


def test_checks_are_neither_paid_nor_counted(study: Study, person: Arrive) -> None:
    """Everything is benign: whoever says so is right in three of three trials, whatever the checks were."""
    bonus = {"currency": "GBP", "per_correct": 1}
    version = checked(study, KNOWN, ASKED, bonus=bonus, truth=lambda _number: OPTIONS[0])
    person(version).go_to("done", decision="benign")
    found = Completion.objects.get()
    assert (found.right, found.scored, found.bonus) == (3, 3, Decimal(3))


@pytest.mark.parametrize(("said", "right"), [("benign", 1), ("malignant", 4)])
def test_checks_are_paid_by_what_they_ask_for_where_the_bonus_says_so(
    study: Study, person: Arrive, said: str, right: int
) -> None:
    """Three trials and a check of a known answer are malignant; the check that asks for benign is the fifth."""
    bonus = {"currency": "GBP", "per_correct": 0.5, "attention_checks": True}
    version = checked(study, KNOWN, ASKED, bonus=bonus, truth=lambda _number: OPTIONS[1])
    person(version).go_to("done", decision=said)
    found = Completion.objects.get()
    assert (found.right, found.scored, found.bonus) == (right, 5, Decimal("0.5") * right)


def test_the_own_score_of_a_block_leaves_checks_out(study: Study, person: Arrive) -> None:
    params = {"feedback": "per_block"}
    version = checked(study, KNOWN, ASKED, params=params, truth=lambda _number: OPTIONS[1])
    somebody = person(version).go_to("score", decision="malignant")
    assert "3 of your last 3 answers were right." in somebody.text


@pytest.mark.parametrize(("choice", "verdict"), [("benign", "was right"), ("malignant", "was not right")])
def test_feedback_on_an_instructed_answer_is_about_the_instruction(
    study: Study, person: Arrive, choice: str, verdict: str
) -> None:
    version = checked(
        study,
        {**ASKED, "after": 0, "case": "cell-3"},
        params={"feedback": True},
        truth=lambda _number: OPTIONS[1],
    )
    somebody = person(version).answer(consent="given").answer(decision=choice)
    assert somebody.kind == "feedback"
    assert verdict in somebody.text


def test_what_a_check_showed_is_recorded_with_its_text(study: Study, person: Arrive) -> None:
    person(checked(study, KNOWN, ASKED, protocol="judge_advisor")).go_to("done")
    shown = PresentedItem.objects.filter(item="note")
    assert set(shown.values_list("presentation__trial__check_number", "presentation__stage")) == {
        (1, "initial"), (1, "final"),
    }  # fmt: skip


def test_an_item_that_checks_attention_is_asked_like_its_neighbour_and_marked(
    study: Study, person: Arrive
) -> None:
    check = {
        **TRUST_ITEMS[1], "id": "attention_1", "text": "Please choose 2 here.", "instructed": 2, "beside": "honest",
    }  # fmt: skip
    items = [TRUST_ITEMS[0], TRUST_ITEMS[1], check, TRUST_ITEMS[2]]
    asked = step("questionnaire", name="s_tias", version="1", title="Trust", items=items, stratum=None)
    version = study(flow=[*START, trials_step(1), asked], conditions=AI)
    for answer, is_right in (("2", True), ("5", False)):
        somebody = person(version).go_to("questionnaire")
        assert list(somebody.fields) == ["reliable", "honest", "attention_1", "useful"]
        assert "instructed" not in somebody.text
        somebody.answer(attention_1=answer)
        marks = dict(StepResponse.objects.order_by("-pk").values_list("item", "correct")[:4])
        assert marks == {"reliable": None, "honest": None, "attention_1": is_right, "useful": None}
