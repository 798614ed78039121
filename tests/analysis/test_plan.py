"""A plan is read whole, and everything wrong with it is said at once."""

from pathlib import Path
from typing import Any

import pytest

from analysis.core.digest import digest_of
from analysis.core.plan import (
    Contrast,
    PlanInvalidError,
    Rule,
    features,
    not_carried_out,
    parse_contrast,
    plan_from,
    read_plan,
)

MEASURES = ["accuracy", "over_reliance", "rt_ms"]
CONDITIONS = ["ai", "ig", "placebo"]


def faults_of(mapping: dict[str, Any]) -> str:
    with pytest.raises(PlanInvalidError) as caught:
        plan_from(mapping, measures=MEASURES, conditions=CONDITIONS)
    return "\n".join(caught.value.faults)


def test_the_plan_of_the_design_is_read(plan: dict[str, Any]) -> None:
    found = plan_from(plan, measures=MEASURES, conditions=CONDITIONS)
    assert found.primary.contrasts == (Contrast("ig", "ai"), Contrast("ig", "placebo"))
    assert found.primary.conjunction
    assert found.primary.smallest_effect == 0.05
    assert [one.measure for one in found.secondary] == ["over_reliance", "rt_ms"]
    assert found.sensitivity == (
        (Rule("comprehension_attempts", "equal", 2),),
        (Rule("median_rt_ms", "below", 800),),
    )


def test_the_digest_is_that_of_the_bare_plan(plan: dict[str, Any]) -> None:
    wrapped = {"assay_plan": 1, "title": "T", "digest": digest_of(plan), "plan": plan}
    assert plan_from(wrapped).digest == plan_from(plan).digest == digest_of(plan)


def test_a_plan_changed_after_its_lock_is_refused(plan: dict[str, Any]) -> None:
    assert "changed after it was locked" in faults_of({"digest": "0" * 64, "plan": plan})


def test_all_faults_are_said_at_once(plan: dict[str, Any]) -> None:
    wrong = {
        "primary": {
            "measure": "speed",
            "contrasts": ["ig-ai", "ig - gradcam"],
            "direction": "up",
            "smallest_effect": -1,
        },
        "looks": 3,
        "alpha": 2,
        "multiplicity": "bonferroni",
        "sensitivity": [{"only": {}}, {"without": {"n_answered": {"near": 3}}}],
    }
    said = faults_of(wrong)
    for words in (
        "no measure 'speed'",
        "'treatment - control'",
        "no condition 'gradcam'",
        "primary.direction",
        "primary.smallest_effect",
        "plan.looks: not supported yet",
        "plan.alpha",
        "plan.multiplicity",
        "sensitivity[0]",
        "'near' is not supported yet",
    ):
        assert words in said


def test_a_plan_without_a_primary_is_refused() -> None:
    assert "primary: must name a measure" in faults_of({"alpha": 0.05})


@pytest.mark.parametrize("text", ["ig", "ig - ", "ig - ai - x", "ig - ig", ""])
def test_a_broken_contrast_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="treatment - control"):
        parse_contrast(text)


def test_names_of_conditions_may_hold_hyphens() -> None:
    assert parse_contrast("ig-top5 - ai-only") == Contrast("ig-top5", "ai-only")


def test_broken_yaml_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("primary: [")
    with pytest.raises(PlanInvalidError, match=r"plan\.yaml is not readable YAML"):
        read_plan(path)


def test_json_is_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text('{"primary": {"measure": "accuracy", "contrast": "ig - ai"}}')
    assert read_plan(path).primary.measure == "accuracy"


FULL: dict[str, Any] = {
    "primary": {
        "measure": "accuracy",
        "contrasts": ["ig - ai", "ig - placebo"],
        "all": True,
        "smallest_effect": 0.05,
        "estimator": "glmm",
        "model": {"random": {"participant_id": "1", "case_id": "1"}, "covariates": ["trial_index"]},
    },
    "secondary": [
        {"measure": "rt_ms", "contrast": "ig - ai", "equivalence": True, "smallest_effect": 0.1},
        {"measure": "accuracy", "contrast": "ig - ai", "non_inferiority": True, "smallest_effect": 0.02,
         "direction": "greater"},
    ],
    "multiplicity": {"method": "max_t", "family": "together"},
    "n": 200,
    "exclude": [{"without": {"median_rt_ms": {"below": 800}}}],
    "sensitivity": [
        {"without": {"comprehension_attempts": 2}}, {"estimator": "permutation"}, {"analyse": "completers"},
    ],
    "subgroups": ["stratum"],
    "moderators": ["trial_index"],
    "estimator": "permutation",
    "cases": "fixed",
    "looks": [0.5, 1],
    "spending": "pocock",
}  # fmt: skip


def test_everything_a_plan_can_say_is_read() -> None:
    found = plan_from(FULL, measures=MEASURES, conditions=CONDITIONS)
    assert found.primary.estimator == "glmm"
    assert found.primary.model.random == (("participant_id", "1"), ("case_id", "1"))
    assert [one.claim for one in found.secondary] == ["equivalence", "non_inferiority"]
    assert [one.estimator for one in found.secondary] == ["permutation", "permutation"]
    assert (found.multiplicity, found.family) == ("max_t", "together")
    assert found.exclude == ((Rule("median_rt_ms", "below", 800),),)
    assert [str(one) for one in found.variations] == ["estimator permutation", "analysed: completers"]
    assert (found.looks, found.spending, found.cases) == ((0.5, 1.0), "pocock", "fixed")
    assert (found.subgroups, found.moderators) == (("stratum",), ("trial_index",))


def test_the_full_plan_fits_the_published_schema_of_the_study_file() -> None:
    from jsonschema import Draft202012Validator

    from studies.design.schemafaults import study_schema

    schema = study_schema()
    of_plan = {"$schema": schema["$schema"], "$defs": schema["$defs"], "$ref": "#/$defs/plan"}
    assert [error.message for error in Draft202012Validator(of_plan).iter_errors(FULL)] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"looks": [0.5, 0.4, 1], "n": 10}, "plan.looks: not supported yet as"),
        ({"looks": [0.5, 0.9], "n": 10}, "end with 1"),
        ({"looks": [0.5, 1]}, "plan.n: is missing; looks are shares of n"),
        ({"spending": "pocock"}, "plan.spending: pocock needs looks"),
        ({"multiplicity": {"method": "bonferroni"}}, "plan.multiplicity.method: must be one of"),
        ({"multiplicity": {"families": "apart"}}, "plan.multiplicity.families: not supported yet"),
        ({"subgroups": [3]}, "plan.subgroups: must be a list of different names"),
        ({"cases": "some"}, "plan.cases: must be one of random, fixed"),
        ({"exclude": [{"without": {}}]}, "exclude[0]: must be {without"),
        ({"estimator": "anova"}, "plan.estimator: must be one of"),
        ({"sensitivity": [{"estimator": "anova"}]}, "sensitivity[0].estimator: must be one of"),
    ],
)
def test_a_part_of_a_plan_that_cannot_be_is_refused(change: dict[str, Any], words: str) -> None:
    assert words in faults_of({"primary": {"measure": "accuracy", "contrast": "ig - ai"}, **change})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"equivalence": True}, "primary.smallest_effect: is missing"),
        ({"non_inferiority": True, "smallest_effect": 0.05}, "primary.direction: say greater"),
        ({"equivalence": True, "smallest_effect": 1, "direction": "less"}, "equivalence has two bounds"),
        ({"equivalence": True, "non_inferiority": True, "smallest_effect": 1}, "say either equivalence or"),
        ({"all": "yes"}, "primary.all: must be true or false"),
        ({"estimator": "sign_flip"}, "say placed: within"),
        ({"model": {"metric": "auc"}}, "participant_contrast has no such setting"),
        ({"estimator": "glmm", "model": {"random": ["case_id"]}}, "primary.model.random: must name groups"),
        ({"contrast": ["ig - ai", "ig - ai"]}, "names a contrast twice"),
    ],
)
def test_a_hypothesis_that_cannot_be_is_refused(change: dict[str, Any], words: str) -> None:
    assert words in faults_of({"primary": {"measure": "accuracy", "contrast": "ig - ai", **change}})


def test_dunnett_wants_one_control(plan: dict[str, Any]) -> None:
    outcome = {"measure": "accuracy", "contrasts": ["ig - ai", "ai - placebo"]}
    assert "dunnett compares several conditions with one control" in faults_of(
        {"primary": outcome, "multiplicity": "dunnett"}
    )


def test_what_a_report_cannot_do_is_refused_by_its_place() -> None:
    found = plan_from(FULL)
    said = not_carried_out(found, able={"estimator: glmm", "cases: fixed"})
    assert "plan.multiplicity: not supported yet (multiplicity: max_t)." in said
    assert not any("glmm" in one for one in said)
    assert len(said) == len(features(found)) - 2


def test_an_old_plan_asks_for_nothing_new(plan: dict[str, Any]) -> None:
    assert features(plan_from(plan)) == {}
