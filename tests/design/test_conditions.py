"""What conditions declare becomes what is asked of the engine, and what deceives is refused unless it is declared."""

from __future__ import annotations

import pytest

from studies.design.services.problems import version_problems
from studies.design.spec import ExplanationSpec, StudySpec
from studies.design.studyfile import study_read
from studies.errors import FileInvalid
from tests.design.scene import SIDE_FILES, STUDY, prepared

HONEST = (
    "\n".join(line for line in STUDY.splitlines() if not line.startswith(("  placebo:", "deception:"))) + "\n"
)
HONEST = HONEST.replace("[ai, ig, placebo]", "[ai, ig]").replace(
    "[ig - ai, ig - placebo], all: true", "[ig - ai]"
)


def read(old: str, new: str, study: str = STUDY) -> StudySpec:
    assert old in study
    return study_read(study.replace(old, new), files=SIDE_FILES).spec


def test_each_option_is_one_explanation_for_every_option_in_their_order() -> None:
    spec = read("{method: integrated_gradients}", "{method: integrated_gradients, target: each_option}")
    assert [(e.target, e.declared) for e in spec.condition("ig").explanations] == [
        ("class: benign", "each_option"),
        ("class: malignant", "each_option"),
    ]
    assert spec.condition("ig").treatment.targets == ("each_option", "each_option")


def test_a_named_class_and_the_second_rank_reach_the_engine_in_its_words() -> None:
    spec = read(
        "explanations: [{method: integrated_gradients}]",
        "explanations: [{method: integrated_gradients, target: {class: benign}}, "
        "{method: integrated_gradients, target: rank_2}]",
    )
    assert [e.target for e in spec.condition("ig").explanations] == ["class: benign", "rank_2"]


@pytest.mark.parametrize("kind", ["shuffled", "placebo", "random", "other_case", "other_class"])
def test_every_control_can_be_a_condition(kind: str) -> None:
    assert read("kind: shuffled", f"kind: {kind}").condition("placebo").explanations[0].control == kind


@pytest.mark.parametrize(
    ("rule", "confidence", "is_due"),
    [
        ({}, None, True),
        ({"below": 0.8}, 0.79, True),
        ({"below": 0.8}, 0.8, False),
        ({"at_least": 0.8}, 0.8, True),
        ({"at_least": 0.5, "below": 0.8}, 0.4, False),
        ({"below": 0.8}, None, False),
    ],
)
def test_a_rule_on_the_confidence_of_the_ai_holds_or_not(
    rule: dict[str, float], confidence: float | None, is_due: bool
) -> None:
    explanation = ExplanationSpec("x", "saliency", "advised", when={"ai_confidence": rule} if rule else {})
    assert explanation.is_due(confidence) is is_due


def test_scripted_advice_needs_declared_deception_at_its_line() -> None:
    with pytest.raises(FileInvalid) as refused:
        read("{net: small-net}", "{net: {name: small-net, kind: scripted}}", HONEST)
    (fault,) = refused.value.faults
    assert fault.line == 3
    assert "Scripted advice deceives" in fault.message


@pytest.mark.django_db
def test_a_claim_that_is_not_so_is_refused_at_launch() -> None:
    claim = "ai: {advice: {show: [label, confidence, claimed_accuracy], claimed_accuracy: %s}}"
    study = HONEST.replace("ai: {advice: {show: [label, confidence]}}", claim % "0.99")
    version = prepared(study)
    said = "claims that small-net is right in 99 % of cases"
    assert any(said in problem for problem in version_problems(version=version))


@pytest.mark.django_db
def test_an_untrue_claim_may_stand_where_deception_is_declared() -> None:
    study = STUDY.replace(
        "ai: {advice: {show: [label, confidence]}}",
        "ai: {advice: {show: [label, confidence, claimed_accuracy], claimed_accuracy: 0.99}}",
    )
    assert version_problems(version=prepared(study)) == []


@pytest.mark.django_db
def test_the_answers_of_a_network_cannot_be_called_a_persons() -> None:
    study = HONEST.replace("ai: {advice: {show:", "ai: {advice: {source: person, show:")
    version = prepared(study)
    assert any(
        "calls the answers of the network small-net a person's" in p
        for p in version_problems(version=version)
    )
