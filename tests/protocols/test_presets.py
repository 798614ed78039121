"""What each preset shows and asks, what comes out of its answers, and what it refuses. Pure: no database."""

from __future__ import annotations

from typing import Any

import pytest

from studies.protocols import get_protocol
from studies.protocols.facts import TrialFacts
from studies.protocols.intervene import scores_of
from studies.protocols.preference import alternatives_of
from studies.protocols.stages import Decision, Option, Stage, Treatment

CHOICE = Decision("Which is it?", (Option("b", "Benign"), Option("m", "Malignant")), "m", "percent")
PRICE = Decision("What is it worth?", (), "", kind="numeric", minimum=0, maximum=900, unit="k", tolerance=5)
UNAIDED, AI = Treatment(False, 0), Treatment(True, 0)
IG = Treatment(True, 1, ("advised",))
BOTH = Treatment(True, 2, ("advised", "advised"))
EACH = Treatment(False, 1, ("each_option",))
FACTS = TrialFacts(truths={"decision": "m"}, prediction="b", ai_correct=False)


def shown(name: str, treatment: Treatment = IG, decision: Decision = CHOICE, **given: Any) -> list[Stage]:
    phase = given.pop("phase", "")
    protocol = get_protocol(name)
    return list(protocol.stages(decision, treatment, protocol.completed(given, phase=phase)))


def came_out(
    name: str, answers: dict[tuple[str, str], Any], facts: TrialFacts, **given: Any
) -> dict[str, Any]:
    protocol = get_protocol(name)
    return protocol.outcome(answers, facts, protocol.completed(given))


def refusals(name: str, decision: Decision = CHOICE, phase: str = "", **given: Any) -> list[str]:
    protocol = get_protocol(name)
    conditions = given.pop("conditions", {"ig": IG})
    found = protocol.problems(decision, conditions, protocol.completed(given, phase=phase))
    return [message for _path, message in found]


# Simulation


def test_a_changed_case_stands_after_its_original_with_what_the_ai_said_of_that() -> None:
    (stage,) = shown("counterfactual_simulation")
    assert stage.items == ("original", "original_advice", "original_explanations", "case")
    assert stage.fields[0].scored_against == "prediction"


def test_what_the_ai_said_of_the_original_can_be_hidden() -> None:
    (stage,) = shown("counterfactual_simulation", original_answer=False, explanation="none")
    assert stage.items == ("original", "case")


def test_what_the_ai_said_of_the_original_is_recorded() -> None:
    found = came_out("counterfactual_simulation", {}, TrialFacts(prediction="b", prediction_original="m"))
    assert found == {"ai_prediction_original": "m"}


@pytest.mark.parametrize(("mode", "items"), [("none", ("case",)), ("shown", ("case", "explanations"))])
def test_a_guess_shows_the_explanation_only_where_it_is_asked_for(mode: str, items: tuple[str, ...]) -> None:
    (stage,) = shown("forward_simulation", explanation=mode)
    assert stage.items == items


def test_a_guess_before_and_after_shows_the_explanation_only_after() -> None:
    first, second = shown("forward_simulation", explanation="after")
    assert (first.name, first.items) == ("initial", ("case",))
    assert (second.name, second.items) == ("guess", ("case", "own_answer", "explanations"))


def test_a_second_guess_without_an_explanation_is_a_second_guess_all_the_same() -> None:
    assert len(shown("forward_simulation", UNAIDED, explanation="after")) == 2


def test_the_own_answer_comes_after_the_guess_with_the_advice() -> None:
    guess, own = shown("forward_simulation", AI, PRICE, then_decide=True)
    assert (guess.items, own.items) == (("case",), ("case", "own_answer", "advice"))
    assert (guess.fields[0].kind, guess.fields[0].unit) == ("numeric", "k")
    assert (guess.fields[0].scored_against, own.fields[0].scored_against) == ("prediction", "truth")


def test_explanations_that_no_condition_has_are_refused() -> None:
    assert "No condition" in refusals("forward_simulation", conditions={"ai": AI}, explanation="shown")[0]


# Numbers


@pytest.mark.parametrize(
    "name", ["decision", "judge_advisor", "forward_simulation", "counterfactual_simulation"]
)
def test_a_decision_can_be_a_number_with_bounds_and_a_unit(name: str) -> None:
    field = shown(name, IG, PRICE)[-1].fields[0]
    assert (field.kind, field.minimum, field.maximum, field.unit) == ("numeric", 0, 900, "k")


@pytest.mark.parametrize("name", ["distinction", "deferral"])
def test_a_choice_among_options_cannot_be_a_number(name: str) -> None:
    assert any("is a number" in message for message in refusals(name, PRICE, conditions={"each": EACH}))


# HIVE


def test_agreement_asks_whether_the_shown_answer_is_right() -> None:
    (stage,) = shown("agreement")
    assert stage.items == ("case", "advice", "explanations")
    assert [field.name for field in stage.fields] == ["verdict", "confidence"]
    assert stage.fields[0].scored_against == "ai_correct"


def test_agreement_on_four_levels_asks_for_no_other_confidence() -> None:
    (stage,) = shown("agreement", answer="four_levels")
    assert [field.name for field in stage.fields] == ["verdict"]
    assert len(stage.fields[0].options) == 4


def test_agreement_has_each_example_rated_before_the_verdict() -> None:
    (stage,) = shown("agreement", answer="four_levels", rate_examples=3)
    rated, verdict = stage.fields
    assert (rated.kind, rated.minimum, rated.maximum, rated.scored_against) == ("rating_per_part", 1, 4, None)
    assert [option.value for option in rated.options] == ["example_1", "example_2", "example_3"]
    assert verdict.name == "verdict"


def test_agreement_rates_no_examples_where_a_condition_shows_none() -> None:
    (stage,) = shown("agreement", AI, rate_examples=3)
    assert [field.name for field in stage.fields] == ["verdict", "confidence"]


def test_agreement_with_nothing_is_refused() -> None:
    assert "'unaided'" in refusals("agreement", conditions={"unaided": UNAIDED, "ai": AI})[0]


@pytest.mark.parametrize("target", ["truth", "prediction"])
def test_distinction_hides_the_advice(target: str) -> None:
    (stage,) = shown("distinction", Treatment(True, 1, ("each_option",)), target=target)
    assert stage.items == ("case", "explanations")
    assert stage.fields[0].scored_against == target


def test_distinction_can_ask_what_the_ai_says_and_then_what_is_right() -> None:
    (stage,) = shown("distinction", Treatment(True, 1, ("each_option",)), target="both", sure="five_levels")
    assert [(field.name, field.kind, field.scored_against) for field in stage.fields] == [
        ("pick", "choice", "prediction"),
        ("sure", "ordinal", None),
        ("pick_truth", "choice", "truth"),
        ("sure_truth", "ordinal", None),
    ]
    assert len(stage.fields[1].anchors) == stage.fields[1].maximum == 5


def test_distinction_asks_how_sure_people_are_as_the_decision_does_once_for_both_picks() -> None:
    (stage,) = shown("distinction", Treatment(True, 1, ("each_option",)), target="both")
    assert [field.name for field in stage.fields] == ["pick", "pick_truth", "confidence"]


def test_an_explanation_of_the_advised_answer_alone_is_refused_in_distinction() -> None:
    assert "advised" in refusals("distinction")[0]
    assert refusals("distinction", conditions={"each": EACH, "case": UNAIDED}) == []


# Deferral

ACT = ("action", "action")


def test_deferral_offers_the_options_and_handing_over_with_its_price() -> None:
    (stage,) = shown("deferral", costs={"escalate": 0.5}, colleague="the consultant")
    assert [option.label for option in stage.fields[0].options] == [
        "Benign", "Malignant", "Accept the AI\u2019s answer", "Pass it to the consultant (costs 0.5)",
    ]  # fmt: skip


def test_a_hidden_answer_is_not_accepted_but_left_to_the_ai() -> None:
    assert shown("deferral", UNAIDED)[0].fields[0].options[2].label == "Leave it to the AI"


@pytest.mark.parametrize(
    ("said", "response", "correct", "action", "deferred", "cost"),
    [
        ("m", "m", True, "decide", False, 0.25),
        ("b", "b", False, "decide", False, 0.25),
        ("accept", "b", False, "accept", False, 0.0),
        ("escalate", "m", True, "escalate", True, 0.5),
    ],
)
def test_the_outcome_of_a_case_is_that_of_whoever_decided_it(
    said: str, response: str, correct: bool, action: str, deferred: bool, cost: float
) -> None:
    found = came_out("deferral", {ACT: said}, FACTS, costs={"decide": 0.25, "escalate": 0.5})
    assert found == {
        "response": response, "correct": correct, "score": float(correct), "action": action, "deferred": deferred,
        "cost": cost,
    }  # fmt: skip


def test_who_takes_an_escalated_case_can_be_wrong() -> None:
    facts = TrialFacts(truths={"decision": "m", "expert": "b"}, prediction="m", ai_correct=True)
    assert came_out("deferral", {ACT: "escalate"}, facts, escalated_answer="expert")["correct"] is False
    unknown = came_out("deferral", {ACT: "escalate"}, FACTS, escalated_answer="expert")
    assert (unknown["response"], unknown["correct"], unknown["score"]) == (None, None, None)


def test_accepting_is_deferring_where_nothing_can_be_passed_on() -> None:
    assert came_out("deferral", {ACT: "accept"}, FACTS, actions=["decide", "accept"])["deferred"] is True


def test_a_case_that_nobody_acted_on_has_no_outcome() -> None:
    assert came_out("deferral", {}, FACTS) == {}


def routed(confidence: float | None, **rule: Any) -> Stage | None:
    protocol = get_protocol("deferral")
    return protocol.routed(AI, protocol.completed({"routing": rule}), confidence=confidence)


@pytest.mark.parametrize(
    ("confidence", "is_taken"), [(0.95, True), (0.9, False), (0.5, False), (None, False)]
)
def test_the_system_takes_what_the_ai_is_surer_of_than_the_threshold(
    confidence: float | None, is_taken: bool
) -> None:
    assert (routed(confidence, ai_confidence={"above": 0.9}) is not None) is is_taken


def test_a_routed_case_has_no_page_unless_a_notice_is_wanted() -> None:
    silent, told = (routed(0.99, ai_confidence={"above": 0.9}, notice=notice) for notice in (False, True))
    assert silent is not None
    assert not silent.is_shown
    assert silent.fields == ()
    assert told is not None
    assert told.is_shown
    assert told.recorded == {"action": "accept"}


def test_a_routed_case_costs_nobody_anything_and_nobody_deferred_it() -> None:
    found = came_out("deferral", {("routed", "action"): "accept"}, FACTS, costs={"accept": 0.1})
    assert (found["action"], found["deferred"], found["cost"]) == ("routed_accept", None, 0.0)
    passed = came_out("deferral", {("routed", "action"): "escalate"}, FACTS, costs={"escalate": 0.5})
    assert (passed["action"], passed["correct"], passed["cost"]) == ("routed_escalate", True, 0.5)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"actions": ["decide", "accept"], "costs": {"escalate": 1}}, "not among the actions"),
        ({"actions": ["decide", "accept"], "deferred": ["escalate"]}, "not among the actions"),
        ({"routing": {"ai_confidence": {"above": 0.9, "below": 0.2}}}, "above and below"),
    ],
)
def test_rules_of_deferral_that_contradict_each_other_are_refused(
    given: dict[str, Any], message: str
) -> None:
    assert message in refusals("deferral", **given)[0]


def test_an_option_that_is_called_accept_is_refused() -> None:
    loan = Decision("Grant it?", (Option("accept", "Yes"), Option("reject", "No")), "accept")
    assert "'accept'" in refusals("deferral", loan)[0]


# Learning


@pytest.mark.parametrize("phase", ["pre", "test", "retention"])
def test_the_phases_that_test_show_the_case_alone(phase: str) -> None:
    (stage,) = shown("learning_transfer", phase=phase)
    assert stage.items == ("case",)


def test_an_example_to_study_asks_nothing_and_is_recorded_as_seen() -> None:
    (stage,) = shown("learning_transfer", phase="learn", show_truth=True)
    assert stage.items == ("case", "advice", "explanations", "outcome")
    assert (stage.fields, stage.required) == ((), frozenset({"seen"}))


def test_an_answer_before_the_example_sees_nothing_of_it() -> None:
    first, look = shown("learning_transfer", phase="learn", learn="answer_first")
    assert (first.items, look.fields) == (("case",), ())
    assert look.items == ("case", "own_answer", "advice", "explanations")


def test_learning_to_predict_the_ai_is_scored_against_the_ai() -> None:
    (stage,) = shown("learning_transfer", phase="test", target="prediction", reference_panel=True)
    assert stage.items == ("case", "reference")
    assert stage.fields[0].scored_against == "prediction"


@pytest.mark.parametrize(
    ("phase", "given", "message"),
    [
        ("", {}, "needs a phase"),
        ("pre", {"reference_panel": True}, "phase test only"),
        ("test", {"show_truth": True}, "phase learn only"),
        ("learn", {"show_truth": True, "learn": "with_help"}, "feedback"),
    ],
)
def test_what_belongs_to_another_phase_is_refused(phase: str, given: dict[str, Any], message: str) -> None:
    assert message in refusals("learning_transfer", phase=phase, **given)[0]


# Diagnosis, intervention, audit


def test_a_diagnosis_is_compared_with_the_planted_slice() -> None:
    (stage,) = shown("diagnose", slices=["night", {"value": "snow", "label": "In snow"}])
    assert [o.label for o in stage.fields[0].options] == ["night", "In snow"]
    assert stage.fields[0].scored_against == "slice"
    assert stage.fields[1].kind == "text"


def test_a_forecast_of_failure_sees_the_case_alone() -> None:
    (stage,) = shown("diagnose", part="predict_failure")
    assert (stage.items, stage.fields[0].scored_against) == (("case",), "ai_correct")


def test_a_diagnosis_without_slices_is_refused() -> None:
    assert "slices" in refusals("diagnose")[0]


GAINS = TrialFacts(
    truths={"gain": '{"a": 0.5, "b": 0.75, "c": 0}', "side_effect": '{"a": 0, "b": 0.5, "c": 0}'}
)


def test_a_change_is_worth_its_gain_less_its_side_effect() -> None:
    assert scores_of(GAINS, weight=1) == {"a": 0.5, "b": 0.25, "c": 0.0}
    found = came_out("intervene", {("choice", "intervention"): "b"}, GAINS)
    assert found == {
        "gain": 0.75, "side_effect": 0.5, "score": 0.25, "score_best": 0.5, "correct": False, "n_options": 3,
    }  # fmt: skip


def test_without_weight_on_side_effects_the_largest_gain_is_right() -> None:
    found = came_out("intervene", {("choice", "intervention"): "b"}, GAINS, side_effect_weight=0)
    assert (found["correct"], found["score"]) == (True, 0.75)


def test_an_unknown_gain_is_no_gain_of_zero() -> None:
    found = came_out("intervene", {("choice", "intervention"): "a"}, TrialFacts())
    assert (found["score"], found["score_best"], found["correct"]) == (None, None, None)


@pytest.mark.parametrize(
    ("planted", "verdict", "correct", "cost"),
    [
        ("none", "deploy", True, 1.0),
        ("none", "hold", False, 3.0),
        ("shortcut", "hold", True, 1.0),
        ("shortcut", "deploy", False, 11.0),
    ],
)
def test_a_verdict_costs_the_review_and_its_error(
    planted: str, verdict: str, correct: bool, cost: float
) -> None:
    facts = TrialFacts(truths={"defect": planted})
    costs = {"missed": 10, "false_alarm": 2, "review": 1}
    found = came_out("audit", {("audit", "verdict"): verdict}, facts, costs=costs)
    assert (found["correct"], found["cost"], found["is_positive"]) == (correct, cost, planted != "none")


def test_naming_the_wrong_defect_is_not_naming_it() -> None:
    facts = TrialFacts(truths={"defect": "shortcut"})
    answers = {("audit", "verdict"): "hold", ("audit", "defect"): "leak"}
    found = came_out("audit", answers, facts, defects=["shortcut", "leak"])
    assert (found["correct"], found["correct_named"]) == (True, False)


# Preference


def test_explanations_stand_side_by_side_under_letters() -> None:
    (stage,) = shown("preference", BOTH, neither=True, reasons=["clear", "short"])
    assert stage.items == ("case", "advice", "alternatives")
    assert [option.value for option in stage.fields[0].options] == ["a", "b", "neither"]
    assert [field.name for field in stage.fields] == ["preferred", "main_reason", "reason"]


def test_the_sides_are_counterbalanced_over_trials_and_people() -> None:
    first = [alternatives_of(("x", "y"), turn=plan + trial)[0] for plan in range(4) for trial in range(6)]
    assert first.count("x") == first.count("y")
    assert alternatives_of(("x", "y"), turn=0) != alternatives_of(("x", "y"), turn=1)


def test_the_letter_is_turned_back_into_the_name() -> None:
    facts = TrialFacts(alternatives=("shap", "ig"))
    found = came_out("preference", {("compare", "preferred"): "b"}, facts)
    assert found == {"n_options": 2, "response": "ig", "place": 2}
    neither = came_out("preference", {("compare", "preferred"): "neither"}, facts)
    assert (neither["response"], neither["place"]) == ("neither", None)


def test_one_explanation_cannot_be_compared() -> None:
    assert "two to" in refusals("preference")[0]


def test_a_number_within_the_tolerance_is_right() -> None:
    from studies.protocols.keys import same_answer

    assert same_answer(PRICE, 105.0, "100") is True
    assert same_answer(PRICE, 105.1, "100") is False
    assert same_answer(PRICE, "much", "100") is None
