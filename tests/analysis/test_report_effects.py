"""Effects of factors in the report: from the plan to the table, between and within participants."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis.core.cells import cells
from analysis.core.plan import plan_from, preregistration
from analysis.core.replay import JointExchange, exchange_jointly
from analysis.estimators.glmm import fit_glmm
from analysis.measures import registry
from analysis.report import effects
from tests.analysis.simulate import World, simulate, write_dataset

LEVELS = {f"{e}_{d}": (e, d) for e in ("path", "none") for d in ("easy", "hard")}
EFFECTS = [
    {"measure": "accuracy", "effect": "path - none"},
    {"measure": "accuracy", "effect": "path - none", "by": "hard - easy"},
    {"measure": "accuracy", "effect": "path - none", "at": {"difficulty": "hard"}},
    {"measure": "accuracy", "effect": "path - nothing"},
    {"measure": "rt_ms", "effect": "hard - easy"},
]
PLAN = {
    "primary": {"measure": "accuracy", "contrast": "path_hard - none_hard"},
    "effects": EFFECTS,
    "sensitivity": [{"without": {"median_rt_ms": {"below": 1}}}],
}


@pytest.fixture(autouse=True)
def few_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "names", lambda: ["accuracy", "rt_ms"])


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    world = World(
        conditions=tuple(LEVELS), strata=("all",), per_stratum=80, trials=12, discernment={"path_hard": 0.6}
    )
    found = simulate(world, seed=21)
    for place, factor in enumerate(("explanation", "difficulty")):
        column = found["trials"]["condition"].map({name: levels[place] for name, levels in LEVELS.items()})
        found["trials"][f"factor_{factor}"] = column
    return found


@pytest.fixture(scope="module")
def results(tables: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("effects")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "names", lambda: ["accuracy", "rt_ms"])
        found = analysis.report(
            write_dataset(tables, folder / "data"), plan=PLAN, out=folder / "out", permutations=500
        )
    return found | {"folder": folder / "out"}


def test_an_effect_is_the_sum_of_the_means_of_its_cells(tables: dict[str, Any], results: Any) -> None:
    means = cells(registry.get("accuracy"), tables["trials"], participants=tables["participants"])
    mean = means.groupby("condition")["value"].mean()
    hard, easy = (mean[f"path_{d}"] - mean[f"none_{d}"] for d in ("hard", "easy"))
    values = [one["test"] and one["test"]["value"] for one in results["effects"]]
    assert values[:3] == pytest.approx([(hard + easy) / 2, hard - easy, hard])


def test_a_simple_effect_is_the_comparison_of_its_two_conditions(results: Any) -> None:
    (contrast,) = results["primary"]["contrasts"]
    simple = results["effects"][2]["test"]
    for name in ("value", "std_error", "df", "p", "low", "high"):
        assert simple[name] == pytest.approx(contrast["t_test"][name]), name


def test_what_does_not_fit_the_factors_is_said_and_counts_in_the_family(results: Any) -> None:
    wrong = results["effects"][3]
    assert wrong["undefined"].startswith("There is no level 'nothing'. Levels are: difficulty=easy")
    known = [one["test"]["p"] for one in results["effects"] if not one["undefined"]]
    assert results["effects"][0]["p_adjusted"] >= min(5 * min(known), results["effects"][0]["test"]["p"])


def test_the_model_of_an_interaction_is_that_of_a_fit_with_an_interaction(
    tables: dict[str, Any], results: Any
) -> None:
    rows = tables["trials"]
    rows = rows[(rows["status"] == "answered") & ~rows["is_practice"] & (rows["protocol"] == "judge_advisor")]
    table = rows.assign(
        y=rows["correct"].astype(float),
        path=(rows["factor_explanation"] == "path").astype(float),
        hard=(rows["factor_difficulty"] == "hard").astype(float),
    )
    fit = fit_glmm("y ~ path * hard", table, random={"participant_id": "1", "case_id": "1"})
    found = results["effects"][1]["model"]
    assert found["value"] == pytest.approx(fit.coefficients["estimate"]["path:hard"], abs=1e-3)
    assert found["std_error"] == pytest.approx(fit.coefficients["std_error"]["path:hard"], rel=1e-3)


def test_times_are_compared_as_ratios_and_have_no_logistic_model(results: Any) -> None:
    times = results["effects"][4]
    assert times["scale"] == "log"
    assert times["model"] is None
    assert "no logistic mixed model" in times["no_model"]


def test_the_page_and_the_tables_tell_every_effect(results: Any) -> None:
    page = (results["folder"] / "report.html").read_text(encoding="utf-8")
    section = page.partition("<h2>Effects of the factors</h2>")[2].partition("<h2>")[0]
    for words in (
        "path against none, over all other factors (main effect)",
        "how much more with hard than with easy (interaction)", "at difficulty hard", "There is no level",
    ):  # fmt: skip
        assert words in section
    table = pd.read_csv(results["folder"] / "table-effects.csv")
    assert len(table) == len(EFFECTS)
    assert np.isfinite(table["p_allocation"].drop(3)).all()


def test_the_methods_say_what_was_planned_and_how_it_was_tested(results: Any) -> None:
    told = " ".join(results["methods"])
    assert (
        "Effects of factors were planned (accuracy: path against none, over all other factors (main effect); "
        in told
    )
    assert "They are a family of their own." in told


def test_within_participants_a_main_effect_is_the_paired_test_of_their_means(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    people = [f"p{at:02d}" for at in range(24)]
    rows = pd.DataFrame(
        [(who, name, case) for who in people for name in LEVELS for case in range(8)],
        columns=["participant_id", "condition", "case_id"],
    )
    rows["case_id"] = "c" + rows["case_id"].astype(str)
    rows["correct"] = rng.random(len(rows)) < 0.6 + 0.2 * rows["condition"].str.startswith("path")
    for place, factor in enumerate(("explanation", "difficulty")):
        rows[f"factor_{factor}"] = rows["condition"].map(
            {name: levels[place] for name, levels in LEVELS.items()}
        )
    plan = {
        "primary": {"measure": "accuracy", "contrast": "path_hard - none_hard", "placed": "within"},
        "effects": EFFECTS[:2],
    }
    rows.to_csv(tmp_path / "trials.csv", index=False)
    found = analysis.report(tmp_path / "trials.csv", plan=plan, out=tmp_path / "out", permutations=200)
    share = rows.groupby(["participant_id", "condition"])["correct"].mean().unstack()
    gap = (share["path_easy"] + share["path_hard"] - share["none_easy"] - share["none_hard"]) / 2
    test = found["effects"][0]["test"]
    assert test["value"] == pytest.approx(gap.mean())
    assert test["std_error"] == pytest.approx(gap.std(ddof=1) / np.sqrt(24))
    assert test["details"]["replayed"] == "signs"
    assert "met several" in found["effects"][0]["no_model"]


def test_a_main_effect_over_an_omitted_cell_is_of_what_is_left_and_names_the_cell(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    shown = [name for name in LEVELS if name != "path_easy"]
    rows = pd.DataFrame(
        [(f"{name}{at}", name, f"c{case}") for name in shown for at in range(12) for case in range(8)],
        columns=["participant_id", "condition", "case_id"],
    )
    rows["correct"] = rng.random(len(rows)) < 0.6
    for place, factor in enumerate(("explanation", "difficulty")):
        rows[f"factor_{factor}"] = rows["condition"].map(
            {name: levels[place] for name, levels in LEVELS.items()}
        )
    plan = {
        "primary": {"measure": "accuracy", "contrast": "path_hard - none_hard"},
        "effects": EFFECTS[:3],
    }
    rows.to_csv(tmp_path / "trials.csv", index=False)
    found = analysis.report(tmp_path / "trials.csv", plan=plan, out=tmp_path / "out", permutations=200)
    main, interaction, simple = found["effects"]
    mean = rows.groupby("condition")["correct"].mean()
    assert main["test"]["value"] == pytest.approx(mean["path_hard"] - mean["none_hard"])
    assert main["left_out"] == ["difficulty=easy, explanation=path"]
    assert simple["left_out"] == []
    assert "cells are omitted (difficulty=easy, explanation=path)" in interaction["undefined"]
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    section = page.partition("<h2>Effects of the factors</h2>")[2].partition("<h2>")[0]
    assert section.count("The design omits difficulty=easy, explanation=path.") == 1


def test_a_preregistration_names_the_effects() -> None:
    text = preregistration(plan_from(PLAN))
    assert "Effect of a factor on accuracy: path against none, how much more with hard than with easy" in text


def test_under_minimisation_the_page_says_why_nothing_is_replayed(
    tables: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effects, "exchange_jointly", minimised)
    found = analysis.report(
        write_dataset(tables, tmp_path / "data"), plan=PLAN, out=tmp_path / "out", permutations=50
    )
    assert found["effects"][0]["test"]["details"]["p_allocation"] is None
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    section = page.partition("<h2>Effects of the factors</h2>")[2].partition("<h2>")[0]
    assert section.count("Minimisation allocated") == 1


def minimised(*given: Any, **named: Any) -> JointExchange:
    """Stand in for an allocation that minimisation made: what it could have dealt is drawn person by person."""
    return replace(exchange_jointly(*given, **named), redraw=lambda _rows, _generator: np.zeros((0, 0)))


def test_a_sensitivity_analysis_does_not_invert_tests_that_nobody_prints(results: Any) -> None:
    assert "low" in results["primary"]["contrasts"][0]["permutation"]
    assert results["sensitivity"]
    for one in results["sensitivity"]:
        for contrast in one["primary"]["contrasts"]:
            assert "no_interval" not in contrast["permutation"]
