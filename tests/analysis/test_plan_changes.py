"""What was changed after the lock is listed part by part, and a plan is written out for a registry."""

from typing import Any

import pytest

from analysis.core.digest import digest_of
from analysis.core.plan import (
    PlanInvalidError,
    compare_plans,
    deviations_of_data,
    plan_from,
    preregistration,
)
from tests.analysis.test_plan import FULL

BARE = {"primary": {"measure": "accuracy", "contrast": "ig - ai"}, "n": 100}
STUDY = {
    "title": "Do explanations help?",
    "conditions": {
        "ai": {"advice": {"show": ["label"]}},
        "ig": {"advice": {"show": ["label"]}, "explanations": [{"method": "integrated_gradients"}]},
    },
    "allocation": {"between": ["ai", "ig"], "ratio": [1, 2], "strata": ["expertise"]},
}


def changed(**around: Any) -> dict[str, Any]:
    return {"plan": {**BARE, "n": 60}, "locked": BARE, "digest": digest_of(BARE), **around}


def test_a_plan_equals_itself_with_its_defaults_written_out() -> None:
    said = {
        **BARE,
        "alpha": 0.05,
        "multiplicity": "holm",
        "estimator": "participant_contrast",
        "secondary": [],
    }
    said["primary"] = {
        "measure": "accuracy",
        "contrasts": ["ig - ai"],
        "direction": "two_sided",
        "all": False,
    }
    assert compare_plans(BARE, said) == ()


def test_every_difference_is_named_with_both_sides() -> None:
    used = {
        "primary": {"measure": "accuracy", "contrast": "ig - placebo"},
        "n": 60,
        "secondary": [{"measure": "rt_ms", "contrast": "ig - ai"}],
        "multiplicity": "none",
    }
    found = {one.where: (one.planned, one.used) for one in compare_plans(BARE, used)}
    assert found["primary.contrasts"] == (["ig - ai"], ["ig - placebo"])
    assert found["n"] == (100, 60)
    assert found["multiplicity.method"] == ("holm", "none")
    assert found["secondary[0]"][0] is None
    assert len(found) == 4


def test_true_is_not_one() -> None:
    one = {"primary": {**BARE["primary"], "all": True}}
    other = {"primary": {**BARE["primary"], "all": 1}}
    assert [found.where for found in compare_plans(one, other)] == ["primary.all"]


def test_a_plan_changed_in_the_open_is_read_with_its_deviations() -> None:
    plan = plan_from(changed(changed_at="2026-03-01", why="The panel ran dry."))
    (only,) = plan.deviations
    assert str(only) == "n: planned 100, used 60 (2026-03-01). Reason: The panel ran dry."


def test_a_change_without_moment_and_reason_says_so() -> None:
    (only,) = plan_from(changed()).deviations
    assert str(only) == "n: planned 100, used 60 (moment not recorded). No reason was recorded."


def test_the_locked_plan_must_be_the_one_whose_digest_was_recorded() -> None:
    with pytest.raises(PlanInvalidError, match="changed after it was locked"):
        plan_from(changed(digest=digest_of(FULL)))


def test_the_locked_plan_has_no_deviations() -> None:
    assert plan_from({"plan": BARE, "digest": digest_of(BARE)}).deviations == ()


def test_data_that_fall_short_of_the_plan_are_deviations() -> None:
    plan = plan_from({**BARE, "looks": [0.5, 1]})
    found = deviations_of_data(
        plan, n_analysed=93, looks_taken=(0.3,), cannot={"secondary[0]": "The model did not converge."}
    )
    assert [(one.where, one.planned, one.used) for one in found] == [
        ("n", 100, 93),
        ("looks", [0.5, 1.0], [0.3]),
        ("looks", [0.5], None),
        ("secondary[0]", "as planned", None),
    ]


def test_looks_as_planned_are_no_deviation() -> None:
    plan = plan_from({**BARE, "looks": [0.5, 1]})
    assert deviations_of_data(plan, n_analysed=100, looks_taken=(0.5, 1.0)) == ()


def test_always_valid_allows_any_look() -> None:
    plan = plan_from({**BARE, "spending": "always_valid"})
    assert deviations_of_data(plan, n_analysed=100, looks_taken=(0.1, 0.2)) == ()


def test_aspredicted_has_its_nine_questions() -> None:
    text = preregistration(plan_from(FULL), form="aspredicted", study=STUDY)
    assert [f"## {number})" in text for number in range(1, 10)] == [True] * 9
    assert text.startswith("# Do explanations help?")
    assert "each part must hold" in text
    assert "logistic mixed model" in text
    assert "max-T procedure" in text
    assert "median_rt_ms below 800" in text
    assert "50 %, 100 %" in text
    assert plan_from(FULL).digest in text


def test_osf_has_its_sections() -> None:
    text = preregistration(plan_from(FULL), form="osf", study=STUDY)
    for heading in (
        "Study information",
        "Design plan",
        "Sampling plan",
        "Variables",
        "Analysis plan",
        "Other",
    ):
        assert f"## {heading}" in text
    assert "ratio 1 : 2; strata: expertise" in text
    assert "an explanation (integrated_gradients)" in text
    assert "differs between ig and ai by less than 0.1" in text
    assert "is not worse than with ai by 0.02 or more" in text


def test_what_nobody_said_is_marked_as_open() -> None:
    assert preregistration(plan_from(BARE), form="osf").count("[to be written by the authors]") >= 4


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(ValueError, match="form must be one of aspredicted, osf"):
        preregistration(plan_from(BARE), form="rr")  # type: ignore[arg-type]
