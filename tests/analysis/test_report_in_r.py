"""The script in R that a report writes, run by R itself: base R for the tests, glmmTMB and lmerTest for the models."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import analysis
from analysis.measures import registry
from tests.analysis.simulate import World, simulate, write_dataset
from tests.analysis.test_report_within import crossover, report

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        shutil.which("Rscript") is None,
        reason="Rscript is not installed, so that nothing can run reproduce.R: "
        "apt-get install r-base-core r-cran-glmmtmb r-cran-lmertest",
    ),
]
NUMBER = r"(-?[0-9.]+(?:e-?[0-9]+)?)"


@pytest.fixture(autouse=True)
def few_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "names", lambda: ["accuracy", "over_reliance", "rt_ms"])


def between(seed: int) -> dict[str, Any]:
    world = World(conditions=("ai", "ig", "placebo"), strata=("all",), per_stratum=30, trials=16)
    return simulate(world, seed=seed)


def made(tables: dict[str, Any], folder: Path, **primary: Any) -> dict[str, Any]:
    data = write_dataset(tables, folder / "data")
    plan = {"primary": {"smallest_effect": 0.05, **primary}}
    return analysis.report(data, plan=plan, out=folder / "out", permutations=100)


def run(folder: Path, *, table: Path | None = None) -> subprocess.CompletedProcess[str]:
    script = ["Rscript", "--vanilla", folder / "out/reproduce.R", table or folder / "data/trials.csv"]
    return subprocess.run(script, capture_output=True, text=True, check=False)


def said(text: str, word: str) -> list[float]:
    """Return what R found under a name, one number for each contrast."""
    return [float(found) for found in re.findall(rf"{word} {NUMBER} \(report", text)]


@pytest.mark.parametrize("measure", ["accuracy", "over_reliance", "rt_ms"])
def test_r_finds_the_numbers_of_a_comparison_between_participants(measure: str, tmp_path: Path) -> None:
    effect = {"smallest_effect": 0.1} if measure == "rt_ms" else {}
    found = made(between(6), tmp_path, measure=measure, contrasts=["ig - ai", "placebo - ai"], **effect)
    ran = run(tmp_path)
    assert ran.returncode == 0, ran.stderr
    contrasts = found["primary"]["contrasts"]
    assert said(ran.stdout, "difference") == pytest.approx(
        [one["t_test"]["value"] for one in contrasts], rel=1e-8
    )
    assert said(ran.stdout, "p") == pytest.approx([one["t_test"]["p"] for one in contrasts], rel=1e-8)
    assert said(ran.stdout, "estimate") == pytest.approx(
        [one["model"]["value"] for one in contrasts], abs=2e-3
    )
    assert said(ran.stdout, "standard error") == pytest.approx(
        [one["model"]["std_error"] for one in contrasts], rel=1e-2
    )


@pytest.mark.parametrize("measure", ["s_tias", "balanced_accuracy", "reliance_discernment"])
def test_of_any_other_measure_r_tests_the_values_of_participants(
    measure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "names", lambda: ["accuracy", measure])
    found = made(between(9), tmp_path, measure=measure, contrasts=["ig - ai", "placebo - ai"])
    ran = run(tmp_path, table=tmp_path / "out/table-participants.csv")
    assert ran.returncode == 0, ran.stderr
    for word, name in (("difference", "value"), ("p", "p")):
        told = [one["t_test"][name] for one in found["primary"]["contrasts"]]
        assert said(ran.stdout, word) == pytest.approx(told, rel=1e-8)


@pytest.mark.parametrize("direction", ["two_sided", "greater"])
def test_r_finds_the_numbers_of_a_comparison_within_participants(direction: str, tmp_path: Path) -> None:
    found = report(crossover(11, people=30, effect=0.1), tmp_path, direction=direction, smallest_effect=0.05)
    ran = run(tmp_path)
    assert ran.returncode == 0, ran.stderr
    (one,) = found["primary"]["contrasts"]
    assert said(ran.stdout, "difference") == pytest.approx([one["t_test"]["value"]], rel=1e-8)
    assert said(ran.stdout, "p") == pytest.approx([one["t_test"]["p"]], rel=1e-8)
    assert said(ran.stdout, "log-likelihood") == pytest.approx([one["model"]["log_likelihood"]], abs=1e-2)


@pytest.mark.parametrize("kind", ["completers", "a rule"])
def test_whom_the_plan_leaves_out_is_left_out_by_r_and_by_the_notebook(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = between(8)
    people, times = tables["participants"], tables["trials"].groupby("participant_id")["rt_ms"].median()
    people.loc[people.index[::5], ["completed", "status"]] = [False, "withdrawn"]
    rule = {"without": {"median_rt_ms": {"below": float(times.quantile(0.2))}}}
    changes = {"analyse": "completers"} if kind == "completers" else {"exclude": [rule]}
    plan = {"primary": {"measure": "accuracy", "contrast": "ig - ai", "smallest_effect": 0.05}, **changes}
    data = write_dataset(tables, tmp_path / "data")
    found = analysis.report(data, plan=plan, out=tmp_path / "out", permutations=100)
    (one,) = found["primary"]["contrasts"]
    assert 0 < len(found["plan"]["left_out"]) < len(people) // 2
    ran = run(tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert said(ran.stdout, "p") == pytest.approx([one["t_test"]["p"]], rel=1e-8)
    monkeypatch.chdir(data)
    cells = json.loads((tmp_path / "out/reproduce.ipynb").read_text(encoding="utf-8"))["cells"]
    exec("\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"), {})  # asserts


def test_r_stops_at_a_table_that_is_not_that_of_the_report(tmp_path: Path) -> None:
    made(between(7), tmp_path, measure="accuracy", contrast="ig - ai")
    table = pd.read_csv(tmp_path / "data/trials.csv", dtype=str, keep_default_na=False)
    rows = table[table["participant_id"] != table["participant_id"].iloc[0]]
    rows.to_csv(tmp_path / "fewer.csv", index=False)
    ran = run(tmp_path, table=tmp_path / "fewer.csv")
    assert ran.returncode != 0
    assert "is not TRUE" in ran.stderr
