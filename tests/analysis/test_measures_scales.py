"""Questionnaires: scores by hand, reliability against R (tests/reference/factor_one.R)."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis.core.plan import plan_from
from analysis.core.registry import UnknownPluginError
from analysis.measures import registry
from analysis.measures._reliability import cronbach_alpha, mcdonald_omega, one_factor

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "factor_one.json").read_text())
SETS = sorted(set(REFERENCE) - {"versions"})


@pytest.mark.parametrize("name", SETS)
def test_omega_and_alpha_are_those_of_r(name: str) -> None:
    found, items = REFERENCE[name], np.array(REFERENCE[name]["items"], dtype=float)
    assert mcdonald_omega(items) == pytest.approx(found["omega"], abs=2e-5)
    assert cronbach_alpha(items) == pytest.approx(found["alpha"], rel=1e-12)


@pytest.mark.parametrize("name", SETS)
def test_loadings_are_those_of_factanal(name: str) -> None:
    items = np.array(REFERENCE[name]["items"], dtype=float)
    loadings, _ = one_factor(np.corrcoef(items, rowvar=False))
    assert loadings == pytest.approx(REFERENCE[name]["loadings"], abs=1e-4)


def test_three_loadings_follow_from_three_correlations() -> None:
    r = np.array([[1, 0.56, 0.48], [0.56, 1, 0.42], [0.48, 0.42, 1]])
    loadings, unique = one_factor(r)
    assert loadings == pytest.approx([0.8, 0.7, 0.6], abs=1e-6)
    assert unique == pytest.approx([0.36, 0.51, 0.64], abs=1e-6)


def test_reliability_that_is_not_defined_is_missing() -> None:
    items = np.array([[1.0, 2.0, 4.0], [2.0, 1.0, 4.0], [4.0, 5.0, 4.0], [3.0, 3.0, 4.0], [1.0, 1.0, 4.0]])
    assert math.isnan(mcdonald_omega(items))
    assert math.isnan(mcdonald_omega(items[:, :2]))
    assert math.isnan(mcdonald_omega(items[:3]))
    assert math.isnan(cronbach_alpha(items[:, :1]))
    assert math.isnan(cronbach_alpha(np.ones((4, 3))))


def rows(values: dict[str, list[float | None]], **changes: Any) -> pd.DataFrame:
    flat = [
        {
            "participant_id": person, "condition": "ai", "step_index": 4, "questionnaire": "tia", "item": f"i{place}",
            "subscale": "trust" if place < 2 else "familiarity", "value": value, "minimum": 1, "maximum": 5,
            "reverse": place == 1, **changes,
        }
        for person, answers in values.items()
        for place, value in enumerate(answers)
    ]  # fmt: skip
    return pd.DataFrame(flat)


ANSWERS: dict[str, list[float | None]] = {"p1": [5, 1, 2], "p2": [4, 2, 4], "p3": [3, 3, None]}


def test_every_questionnaire_and_subscale_is_scored() -> None:
    found = analysis.measure("scale_score", rows(ANSWERS)).loc[("ai", "tia")]
    assert found["value"].to_dict() == pytest.approx(
        {"": ((5 + 5 + 2) / 3 + (4 + 4 + 4) / 3) / 2, "trust": (5 + 4 + 3) / 3, "familiarity": 3.0}
    )
    assert found["n"].to_dict() == {"": 2, "trust": 3, "familiarity": 2}
    assert found["n_undefined"].to_dict() == {"": 1, "trust": 0, "familiarity": 1}


def test_any_questionnaire_is_a_measure() -> None:
    found = analysis.measure("scale_score:tia/trust", rows(ANSWERS)).loc["ai"]
    assert found[["value", "n", "opportunities"]].tolist() == [4.0, 3, 6]
    whole = registry.get("scale_score:tia")
    assert whole.compute(rows(ANSWERS)).tolist() == pytest.approx([4.0, 4.0, math.nan], nan_ok=True)
    assert whole.name == "scale_score:tia"


def test_the_measure_of_a_questionnaire_is_that_of_its_own_file() -> None:
    table = rows(
        {"p1": [7, 6, 2], "p2": [1, 3, 3]}, questionnaire="s_tias", maximum=7, reverse=False, subscale=None
    )
    general, own = (registry.get(name).compute(table) for name in ("scale_score:s_tias", "s_tias"))
    assert general.to_dict() == own.to_dict()


def test_a_plan_may_name_the_score_of_any_questionnaire() -> None:
    outcome = {"measure": "scale_score:tia/trust", "contrast": "ig - ai"}
    plan = plan_from({"primary": outcome, "n": 20}, measures=registry.names(), conditions=["ig", "ai"])
    assert plan.primary.measure == "scale_score:tia/trust"
    assert "scale_score:" not in registry.names()


def test_a_score_of_no_questionnaire_is_refused() -> None:
    with pytest.raises(UnknownPluginError, match="names no questionnaire"):
        registry.get("scale_score:")


def test_a_subscale_needs_its_column() -> None:
    with pytest.raises(ValueError, match=r"needs the column\(s\) subscale of the table scales"):
        analysis.measure("scale_score:tia/trust", rows(ANSWERS).drop(columns="subscale"))


def test_reliability_turns_reversed_items_and_counts_who_is_whole() -> None:
    items = np.array(REFERENCE["three_items"]["items"], dtype=float)
    answers = {f"p{n:02d}": [float(a), 8 - float(b), float(c)] for n, (a, b, c) in enumerate(items)}
    table = rows({**answers, "open": [3.0, None, 2.0]}, maximum=7, subscale="")
    found = analysis.measure("scale_reliability", table).loc[("ai", "tia", "")]
    assert found["omega"] == pytest.approx(REFERENCE["three_items"]["omega"], abs=2e-5)
    assert found["alpha"] == pytest.approx(REFERENCE["three_items"]["alpha"])
    assert found[["n_items", "n", "n_undefined"]].tolist() == [3, 60, 1]


def test_a_question_that_is_no_scale_is_not_scored() -> None:
    table = rows(ANSWERS, minimum=None, maximum=None)
    assert analysis.measure("scale_score", table).empty
