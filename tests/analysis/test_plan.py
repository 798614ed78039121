"""A plan is read whole, and everything wrong with it is said at once."""

from pathlib import Path
from typing import Any

import pytest

from analysis.core.digest import digest_of
from analysis.core.plan import Contrast, PlanInvalidError, Rule, parse_contrast, plan_from, read_plan

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
