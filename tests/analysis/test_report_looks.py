"""Looks of a plan in the report: the level of each look, what may be seen when, always-valid p, the blinded look."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import analysis
from analysis.__main__ import main
from analysis.core.monitoring import boundaries, nominal_alphas
from analysis.core.plan import PlanInvalidError, plan_from
from analysis.measures import registry
from analysis.report.looks import LookNotDueError, look_at
from tests.analysis.simulate import World, simulate, write_dataset

PRIMARY = {"measure": "accuracy", "contrast": "ig - ai", "smallest_effect": 0.1}
LOOKS = {"looks": [0.5, 0.75, 1], "n": 100}


@pytest.fixture(autouse=True)
def few_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "names", lambda: ["accuracy", "over_reliance", "rt_ms", "s_tias"])


def running(folder: Path, *, people: int, effect: float = 0.0, over: bool = False) -> Path:
    """Write a study of which so many have come; the seed of its list is told when recruitment is over."""
    world = World(conditions=("ai", "ig"), strata=("all",), per_stratum=people, discernment={"ig": effect})
    tables = simulate(world, seed=21)
    tables["allocation"]["seed"] = "00" if over else ""
    return write_dataset(tables, folder / "data")


def looked(folder: Path, plan: dict[str, Any], **options: Any) -> dict[str, Any]:
    return analysis.report(folder / "data", plan=plan, out=folder / "out", permutations=100, **options)


def test_before_a_planned_look_nothing_by_condition_is_told(tmp_path: Path) -> None:
    running(tmp_path, people=30)
    with pytest.raises(LookNotDueError, match=r"50 %, 75 %, 100 % of 100 participants, and 30 % are in"):
        looked(tmp_path, {"primary": PRIMARY, **LOOKS})
    assert not (tmp_path / "out").exists()


def test_a_look_tests_at_its_own_level_and_says_so(tmp_path: Path) -> None:
    running(tmp_path, people=50, effect=0.1)
    found = looked(tmp_path, {"primary": PRIMARY, **LOOKS})
    (level,) = nominal_alphas([0.5])
    assert found["look"]["level"] == pytest.approx(level) == found["plan"]["alpha"]
    (one,) = found["primary"]["contrasts"]
    assert one["t_test"]["level"] == pytest.approx(1 - level)
    page = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "This is look 1 of 3, with 50 % of the planned participants; it tests at 0.0031" in page
    assert "99.7 % interval" in page
    assert found["deviations"] == []  # fewer than planned is what an interim look has


def test_comparisons_on_both_sides_of_the_boundary_are_told_apart(tmp_path: Path) -> None:
    world = World(
        conditions=("ai", "ig", "placebo"), strata=("all",), per_stratum=60, discernment={"ig": 0.3}
    )
    tables = simulate(world, seed=21)
    tables["allocation"]["seed"] = ""
    write_dataset(tables, tmp_path / "data")
    several = {"measure": "accuracy", "contrasts": ["ig - ai", "placebo - ai"], "smallest_effect": 0.1}
    found = looked(tmp_path, {"primary": several, "looks": [0.6, 1], "n": 100})
    assert found["look"]["sentence"].endswith(
        "crossed by ig against ai, not by placebo against ai: for the latter the study goes on."
    )
    both = looked(tmp_path, {"primary": {**several, "all": True}, "looks": [0.6, 1], "n": 100})
    assert both["look"]["sentence"].endswith("not crossed: the study goes on, nothing is settled.")


def test_a_boundary_that_is_crossed_may_end_recruitment(tmp_path: Path) -> None:
    running(tmp_path, people=76, effect=0.5)
    found = looked(tmp_path, {"primary": PRIMARY, **LOOKS})
    assert found["primary"]["verdict"] == "better"
    assert found["look"]["number"] == 2
    assert "Its boundary is crossed: recruitment may stop here." in found["look"]["sentence"]


def test_the_last_look_knows_what_the_others_have_spent(tmp_path: Path) -> None:
    running(tmp_path, people=100)
    found = looked(tmp_path, {"primary": PRIMARY, **LOOKS, "spending": "pocock"})
    assert found["look"]["level"] == pytest.approx(nominal_alphas([0.5, 0.75, 1.0], kind="pocock")[-1])
    alone = looked(tmp_path, {"primary": PRIMARY, **LOOKS, "spending": "pocock"}, looks_taken=(0.5,))
    assert alone["look"]["level"] == pytest.approx(nominal_alphas([0.5, 1.0], kind="pocock")[-1])
    assert any("looks" in one for one in alone["deviations"])  # a planned look was left out


def test_a_study_that_ends_short_spends_what_is_left(tmp_path: Path) -> None:
    running(tmp_path, people=80, over=True)
    found = looked(tmp_path, {"primary": PRIMARY, **LOOKS})
    assert found["look"]["is_last"]
    assert found["look"]["rows"][-1]["spent"] == pytest.approx(0.05)
    assert any("n: planned 100, used 80" in one for one in found["deviations"])


def test_looks_of_a_study_that_ends_short_cost_alpha_together() -> None:
    times = [0.5, 0.8]
    bounds = boundaries(times, kind="pocock", complete=True)
    rng = np.random.default_rng(3)
    steps = rng.normal(0, np.sqrt(np.diff([0, *times])), (400_000, 2))
    crossed = (abs(steps.cumsum(axis=1) / np.sqrt(times)) >= bounds).any(axis=1).mean()
    assert crossed == pytest.approx(0.05, abs=3 * math.sqrt(0.05 * 0.95 / 400_000))
    assert bounds[1] < boundaries(times, kind="pocock")[1]


@pytest.mark.parametrize(
    ("n", "over", "number", "last"),
    [
        (50, None, 1, False),
        (49, None, 1, False),
        (73, None, 1, False),
        (75, None, 2, False),
        (100, None, 3, True),
        (60, True, 3, True),
        (20, True, 3, True),
    ],
)
def test_which_look_it_is_follows_from_who_is_in(n: int, over: bool | None, number: int, last: bool) -> None:
    found = look_at(plan_from({"primary": PRIMARY, **LOOKS}), n_analysed=n, over=over)
    assert found is not None
    assert (found["number"], found["is_last"]) == (number, last)


def test_simulated_participants_are_looked_at_whenever_one_likes(tmp_path: Path) -> None:
    world = World(conditions=("ai", "ig"), strata=("all",), per_stratum=12, simulated=True)
    tables = simulate(world, seed=2)
    tables["allocation"]["seed"] = ""
    write_dataset(tables, tmp_path / "data")
    assert looked(tmp_path, {"primary": PRIMARY, **LOOKS})["look"]["is_last"]


def test_an_always_valid_p_is_that_of_its_formula(tmp_path: Path) -> None:
    running(tmp_path, people=60, effect=0.2)
    found = looked(tmp_path, {"primary": PRIMARY, "spending": "always_valid", "n": 100})
    (one,) = found["primary"]["contrasts"]
    m, v, tau = one["t_test"]["value"], one["t_test"]["std_error"] ** 2, 0.1
    e = math.sqrt(v / (v + tau**2)) * math.exp(tau**2 * m**2 / (2 * v * (v + tau**2)))
    assert found["primary"]["p_adjusted"] == pytest.approx(min(1.0, 1 / e))
    assert one["shown"]["of"] == "monitoring"
    assert one["shown"]["high"] - one["shown"]["low"] > one["t_test"]["high"] - one["t_test"]["low"]
    assert "valid whenever one looks" in found["answer"]["sentences"][1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"primary": {"measure": "accuracy", "contrast": "ig - ai"}}, "tuned to it"),
        ({"primary": {**PRIMARY, "estimator": "glmm"}}, "always_valid monitors a two-sided difference"),
    ],
)
def test_what_always_valid_cannot_monitor_is_refused(
    changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    running(tmp_path, people=20)
    with pytest.raises(PlanInvalidError, match=words):
        looked(tmp_path, {"primary": PRIMARY, "spending": "always_valid", "n": 40, **changes})


def test_the_blinded_look_tells_spread_and_size_and_nothing_by_condition(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = running(tmp_path, people=40, effect=0.4)
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"primary": PRIMARY, **LOOKS}))
    assert main(["interim", str(data), "--plan", str(plan)]) == 0
    said = capsys.readouterr().out
    assert "40 participants have a value of the primary measure (accuracy), 40 % of the 100" in said
    trials = registry.get("accuracy").compute(_decisions(data))
    spread = float(trials.std(ddof=1))
    assert f"{spread:.3f}" in said
    within = spread**2 - 0.1**2 / 4
    each = math.ceil(2 * within * ((stats.norm.isf(0.025) + stats.norm.ppf(0.9)) / 0.1) ** 2)
    assert f"{2 * each} participants" in said
    assert not {"ig", "ai"} & set(said.replace(",", " ").replace(".", " ").split())
    assert f"{float(trials.mean()):.3f}" not in said


def _decisions(data: Path) -> Any:
    from analysis.core.dataset import read_dataset

    return read_dataset(data).trials


def test_the_command_says_which_look_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = running(tmp_path, people=50)
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"primary": PRIMARY, **LOOKS}))
    arguments = [
        "report",
        str(data),
        "--plan",
        str(plan),
        "--out",
        str(tmp_path / "out"),
        "--permutations",
        "50",
    ]
    assert main(arguments) == 0
    assert "This is look 1 of 3" in capsys.readouterr().out
    assert main([*arguments, "--final", "--look", "0.3"]) == 0
    assert "This is look 3 of 3" in capsys.readouterr().out
