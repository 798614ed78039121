"""Stages that a study file writes itself: shown, answered, routed by the server, scored, and rehearsed over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from studies.design.models import GroundTruth, StudyVersion
from studies.enrolment.models import Participant
from studies.export.casefacts import case_facts
from studies.export.people import Scope
from studies.export.rows_trials import response_rows, trial_rows
from studies.trials.models import TrialResponse
from tests.factories import OPTIONS, trials_step
from tests.trials.person import Person

DRUGS = ["antibiotics", "steroids"]
STAGES = [
    {"name": "initial", "items": ["case"], "fields": ["decision", "confidence"]},
    {
        "name": "final",
        "prompt": "Look again.",
        "items": ["case", "own_answer", "advice", "explanations"],
        "fields": [
            "decision",
            {"name": "drugs", "kind": "several", "label": "Which ones?", "options": DRUGS, "nothing": "None of these",
             "truth": "drugs", "score": "graded"},
        ],
    },
    {
        "name": "why",
        "items": ["case", "advice", "own_answer"],
        "fields": [{"name": "reason", "kind": "text", "label": "Why do you differ from the AI?"}],
        "only_if": "differs_from_advice",
    },
]  # fmt: skip


@pytest.fixture
def version(study: Callable[..., StudyVersion]) -> StudyVersion:
    step = trials_step(2, protocol="own_stages", parameters={"stages": STAGES})
    conditions = {"ai": {"advice": {"show": ["label"], "source": "ai"}, "explanations": []}}
    flow = [{"kind": "consent", "params": {"text": "consent"}, "only": []},
            {"kind": "allocate", "params": {}, "only": []}, step]  # fmt: skip
    return study(flow=flow, conditions=conditions, advice_label=lambda _number: OPTIONS[0])


def stored(stage: str) -> dict[str, Any]:
    rows = TrialResponse.objects.filter(stage=stage).order_by("pk")
    return dict(rows.values_list("field", "value"))


def at_final(person: Person) -> Person:
    person.answer(consent="given")
    return person.send(decision=OPTIONS[0], confidence="60")


def test_the_pages_come_as_they_are_written(version: StudyVersion, person: Callable[..., Person]) -> None:
    someone = person(version)
    someone.answer(consent="given")
    assert "Look again." not in someone.text
    assert set(someone.fields) == {"decision", "confidence"}
    someone.send(decision=OPTIONS[0], confidence="60")
    assert "Look again." in someone.text
    assert set(someone.fields) == {"decision", "drugs"}


def test_several_answers_are_stored_and_what_is_wrong_is_told(
    version: StudyVersion, person: Callable[..., Person]
) -> None:
    someone = at_final(person(version))
    someone.send(decision=OPTIONS[0], drugs=["none", "steroids"])
    assert someone.reply.status_code == 422
    assert len(someone.page.xpath("//input[@name='drugs'][@checked]")) == 2
    someone.send(decision=OPTIONS[0], drugs=["steroids", "antibiotics"])
    assert stored("final")["drugs"] == DRUGS


def test_who_agrees_with_the_ai_is_not_asked_for_a_reason(
    version: StudyVersion, person: Callable[..., Person]
) -> None:
    someone = at_final(person(version))
    someone.send(decision=OPTIONS[0], drugs="none")
    assert set(someone.fields) == {"decision", "confidence"}
    assert "Case 2" in someone.text


def test_who_differs_from_the_ai_is_asked_for_a_reason(
    version: StudyVersion, person: Callable[..., Person]
) -> None:
    someone = at_final(person(version))
    assert "differ from the AI" not in someone.text
    someone.send(decision=OPTIONS[1], drugs="none")
    assert set(someone.fields) == {"reason"}
    someone.send(reason="It looks otherwise.")
    assert stored("why") == {"reason": "It looks otherwise."}
    assert "Case 2" in someone.text


def test_a_whole_participation_is_complete_with_and_without_a_reason(
    version: StudyVersion, person: Callable[..., Person]
) -> None:
    someone = at_final(person(version))
    someone.send(decision=OPTIONS[1], drugs="none")
    someone.send(reason="It looks otherwise.")
    someone.send(decision=OPTIONS[0], confidence="60").send(decision=OPTIONS[0], drugs="none")
    assert someone.kind == "done"
    assert Participant.objects.get().state == Participant.State.COMPLETED


def test_every_field_is_scored_against_its_own_reference(
    version: StudyVersion, person: Callable[..., Person]
) -> None:
    for truth in list(GroundTruth.objects.all()):
        GroundTruth.objects.create(case=truth.case, field="drugs", value="steroids")
    someone = at_final(person(version))
    someone.send(decision=OPTIONS[0], drugs=DRUGS)
    scope = Scope(version=version, simulated=False)
    rows = {(row["stage"], row["field"]): row for row in response_rows(scope, case_facts(scope))}
    drugs = rows["final", "drugs"]
    assert (drugs["value"], drugs["reference"]) == ('["antibiotics", "steroids"]', "steroids")
    assert (drugs["correct"], drugs["score"]) == (False, 0.5)
    assert rows["initial", "confidence"]["score"] is None
    first = next(trial_rows(scope, case_facts(scope)))
    assert (first["response_initial"], first["response"], first["confidence_initial"]) == (
        *OPTIONS[:1] * 2,
        0.6,
    )
    assert first["status"] == "answered"
