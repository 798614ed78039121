"""What each protocol shows at which stage, in every condition, and how a simulated participant answers."""

from __future__ import annotations

import pytest

from studies.protocols import get_protocol
from studies.protocols.stages import Decision, Option, Seen, Stage, Treatment

DECISION = Decision("Which is it?", (Option("b", "Benign"), Option("m", "Malignant")), "m", "percent")
UNAIDED, AI, IG = Treatment(False, 0), Treatment(True, 0), Treatment(True, 1)
EXPLANATION_ALONE = Treatment(False, 2)
NOTHING_SEEN = Seen(advice=None, advice_confidence=None, explanations=(), own_answer=None)


def stages(name: str, treatment: Treatment) -> dict[str, Stage]:
    protocol = get_protocol(name)
    return {stage.name: stage for stage in protocol.stages(DECISION, treatment, protocol.completed())}


@pytest.mark.parametrize(
    ("treatment", "items"),
    [
        (UNAIDED, ("case",)),
        (AI, ("case", "advice")),
        (IG, ("case", "advice", "explanations")),
        (EXPLANATION_ALONE, ("case", "explanations")),
    ],
)
def test_decision_shows_everything_of_its_condition_at_once(
    treatment: Treatment, items: tuple[str, ...]
) -> None:
    found = stages("decision", treatment)
    assert list(found) == ["final"]
    assert found["final"].items == items


@pytest.mark.parametrize("treatment", [UNAIDED, AI, IG, EXPLANATION_ALONE])
def test_judge_advisor_shows_the_case_alone_before_the_first_answer(treatment: Treatment) -> None:
    found = stages("judge_advisor", treatment)
    assert list(found) == ["initial", "final"]
    assert found["initial"] == stages("judge_advisor", UNAIDED)["initial"]
    assert found["initial"].items == ("case",)
    assert found["final"].items[:2] == ("case", "own_answer")


def test_judge_advisor_gives_the_unaided_a_second_look_without_advice() -> None:
    assert stages("judge_advisor", UNAIDED)["final"].items == ("case", "own_answer")


def test_judge_advisor_asks_the_same_in_every_condition() -> None:
    assert len({stages("judge_advisor", t)["final"].fields for t in (UNAIDED, AI, IG)}) == 1


@pytest.mark.parametrize("treatment", [UNAIDED, AI, IG])
def test_forward_simulation_is_the_same_in_every_condition_and_gives_nothing_away(
    treatment: Treatment,
) -> None:
    found = stages("forward_simulation", treatment)
    assert found == stages("forward_simulation", UNAIDED)
    assert found["guess"].items == ("case",)


@pytest.mark.parametrize(
    ("name", "field", "against"),
    [
        ("decision", "decision", "truth"),
        ("judge_advisor", "decision", "truth"),
        ("forward_simulation", "guess", "prediction"),
    ],
)
def test_answers_are_scored_against(name: str, field: str, against: str) -> None:
    for stage in stages(name, IG).values():
        scored = {f.name: f.scored_against for f in stage.fields}
        assert scored == {field: against, "confidence": None}


@pytest.mark.parametrize("name", ["decision", "judge_advisor", "forward_simulation"])
def test_confidence_is_asked_only_where_the_study_asks_for_it(name: str) -> None:
    silent = Decision(DECISION.question, DECISION.options, "m", None)
    protocol = get_protocol(name)
    for stage in protocol.stages(silent, IG, protocol.completed()):
        assert len(stage.fields) == 1


def test_a_simulated_participant_sends_what_it_chose() -> None:
    protocol, stage = get_protocol("decision"), stages("decision", AI)["final"]
    sent = protocol.simulate(
        stage, NOTHING_SEEN, choose={"decision": "m", "confidence": "70", "mood": "good"}
    )
    assert sent == {"decision": "m", "confidence": "70"}


def test_a_simulated_participant_without_another_choice_keeps_its_first_answer() -> None:
    protocol, stage = get_protocol("judge_advisor"), stages("judge_advisor", AI)["final"]
    seen = Seen(advice="Benign", advice_confidence=0.9, explanations=(), own_answer="Malignant")
    assert protocol.simulate(stage, seen, choose={"confidence": "50"})["decision"] == "m"
    assert protocol.simulate(stage, seen, choose={"decision": "b", "confidence": "50"})["decision"] == "b"


@pytest.mark.parametrize(
    "choose", [{"decision": "x", "confidence": "50"}, {"confidence": "50"}, {"decision": "m"}]
)
def test_a_simulated_participant_cannot_send_what_the_page_would_refuse(choose: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"does not offer|requires the field"):
        get_protocol("decision").simulate(stages("decision", AI)["final"], NOTHING_SEEN, choose=choose)
