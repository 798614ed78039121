"""Bad case sets are refused with row and feature; values are written for people."""

from typing import Any

import pytest

from explainers.core.cases import check_rows, check_schema, panel_rows
from explainers.core.errors import CaseSetRefused

FEATURES = check_schema(
    {"features": [{"name": "age"}, {"name": "pulse", "low": 60, "high": 100, "decimals": 0}]}
)
GOOD = {"key": "a", "inputs": {"age": 1.0, "pulse": 2.0}}


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"features": []},
        {"features": {}},
        {"features": [{"label": "Age"}]},
        {"features": [{"name": "age"}, {"name": "age"}]},
        {"features": [{"name": "age", "colour": "red"}]},
        {"features": [{"name": "age", "low": float("nan")}]},
        {"features": [{"name": "age", "high": "90"}]},
        {"features": [{"name": "age", "decimals": -1}]},
        {"features": [{"name": "age", "decimals": True}]},
        {"features": [{"name": "age", "unit": 5}]},
        {"features": [{"name": "age"}], "truth": "age"},
    ],
)
def test_a_faulty_schema_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(CaseSetRefused):
        check_schema(schema)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"key": "", "inputs": {}}, "row 2: the key ''"),
        ({"key": "a", "inputs": GOOD["inputs"]}, "used twice"),
        ({"key": "k" * 81, "inputs": GOOD["inputs"]}, "too long"),
        ({"key": "b", "inputs": {"age": 1.0}}, r"row 2 \(b\): the features are not those of the schema"),
        ({"key": "b", "inputs": {"age": 1, "pulse": 2, "truth": 1}}, "not those of the schema"),
        ({"key": "b", "inputs": {"age": 1.0, "pulse": float("inf")}}, r"row 2 \(b\), feature pulse: inf"),
        ({"key": "b", "inputs": {"age": 1.0, "pulse": None}}, "feature pulse: None"),
        ({"key": "b", "inputs": {"age": "1", "pulse": 2}}, "feature age: '1'"),
        ({"key": "b", "inputs": {"age": True, "pulse": 2}}, "feature age: True"),
    ],
)
def test_a_faulty_row_is_named(row: dict[str, Any], message: str) -> None:
    with pytest.raises(CaseSetRefused, match=message):
        check_rows([GOOD, row], features=FEATURES)


def test_no_rows_are_no_case_set() -> None:
    with pytest.raises(CaseSetRefused, match="no rows"):
        check_rows([], features=FEATURES)


@pytest.mark.parametrize(
    ("pulse", "flag", "position"),
    [(59.9, "below", 24.9), (60, "", 25.0), (80, "", 50.0), (100, "", 75.0), (200, "above", 97.0)],
)
def test_a_value_is_placed_beside_its_range(pulse: float, flag: str, position: float) -> None:
    row = panel_rows({"age": 1.0, "pulse": pulse}, features=FEATURES)[1]
    assert (row.flag, row.position, row.reference) == (flag, position, "60 to 100")
