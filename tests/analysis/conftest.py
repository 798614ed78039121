"""A small simulated study that many tests read and none changes."""

from pathlib import Path
from typing import Any

import pytest

from tests.analysis.every_column import with_every_column, with_every_questionnaire
from tests.analysis.simulate import World, simulate, write_dataset

PLAN = {
    "primary": {
        "measure": "accuracy",
        "contrasts": ["ig - ai", "ig - placebo"],
        "all": True,
        "smallest_effect": 0.05,
        "direction": "two_sided",
    },
    "secondary": [
        {"measure": "over_reliance", "contrast": "ig - ai"},
        {"measure": "rt_ms", "contrast": "ig - ai"},
    ],
    "multiplicity": "holm",
    "n": 80,
    "analyse": "intention_to_treat",
    "sensitivity": [
        {"without": {"comprehension_attempts": 2}},
        {"without": {"median_rt_ms": {"below": 800}}},
    ],
    "alpha": 0.05,
}


@pytest.fixture(scope="session")
def tables() -> dict[str, Any]:
    return simulate(World(discernment={"ig": 0.3}, per_stratum=40, dropout=0.1), seed=11)


@pytest.fixture(scope="session")
def everything() -> dict[str, Any]:
    small = simulate(World(discernment={"ig": 0.3}, per_stratum=16, dropout=0.1), seed=11)
    trials, scales = with_every_column(small["trials"]), with_every_questionnaire(small["scales"])
    return {**small, "trials": trials, "scales": scales}


@pytest.fixture
def dataset(tables: dict[str, Any], tmp_path: Path) -> Path:
    return write_dataset(tables, tmp_path / "dataset")


@pytest.fixture
def plan() -> dict[str, Any]:
    return {key: (dict(value) if isinstance(value, dict) else value) for key, value in PLAN.items()}
