"""A report is written also where the mixed model of its primary question has no finite estimate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis.measures import registry


def test_a_condition_that_is_all_right_is_said_on_the_page_and_breaks_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "names", lambda: ["accuracy"])
    rng = np.random.default_rng(7)
    rows = pd.DataFrame(
        [(f"{name}{at}", name, f"c{case}") for name in ("ig", "ai") for at in range(10) for case in range(8)],
        columns=["participant_id", "condition", "case_id"],
    )
    rows["correct"] = (rows["condition"] == "ig") | (rng.random(len(rows)) < 0.5)
    rows.to_csv(tmp_path / "trials.csv", index=False)
    plan = {"primary": {"measure": "accuracy", "contrast": "ig - ai"}}
    found = analysis.report(tmp_path / "trials.csv", plan=plan, out=tmp_path / "out", permutations=200)
    (contrast,) = found["primary"]["contrasts"]
    assert contrast["model"]["undefined"]
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert str(contrast["model"]["undefined"]).partition("(")[0].strip() in page
