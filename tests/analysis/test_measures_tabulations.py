"""Every curve, table and comparison of the shelf is held to its declaration."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import analysis
from analysis.core.dataset import read_table
from analysis.core.measure import FAMILIES, MissingColumnsError
from analysis.core.schema import TABLES
from analysis.measures import registry, tabulations
from tests.analysis.every_column import with_every_column
from tests.analysis.simulate import World, simulate

# What a tabulation cannot find by itself in the simulated study.
GIVEN: dict[str, dict[str, Any]] = {"utility_k": {"reference": "unaided"}}
NAMES = tabulations.names()


@pytest.fixture(scope="module")
def small() -> dict[str, Any]:
    tables = simulate(World(discernment={"ig": 0.3}, per_stratum=8, trials=12), seed=4)
    return {**tables, "trials": with_every_column(tables["trials"])}


def frame(name: str, tables: dict[str, Any]) -> pd.DataFrame:
    tabulation = tabulations.get(name)
    return tabulation.compute(tables[tabulation.table], **GIVEN.get(name, {}))


@pytest.mark.parametrize("name", NAMES)
def test_a_frame_has_the_declared_keys_and_columns(name: str, small: dict[str, Any]) -> None:
    tabulation, found = tabulations.get(name), frame(name, small)
    assert list(found.index.names) == ["condition", *tabulation.keys]
    assert list(found.columns) == list(tabulation.columns)
    assert len(found)
    assert found.index.is_unique
    assert found[next(iter(tabulation.columns))].notna().any()


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_rows_changes_no_frame(name: str, small: dict[str, Any]) -> None:
    mixed = {key: table.sample(frac=1, random_state=3) for key, table in small.items() if key != "allocation"}
    pd.testing.assert_frame_equal(frame(name, mixed), frame(name, small), rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_without_a_trial_nothing_is_zero_but_the_counts(name: str, small: dict[str, Any]) -> None:
    if tabulations.get(name).table == "scales":
        silent = {**small, "scales": small["scales"].assign(value=float("nan"))}
    else:
        silent = {**small, "trials": small["trials"].assign(status="skipped")}
        if name in {"augmentation", "synergy", "behavioural_value", "excess_reliance", "payoff_frontier"}:
            with pytest.raises(ValueError, match="finds 0 of that kind"):
                frame(name, silent)
            return
    found = frame(name, silent)
    counts = [column for column in found.columns if column.startswith("n") or column in {"harmed", "helped"}]
    edges = [column for column in ("from", "to", "minimum", "maximum") if column in found.columns]
    assert found.drop(columns=[*counts, *edges]).isna().all(axis=None)
    assert "n" not in found.columns or not found["n"].any()


@pytest.mark.parametrize("name", NAMES)
def test_every_column_that_a_frame_needs_is_demanded_in_one_sentence(
    name: str, small: dict[str, Any]
) -> None:
    tabulation = tabulations.get(name)
    bare = small[tabulation.table].drop(columns=[*tabulation.requires, "condition"])
    with pytest.raises(MissingColumnsError) as caught:
        tabulation.compute(bare)
    assert all(column in str(caught.value) for column in ("condition", *tabulation.requires))


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_option_is_refused_with_those_there_are(name: str, small: dict[str, Any]) -> None:
    tabulation = tabulations.get(name)
    with pytest.raises(ValueError, match="has no option colour"):
        tabulation.compute(small[tabulation.table], colour="red")


@pytest.mark.parametrize("name", NAMES)
def test_a_tabulation_declares_all_it_should(name: str) -> None:
    tabulation = tabulations.get(name)
    assert tabulation.version
    assert tabulation.label
    assert tabulation.unit
    assert tabulation.family in FAMILIES
    assert "https://doi.org/" in tabulation.reference
    assert all(tabulation.columns.values())
    assert "References" in (tabulation.__doc__ or "")
    assert "Examples" in (tabulation.__doc__ or "")


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("payoff_frontier", {"steps": 0}, "needs at least 1 step, got 0"),
        ("variant_components", {"outcome": "response"}, "needs numbers in response"),
        ("variant_components", {"outcome": "mood"}, r"needs the column\(s\) mood"),
        ("payoff_frontier", {"over": "mood"}, r"needs the column\(s\) mood"),
        ("rational_benchmark", {"folds": 0}, "folds must be at least 1, got 0"),
        ("reliance_loss", {"signals": ["mood"]}, r"told of the signal\(s\) mood"),
        ("augmentation", {"measure": "mood"}, "There is no measure 'mood'"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused_in_a_sentence(
    name: str, options: dict[str, Any], sentence: str, small: dict[str, Any]
) -> None:
    with pytest.raises((ValueError, LookupError), match=sentence):
        tabulations.get(name).compute(small["trials"], **options)


def test_no_tabulation_has_the_name_of_a_measure() -> None:
    assert not set(NAMES) & set(registry.names())


@pytest.mark.parametrize("name", registry.names())
def test_every_measure_belongs_to_a_family(name: str) -> None:
    assert registry.get(name).family in FAMILIES


def test_the_one_door_adds_the_unit_to_a_value(small: dict[str, Any]) -> None:
    found = analysis.measure("augmentation", small["trials"])
    assert set(found["unit"]) == {"unit of the measure"}
    assert {"value", "n", "n_undefined", "unit"} <= set(found.columns)


def test_the_one_door_says_what_is_lacking() -> None:
    trials = pd.DataFrame({"participant_id": ["p1"], "condition": ["ai"], "correct": [True]})
    with pytest.raises(
        ValueError, match=r"'type2_auroc' needs the column\(s\) confidence of the table trials"
    ):
        analysis.measure("type2_auroc", trials)
    with pytest.raises(
        ValueError, match=r"'calibration_curve' needs the column\(s\) confidence of the table"
    ):
        analysis.measure("calibration_curve", trials)


def test_a_measure_has_no_options(small: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="'accuracy' has no option bins"):
        analysis.measure("accuracy", small["trials"], bins=3)


def test_a_participant_of_two_conditions_counts_in_both() -> None:
    trials = pd.DataFrame(
        {
            "participant_id": ["p1", "p1", "p2", "p2"],
            "condition": ["ai", "ig", "ai", "ig"],
            "correct": [True, False, True, None],
        }
    )
    found = analysis.measure("accuracy", trials)
    assert found["value"].tolist() == [1.0, 0.0]
    assert found["n"].tolist() == [2, 1]
    assert found["n_undefined"].tolist() == [0, 1]


def test_an_optional_column_is_typed_and_judged() -> None:
    trials = pd.DataFrame({"participant_id": ["p1"], "condition": "ai", "phase": "later", "cost": "-1"})
    with pytest.raises(
        ValueError, match=r"trials\.phase: value is not a level; expected one of pre, learn, test, retention"
    ):
        analysis.measure("payoff", trials)


def test_a_reference_that_is_not_there_is_named() -> None:
    trials = pd.DataFrame({"participant_id": ["p1"], "condition": ["ai"], "correct": [True]})
    with pytest.raises(ValueError, match=r"finds no condition 'own'\. There are: ai"):
        analysis.measure("augmentation", trials, reference="own")


def test_a_table_read_from_csv_gives_the_same(small: dict[str, Any], tmp_path: Path) -> None:
    read = {}
    for kind in ("trials", "scales"):
        words = {True: "true", False: "false", "True": "true", "False": "false"}
        flags = [
            column.name
            for column in (*TABLES[kind].columns, *TABLES[kind].optional)
            if column.kind == "boolean"
        ]
        table = small[kind].assign(
            **{flag: small[kind][flag].map(words) for flag in flags if flag in small[kind]}
        )
        table.to_csv(tmp_path / f"{kind}.csv", index=False)
        read[kind] = read_table(tmp_path / f"{kind}.csv", kind)
    for name in NAMES:
        pd.testing.assert_frame_equal(frame(name, read), frame(name, small), check_dtype=False)
    for name in registry.names():
        measure = registry.get(name)
        if measure.table == "trials":
            pd.testing.assert_series_equal(measure.compute(read["trials"]), measure.compute(small["trials"]))
