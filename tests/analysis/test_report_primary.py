"""The primary question: the plan names the test that decides, the others stand beside it and may disagree."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

import analysis
from analysis.core.cells import cells
from analysis.estimators.glmm import fit_glmm
from analysis.measures import registry
from analysis.report.decisive import _disagreeing
from analysis.report.flags import _unequal
from analysis.report.questions import permute
from analysis.report.verdict import corrected
from analysis.report.wording import limits, p_value, signed
from tests.analysis.simulate import World, simulate, write_dataset

CONTRAST = {"measure": "accuracy", "contrast": "ig - ai", "smallest_effect": 0.1}


@pytest.fixture(autouse=True)
def few_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Describe only the measures that these plans name: the whole shelf is walked in test_report.py."""
    monkeypatch.setattr(registry, "names", lambda: ["accuracy", "over_reliance", "rt_ms", "s_tias"])


@pytest.fixture(scope="module")
def study() -> dict[str, Any]:
    world = World(
        conditions=("ai", "ig"), strata=("all",), per_stratum=40, trials=12, discernment={"ig": 0.5}
    )
    return simulate(world, seed=8)


def make(tables: dict[str, Any], folder: Path, plan: dict[str, Any]) -> dict[str, Any]:
    return analysis.report(
        write_dataset(tables, folder / "data"), plan=plan, out=folder / "out", permutations=200
    )


def primary(tables: dict[str, Any], folder: Path, **changes: Any) -> dict[str, Any]:
    return make(tables, folder, {"primary": {**CONTRAST, **changes}})["primary"]


def test_the_participant_contrast_decides_unless_the_plan_names_another(study: Any, tmp_path: Path) -> None:
    found = primary(study, tmp_path)
    assert found["contrasts"][0]["decisive"]["estimator"] == "participant_contrast"
    assert found["p"] == found["contrasts"][0]["t_test"]["p"]


def test_the_permutation_decides_when_the_plan_names_it(study: Any, tmp_path: Path) -> None:
    found = primary(study, tmp_path, estimator="permutation")
    assert found["p"] == found["contrasts"][0]["permutation"]["p"]


def test_the_mixed_model_decides_when_the_plan_names_it(study: Any, tmp_path: Path) -> None:
    results = make(study, tmp_path, {"primary": {**CONTRAST, "estimator": "glmm"}})
    assert results["primary"]["p"] == results["primary"]["contrasts"][0]["model"]["p"]
    assert "in the logistic mixed model" in results["answer"]["sentences"][1]


def test_the_mixed_model_is_that_of_a_direct_fit(study: Any, tmp_path: Path) -> None:
    model = primary(study, tmp_path)["contrasts"][0]["model"]
    trials = study["trials"]
    rows = trials[(trials["protocol"] == "judge_advisor") & ~trials["is_practice"]].assign(
        correct=lambda table: table["correct"].astype(float)
    )
    direct = fit_glmm(
        "correct ~ C(condition)", rows[["correct", "condition", "participant_id", "case_id"]],
        random={"participant_id": "1", "case_id": "1"}, df=38,
    ).coefficients.loc["C(condition)[T.ig]"]  # fmt: skip
    assert model["value"] == pytest.approx(direct["estimate"], abs=1e-4)
    assert model["std_error"] == pytest.approx(direct["std_error"], rel=1e-3)
    assert model["p"] == pytest.approx(direct["p_value"], rel=1e-2)


def test_a_model_that_is_not_that_of_the_measure_answers_nothing(study: Any, tmp_path: Path) -> None:
    results = make(study, tmp_path, {"primary": {**CONTRAST, "estimator": "lmm"}})
    assert results["answer"]["decision"] == "not_answered"
    assert "linear mixed model" in results["answer"]["sentences"][1]


def test_a_measure_without_trials_has_no_mixed_model(study: Any, tmp_path: Path) -> None:
    found = primary(study, tmp_path, measure="s_tias", smallest_effect=0.5)
    assert "no value for a single trial" in found["contrasts"][0]["model"]["undefined"]
    assert found["verdict"] != "undefined"


@pytest.mark.parametrize(("welch", "model", "named"), [
    (0.04, 0.03, ["participant_contrast", "glmm"]), (0.06, 0.03, ["glmm"]), (0.06, 0.2, []),
])  # fmt: skip
def test_models_on_the_other_side_of_alpha_than_the_allocation_are_named(
    welch: float, model: float, named: list[str]
) -> None:
    one = {"placed": "between", "t_test": {"p": welch}, "permutation": {"p": 0.07, "undefined": None},
           "model": {"p": model, "undefined": None, "estimator": "glmm"}}  # fmt: skip
    assert [other["estimator"] for other in _disagreeing(one, alpha=0.05)] == named


def test_a_disagreement_is_said_at_the_top_and_beside_the_numbers(study: Any, tmp_path: Path) -> None:
    results = make(study, tmp_path, {"primary": CONTRAST, "alpha": 0.0045})
    one = results["primary"]["contrasts"][0]
    differs = (one["t_test"]["p"] < 0.0045) != (one["permutation"]["p"] < 0.0045)
    assert differs, "the alpha of this test must lie between the two p values"
    assert any(flag["flag"] == "disagreement" for flag in results["flags"])
    assert (tmp_path / "out/report.html").read_text().count("Trust neither alone") >= 2


def test_a_disagreement_names_the_few_who_have_few_trials(study: Any, tmp_path: Path) -> None:
    trials = study["trials"]
    people = sorted(trials["participant_id"].unique())
    short = trials[~trials["participant_id"].isin(people[:6]) | (trials["trial_index"] < 2)]
    found = make({**study, "trials": short}, tmp_path, {"primary": CONTRAST})
    decided = short[
        (short["status"] == "answered") & ~short["is_practice"] & (short["protocol"] == "judge_advisor")
    ]
    counts = decided.groupby("participant_id").size()
    assert counts.nunique() > 1
    (one,) = found["primary"]["contrasts"]
    assert one["spread"] == {"least": counts.min(), "most": counts.max(), "few": 6, "n": len(people)}
    assert _unequal(one).startswith(f" 6 of {len(people)} participants have less than half")
    (even,) = make(study, tmp_path / "even", {"primary": CONTRAST})["primary"]["contrasts"]
    assert _unequal(even) == ""


def test_exclusions_of_the_plan_leave_out_and_everybody_is_a_sensitivity_analysis(
    study: Any, tmp_path: Path
) -> None:
    plan = {"primary": CONTRAST, "exclude": [{"without": {"comprehension_attempts": 2}}]}
    results = make(study, tmp_path, plan)
    people = study["participants"]
    kept = people[people["allocated"].astype(bool) & (people["comprehension_attempts"] != 2)]
    assert sum(results["primary"]["contrasts"][0]["n"].values()) == len(kept)
    everybody = next(one for one in results["sensitivity"] if one["label"] == "Everybody who was allocated")
    assert sum(everybody["primary"]["contrasts"][0]["n"].values()) == 40


def test_another_estimator_can_be_a_planned_sensitivity_analysis(study: Any, tmp_path: Path) -> None:
    results = make(study, tmp_path, {"primary": CONTRAST, "sensitivity": [{"estimator": "permutation"}]})
    found = next(one for one in results["sensitivity"] if one["planned"])
    assert found["primary"]["p"] == results["primary"]["contrasts"][0]["permutation"]["p"]


def test_a_claim_of_equivalence_is_decided_by_the_two_one_sided_tests(study: Any, tmp_path: Path) -> None:
    wide = {"measure": "accuracy", "contrast": "ig - ai", "smallest_effect": 0.5, "equivalence": True}
    results = make(study, tmp_path, {"primary": wide})
    one = results["primary"]["contrasts"][0]
    assert results["primary"]["p"] == one["equivalence"]["p"]
    assert results["answer"]["decision"] == "equivalent"
    assert f"difference: {p_value(one['t_test']['p'])}" in results["answer"]["sentences"][1]


def test_a_claim_of_equivalence_that_fails_still_says_that_there_is_a_difference(
    study: Any, tmp_path: Path
) -> None:
    close = {"measure": "accuracy", "contrast": "ig - ai", "smallest_effect": 0.02, "equivalence": True}
    assert make(study, tmp_path, {"primary": close})["answer"]["decision"] == "superior"


def test_primary_and_secondaries_can_be_one_family(study: Any, tmp_path: Path) -> None:
    plan = {"primary": CONTRAST, "secondary": [{"measure": "over_reliance", "contrast": "ig - ai"}],
            "multiplicity": {"method": "holm", "family": "together"}}  # fmt: skip
    results = make(study, tmp_path, plan)
    raw = [results["primary"]["p"], results["secondary"][0]["p"]]
    adjusted = [results["primary"]["p_adjusted"], results["secondary"][0]["p_adjusted"]]
    assert sorted(adjusted) == pytest.approx([min(1, 2 * min(raw)), max(2 * min(raw), *raw)])


def test_the_false_discovery_rate_is_that_of_scipy() -> None:
    p_values = [0.001, 0.2, 0.03, 0.04]
    assert corrected(p_values, multiplicity="bh") == pytest.approx(stats.false_discovery_control(p_values))


def test_a_missing_p_counts_in_the_family() -> None:
    assert pd.isna(corrected([0.01, float("nan")], multiplicity="bh")[1])
    assert corrected([0.01, float("nan")], multiplicity="bh")[0] == pytest.approx(0.02)


def test_the_marginal_difference_of_the_mixed_model_is_the_integral_over_people_and_cases(
    study: Any, tmp_path: Path
) -> None:
    (one,) = make(study, tmp_path, {"primary": CONTRAST})["primary"]["contrasts"]
    treated, control = one["contrast"].split(" - ")
    trials = study["trials"]
    kept = trials[
        (~trials["is_practice"]) & (trials["protocol"] == "judge_advisor") & (trials["status"] == "answered")
    ].astype({"correct": float})
    fit = fit_glmm(
        f"correct ~ C(condition, Treatment('{control}'))",
        kept,
        random={"participant_id": "1", "case_id": "1"},
    )
    b = fit.coefficients["estimate"]
    effect = next(value for term, value in b.items() if f"[T.{treated}]" in str(term))
    sd = float(np.sqrt((fit.random_effects["sd"] ** 2).sum()))

    def mean(eta: float) -> float:
        return integrate.quad(lambda z: stats.norm.pdf(z) / (1 + np.exp(-eta - sd * z)), -9, 9)[0]

    found = one["model"]["marginal"]
    assert found["value"] == pytest.approx(mean(b.iloc[0] + effect) - mean(b.iloc[0]), abs=1e-5)
    assert found["low"] < found["value"] < found["high"]
    assert f"marginal difference {signed(found['value'], unit='proportion', scale='identity')}" in (
        tmp_path / "out/report.html"
    ).read_text(encoding="utf-8")


def test_the_interval_of_the_allocation_is_where_its_one_sided_tests_stop(study: Any, tmp_path: Path) -> None:
    found = make(study, tmp_path, {"primary": CONTRAST})
    (one,) = found["primary"]["contrasts"]
    allowed = one["permutation"]
    assert allowed["low"] < one["t_test"]["value"] < allowed["high"]
    # Second computation: take a limit from everybody under the treatment, and test again with the arrangements of the
    # test. A 200th of them cannot hit 0.025 exactly: on one side of a limit p is below it, on the other above.
    people = cells(registry.get("accuracy"), study["trials"], participants=study["participants"])
    for side, direction, outward in (("low", "greater", -1e-6), ("high", "less", 1e-6)):
        ps = []
        for step in (outward, -outward):
            given = (people["condition"] == "ig") * (allowed[side] + step)
            moved = people.assign(value=people["value"] - given, scaled=people["scaled"] - given)
            test = permute(
                moved, treatment="ig", control="ai", allocation=study["allocation"], n=200, seed=1, direction=direction
            )  # fmt: skip
            ps.append(test.p)
        assert ps[0] <= 0.025 < ps[1]
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    row = page.partition("Allocation replayed (permutation)")[2].partition("</tr>")[0]
    assert limits(allowed, unit="proportion", scale="identity") in row
