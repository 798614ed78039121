"""Power by simulation: the generator makes what it was told, the power is that of the theory, chunks add up."""

import json
import math
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest
from scipy import stats

import analysis.power
from analysis.core.plan import plan_from
from analysis.power.chunks import chunks_of, combine, run_chunk
from analysis.power.generate import draw_study, intercepts, marginal_intercept
from analysis.power.planned import p_values
from analysis.power.reader_study import mrmc_power
from analysis.power.scenario import CannotSimulateError, Scenario, scenario_of
from analysis.power.simulate import result_of, simulate_power

PRIMARY: dict[str, Any] = {"measure": "accuracy", "contrast": "ig - ai", "smallest_effect": 0.05}


def plan(**primary: Any) -> dict[str, Any]:
    return {"primary": {**PRIMARY, **primary}, "n": 200}


def scenario(plan_mapping: dict[str, Any] | None = None, **given: Any) -> Scenario:
    return scenario_of(plan_from(plan_mapping or plan()), **given)


def power_of(plan_mapping: dict[str, Any], *, simulations: int = 200, **given: Any) -> dict[str, Any]:
    return simulate_power(plan_mapping, simulations=simulations, workers=1, **given).rows[0]


def big_draw(**given: Any) -> tuple[Scenario, Any]:
    one = scenario(**{"participants": 4000, "cases": 200, **given})
    return one, draw_study(one, np.random.default_rng(3))


def test_the_marginal_shares_are_those_that_were_asked_for() -> None:
    _, study = big_draw(trials=200, case_sd=1.0, slope_sd=0.4, baseline=0.7, effect=0.1)
    rates = [study.outcome[study.condition == at].mean() for at in (0, 1)]
    # 200 cases of sd 1 leave a standard error of about 0.013; the difference is nearly free of it.
    assert rates[0] == pytest.approx(0.7, abs=0.04)
    assert rates[1] - rates[0] == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(("share", "sd"), [(0.7, 2.0), (0.95, 1.0), (0.2, 3.0)])
def test_the_intercept_solves_the_integral(share: float, sd: float) -> None:
    b = marginal_intercept(share, sd=sd)
    grid = np.linspace(-12, 12, 100_001)
    expected = np.trapezoid(stats.norm.pdf(grid) / (1 + np.exp(-(b + sd * grid))), grid)
    assert expected == pytest.approx(share, abs=1e-6)


def test_an_odds_ratio_is_that_of_one_participant_on_one_case() -> None:
    low, high = intercepts(scenario(effect=1.5, effect_scale="odds_ratio", participant_sd=1.0))
    assert high - low == pytest.approx(math.log(1.5))


def test_participants_and_cases_spread_as_they_were_told() -> None:
    _, study = big_draw(trials=200, participant_sd=0.8, case_sd=0.0, effect=0.0, baseline=0.5)
    means = np.bincount(study.participant, study.outcome) / 200
    expected = np.var(1 / (1 + np.exp(-np.random.default_rng(1).normal(0, 0.8, 100_000))))
    sampling = np.mean(means * (1 - means)) / 200
    assert means.var() - sampling == pytest.approx(expected, rel=0.06)


def test_times_are_log_normal_with_their_geometric_mean() -> None:
    rt = {"primary": {"measure": "rt_ms", "contrast": "ig - ai", "smallest_effect": 0.2}}
    one = scenario(rt, participants=4000, cases=20, trials=10, baseline=9000.0)
    study = draw_study(one, np.random.default_rng(2))
    means = [study.outcome[study.condition == at].mean() for at in (0, 1)]
    assert math.exp(means[0]) == pytest.approx(9000, rel=0.12)
    assert means[1] - means[0] == pytest.approx(math.log(1.2), abs=0.04)


def test_those_who_leave_leave_their_later_trials() -> None:
    _, study = big_draw(cases=20, trials=20, attrition=0.3)
    answered = np.bincount(study.participant, minlength=4000)
    assert (answered < 20).mean() == pytest.approx(0.3, abs=0.025)


def test_over_reliance_counts_the_cases_on_which_the_ai_is_wrong() -> None:
    over = {"primary": {"measure": "over_reliance", "contrast": "ig - ai", "smallest_effect": 0.1}}
    one = scenario(over, ai_accuracy=0.75, cases=24)
    assert one.opportunities == 0.25
    study = draw_study(one, np.random.default_rng(1))
    assert len(np.unique(study.case)) == 6


def test_within_participants_each_sees_every_condition_as_often() -> None:
    one = scenario(plan(placed="within"))
    study = draw_study(one, np.random.default_rng(1))
    counts = np.bincount(study.participant * 2 + study.condition)
    assert set(counts) == {12}


def test_the_power_of_the_t_test_is_that_of_its_theory() -> None:
    rt = {"primary": {"measure": "rt_ms", "contrast": "ig - ai", "smallest_effect": 0.2}}
    truth = {"participant_sd": 0.4, "slope_sd": 0.0, "residual_sd": 0.5, "case_sd": 0.2}
    found = power_of(rt, participants=100, cases=20, simulations=1500, **truth)
    sd = math.sqrt(0.4**2 + 0.5**2 / 20)
    noncentral = math.log(1.2) / (sd * math.sqrt(2 / 50))
    critical = stats.t.isf(0.025, 98)
    expected = stats.nct.sf(critical, 98, noncentral)
    assert found["power"] == pytest.approx(expected, abs=3 * found["monte_carlo_error"])


def test_without_an_effect_the_power_is_alpha() -> None:
    found = power_of(plan(), participants=60, cases=12, effect=0.0, simulations=1500)
    assert found["power"] == pytest.approx(0.05, abs=3 * math.sqrt(0.05 * 0.95 / 1500))


def test_the_monte_carlo_error_is_that_of_a_share() -> None:
    found = power_of(plan(), participants=80, cases=12, simulations=100)
    assert found["monte_carlo_error"] == math.sqrt(found["power"] * (1 - found["power"]) / 100)
    assert found["low"] < found["power"] < found["high"]


def test_a_conjunction_has_less_power_than_its_parts() -> None:
    both = {"primary": {"measure": "accuracy", "contrasts": ["ig - ai", "ig - placebo"], "all": True,
                        "smallest_effect": 0.08}}  # fmt: skip
    found = power_of(both, participants=150, cases=16)
    assert found["power"] < min(found["by_contrast"])


def test_several_contrasts_report_the_weakest_after_correction() -> None:
    each = {"primary": {"measure": "accuracy", "contrasts": ["ig - ai", "gc - ai"], "smallest_effect": 0.08}}
    found = power_of(each, participants=150, cases=16, effect={"ig": 0.1, "gc": 0.02})
    assert found["power"] == found["by_contrast"][1] < found["by_contrast"][0]


@pytest.mark.parametrize("estimator", ["permutation", "sign_flip"])
def test_design_based_tests_have_about_the_power_of_t(estimator: str) -> None:
    placed = "within" if estimator == "sign_flip" else "between"
    same = {"participants": 60, "cases": 16, "simulations": 120, "effect": 0.08}
    by_t = power_of(plan(placed=placed), **same)
    by_design = power_of(plan(placed=placed, estimator=estimator), **same)
    assert by_design["power"] == pytest.approx(by_t["power"], abs=0.06)


@pytest.mark.heavy
def test_the_mixed_model_sees_the_odds_ratio_that_was_planted() -> None:
    given = {"effect": 1.8, "effect_scale": "odds_ratio"}
    found = power_of(plan(estimator="glmm"), participants=60, cases=20, simulations=25, **given)
    assert found["failed"] == 0
    assert found["mean_estimate"] == pytest.approx(math.log(1.8), abs=0.15)


def test_equivalence_is_shown_when_there_is_no_difference() -> None:
    equal = plan(equivalence=True, smallest_effect=0.08)
    found = power_of(equal, participants=200, cases=20, simulations=150)
    assert found["power"] > 0.8
    # Cases that differ would make the true difference of a case set differ from 0.08 as well.
    bound = power_of(equal, participants=200, cases=20, case_sd=0.0, effect=0.08, simulations=800)
    assert bound["power"] == pytest.approx(0.05, abs=3 * math.sqrt(0.05 * 0.95 / 800))


def test_non_inferiority_is_tested_at_half_of_alpha() -> None:
    same = plan(non_inferiority=True, direction="greater", smallest_effect=0.05)
    edge = power_of(same, participants=100, cases=16, effect=-0.05, simulations=1000)
    assert edge["power"] == pytest.approx(0.025, abs=3 * math.sqrt(0.025 * 0.975 / 1000))


def test_looks_stop_early_and_cost_no_more_than_alpha() -> None:
    looks = {**plan(), "looks": [0.5, 1], "spending": "pocock"}
    null = power_of(looks, participants=80, cases=12, effect=0.0, simulations=1000)
    assert null["power"] == pytest.approx(0.05, abs=3 * math.sqrt(0.05 * 0.95 / 1000))
    found = power_of(looks, participants=300, cases=20, effect=0.1)
    assert found["mean_share_needed"] < 0.75


def test_a_chunk_is_plain_json_and_needs_nothing_else() -> None:
    chunks = chunks_of([scenario()], simulations=30, size=20)
    travelled = json.loads(json.dumps(chunks))
    assert [run_chunk(one) for one in travelled] == [run_chunk(one) for one in chunks]


def test_chunks_add_up_in_any_order_and_twice_is_once() -> None:
    chunks = chunks_of([scenario(), scenario(participants=60)], simulations=30, size=10)
    results = [run_chunk(one) for one in chunks]
    assert combine(reversed([*results, results[0]])) == combine(results)
    assert combine(results)[1]["simulations"] == 30


@pytest.mark.long
def test_the_number_of_processes_changes_nothing() -> None:
    given = {"participants": [40, 80], "cases": 8, "simulations": 60}
    assert simulate_power(plan(), workers=2, **given).rows == simulate_power(plan(), workers=1, **given).rows


def test_progress_is_told_up_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    simulate_power(
        plan(), participants=40, cases=8, simulations=60, workers=1, progress=lambda *at: told.append(at)
    )
    assert told[-1] == (60, 60)
    assert told == sorted(told)


def test_every_combination_of_sizes_is_a_row() -> None:
    found = analysis.power(
        plan(), participants=[40, 60], cases=[8, 12], trials=[8, 12], simulations=2, workers=1
    )
    sizes = [(row["participants"], row["cases"], row["trials"]) for row in found.rows]
    assert sizes == [(n, *rest) for n in (40, 60) for rest in ((8, 8), (12, 8), (12, 12))]
    assert found.table.shape == (6, 11)


def test_the_recommendation_takes_the_smallest_size_that_is_surely_enough() -> None:
    found = simulate_power(
        plan(), participants=[40, 300, 600], cases=30, simulations=60, workers=1, target=0.8, effect=0.08
    )
    assert "Choose 300 participants and 30 cases" in found.recommendation
    assert "Taken to be true: accuracy is 70% in ai and 8 points higher in ig" in found.recommendation


def test_sizes_that_are_too_small_are_called_so_with_a_guess() -> None:
    found = simulate_power(plan(), participants=60, cases=12, simulations=100, workers=1)
    assert "None of these sizes is enough" in found.recommendation
    assert "extrapolated" in found.recommendation
    assert "12 cases are few" in found.recommendation


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"multiplicity": "max_t"}, "Simulated with Holm's correction"),
        ({"spending": "always_valid"}, "one test at the end"),
    ],
)
def test_where_another_procedure_stands_in_it_is_said(extra: dict[str, Any], words: str) -> None:
    several = {"primary": {**PRIMARY, "contrast": ["ig - ai", "gc - ai"]}, **extra}
    found = simulate_power(several, participants=40, cases=8, simulations=2, workers=1)
    assert words in found.recommendation


def test_a_grid_with_a_cell_that_nobody_simulated_is_refused() -> None:
    with pytest.raises(ValueError, match=r"No simulation of cell\(s\) 0"):
        result_of([scenario()], [], target=0.9, seed=1)


def test_the_picture_is_well_formed_and_says_its_numbers() -> None:
    found = simulate_power(plan(), participants=[40, 80], cases=[8, 12], simulations=5, workers=1)
    root = ET.fromstring(found.figure)
    said = "".join(root.itertext())
    assert "wanted: 90 %" in said
    assert "80 participants, 12 cases" in said


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        (plan(estimator="mrmc"), "use analysis.power.mrmc_power"),
        (plan(estimator="lmm"), "plan a glmm"),
        (plan(estimator="glmm", equivalence=True), "simulated with participant_contrast"),
        ({"primary": {"measure": "accuracy", "contrast": "ig - ai"}}, "say which effect"),
    ],
)
def test_what_cannot_be_simulated_is_refused_with_a_way_out(mapping: dict[str, Any], words: str) -> None:
    with pytest.raises(CannotSimulateError, match=words):
        power_of(mapping, simulations=1)


def test_all_faults_of_a_scenario_are_said_at_once() -> None:
    with pytest.raises(ValueError, match="baseline") as caught:
        scenario(baseline=1.2, participant_sd=-1, trials=99, participants=3)
    for words in ("baseline", "participant_sd", "trials", "participants"):
        assert words in str(caught.value)


def test_an_effect_beyond_the_possible_is_refused() -> None:
    with pytest.raises(ValueError, match="no share between 0 and 1"):
        scenario(baseline=0.97, effect=0.05)


def test_a_condition_that_the_question_does_not_have_is_refused() -> None:
    with pytest.raises(CannotSimulateError, match="no condition gc"):
        scenario(effect={"gc": 0.1})


def test_a_study_without_variance_counts_as_not_shown() -> None:
    one = scenario(participants=4, cases=2, baseline=0.9999, effect=0.0, participant_sd=0.0, case_sd=0.0)
    ps, _ = p_values(one, draw_study(one, np.random.default_rng(1)), seed=1)
    assert math.isnan(ps[0])


def test_the_power_of_a_reader_study_equals_r() -> None:
    # R 4.2.2: pf(qf(0.95, 1, df2), 1, df2, ncp = lambda, lower.tail = FALSE), components of Van Dyke 1993.
    van_dyke = {"var_TR": 0.0002045840, "Error": 0.0007921325, "Cov1": 0.0003420090, "Cov2": 0.0003395265,
                "Cov3": 0.0002358497}  # fmt: skip
    expected = {
        (10, 114, 0.05): 0.7909195646,
        (10, 300, 0.03): 0.6794084983,
        (5, 114, 0.04380032): 0.5088698777,
    }
    for (readers, cases, difference), power in expected.items():
        found = mrmc_power(van_dyke, readers=readers, cases=cases, pilot_cases=114, difference=difference)
        assert found == pytest.approx(power, abs=1e-7)


def test_a_pilot_without_all_components_is_refused() -> None:
    with pytest.raises(ValueError, match="lack var_TR, Cov3"):
        mrmc_power({"Error": 1, "Cov1": 0, "Cov2": 0}, readers=5, cases=50, pilot_cases=50, difference=0.1)
