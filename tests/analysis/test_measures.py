"""Every measure against a second computation, trial by trial in plain Python."""

import math
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from analysis.core.measure import MissingColumnsError
from analysis.core.selection import counted
from analysis.measures import registry

Trial = dict[str, Any]
OF_TRIALS = [name for name in registry.names() if registry.get(name).table == "trials"]
DECISIONS = {"decision", "judge_advisor"}

# name: (protocols, is it an opportunity?, did the event happen?)
RATES: dict[str, tuple[set[str], Callable[[Trial], bool], Callable[[Trial], bool]]] = {
    "accuracy": (DECISIONS, lambda t: True, lambda t: t["response"] == t["ground_truth"]),
    "over_reliance": (
        DECISIONS,
        lambda t: t["ai_prediction"] != t["ground_truth"],
        lambda t: t["response"] == t["ai_prediction"],
    ),
    "under_reliance": (
        DECISIONS,
        lambda t: t["ai_prediction"] == t["ground_truth"],
        lambda t: t["response"] != t["ai_prediction"],
    ),
    "rair": (
        {"judge_advisor"},
        lambda t: t["response_initial"] != t["ground_truth"] == t["ai_prediction"],
        lambda t: t["response"] == t["ground_truth"],
    ),
    "rsr": (
        {"judge_advisor"},
        lambda t: t["response_initial"] == t["ground_truth"] != t["ai_prediction"],
        lambda t: t["response"] == t["ground_truth"],
    ),
    "agreement": (DECISIONS, lambda t: True, lambda t: t["response"] == t["ai_prediction"]),
    "switch_fraction": (
        {"judge_advisor"},
        lambda t: t["response_initial"] != t["ai_prediction"],
        lambda t: t["response"] == t["ai_prediction"],
    ),
    "forward_simulation_accuracy": (
        {"forward_simulation"},
        lambda t: True,
        lambda t: t["response"] == t["ai_prediction"],
    ),
}  # fmt: skip


def by_hand(trials: pd.DataFrame, name: str) -> dict[str, tuple[float, int]]:
    protocols, opportunity, event = RATES[name]
    tally: dict[str, list[int]] = {person: [0, 0] for person in trials["participant_id"]}
    for trial in trials.to_dict("records"):
        real = trial["status"] == "answered" and not trial["is_practice"] and not trial["is_attention_check"]
        if real and trial["protocol"] in protocols and opportunity(trial):
            tally[trial["participant_id"]][0] += bool(event(trial))
            tally[trial["participant_id"]][1] += 1
    return {person: (hits / n if n else math.nan, n) for person, (hits, n) in tally.items()}


@pytest.mark.parametrize("name", sorted(RATES))
def test_a_rate_is_what_counting_by_hand_gives(name: str, tables: dict[str, Any]) -> None:
    measure, expected = registry.get(name), by_hand(tables["trials"], name)
    found, counts = measure.compute(tables["trials"]), measure.opportunities(tables["trials"])
    assert found.to_dict() == pytest.approx(
        {person: value for person, (value, _) in expected.items()}, nan_ok=True
    )
    assert counts.to_dict() == {person: n for person, (_, n) in expected.items()}


@pytest.mark.parametrize("name", OF_TRIALS)
def test_the_order_of_rows_changes_nothing(name: str, everything: dict[str, Any]) -> None:
    measure = registry.get(name)
    mixed = everything["trials"].sample(frac=1, random_state=3)
    pd.testing.assert_series_equal(measure.compute(mixed), measure.compute(everything["trials"]))


@pytest.mark.parametrize("name", OF_TRIALS)
def test_without_opportunities_a_measure_is_missing_and_not_zero(
    name: str, everything: dict[str, Any]
) -> None:
    silent = everything["trials"].assign(status="skipped")
    measure = registry.get(name)
    assert measure.compute(silent).isna().all()
    assert (measure.opportunities(silent) == 0).all()
    assert len(measure.compute(silent)) == silent["participant_id"].nunique()


@pytest.mark.parametrize("name", OF_TRIALS)
def test_a_participant_without_an_answer_is_missing_and_counted(
    name: str, everything: dict[str, Any]
) -> None:
    trials, measure = everything["trials"], registry.get(name)
    lost = sorted(trials["participant_id"].unique())[3]
    silent = trials.assign(status=trials["status"].where(trials["participant_id"] != lost, "timed_out"))
    before, after = measure.compute(trials), measure.compute(silent)
    assert math.isnan(after[lost])
    assert measure.opportunities(silent)[lost] == 0
    if name != "bis":  # standardised over everybody
        pd.testing.assert_series_equal(after.drop(lost), before.drop(lost))


@pytest.mark.parametrize("name", registry.names())
def test_a_value_stands_on_opportunities(name: str, everything: dict[str, Any]) -> None:
    measure = registry.get(name)
    table = everything[measure.table]
    defined = measure.compute(table).notna()
    assert (measure.opportunities(table)[defined] > 0).all()


@pytest.mark.parametrize("name", registry.names())
def test_values_lie_within_the_declared_bounds(name: str, everything: dict[str, Any]) -> None:
    measure = registry.get(name)
    low, high = measure.bounds
    table = everything[measure.table]
    if name == "decision_error":  # of numbers; measures of classes have none of these
        table = table.assign(ground_truth=table["trial_index"].astype(str), response="7")
    values = measure.compute(table).dropna()
    assert len(values)
    assert values.between(-math.inf if low is None else low, math.inf if high is None else high).all()


@pytest.mark.parametrize("name", registry.names())
def test_every_required_column_is_demanded(name: str, everything: dict[str, Any]) -> None:
    measure = registry.get(name)
    for column in measure.requires:
        with pytest.raises(MissingColumnsError, match=column):
            measure.compute(everything[measure.table].drop(columns=column))


def test_response_time_is_the_geometric_mean_without_hidden_time() -> None:
    trials = pd.DataFrame(
        {"participant_id": "p1", "rt_ms": [1000.0, 5000.0, 700.0], "hidden_ms": [0.0, 1000.0, 700.0]}
    )
    measure = registry.get("rt_ms")
    assert measure.compute(trials)["p1"] == pytest.approx(math.sqrt(1000 * 4000))
    assert measure.opportunities(trials)["p1"] == 2


@pytest.mark.parametrize("column", ["is_practice", "is_attention_check"])
def test_practice_and_attention_checks_never_count(column: str, tables: dict[str, Any]) -> None:
    trials = tables["trials"].copy()
    trials[column] = True
    for name in RATES:
        assert registry.get(name).opportunities(trials).sum() == 0


def test_simulation_trials_never_count_as_decisions(tables: dict[str, Any]) -> None:
    only = tables["trials"][tables["trials"]["protocol"] == "forward_simulation"]
    assert registry.get("accuracy").opportunities(only).sum() == 0
    assert registry.get("rt_ms").opportunities(only).sum() == 0
    assert registry.get("forward_simulation_accuracy").opportunities(only).sum() == len(only)


def test_timed_out_trials_do_not_count() -> None:
    trials = pd.DataFrame({"status": ["answered", "timed_out", "skipped", "not_reached"]})
    assert counted(trials, protocols=DECISIONS).index.tolist() == [0]


def scale_rows(**changes: Any) -> pd.DataFrame:
    rows = {
        "participant_id": "p1", "step_index": 4, "questionnaire": "s_tias", "item": ["a", "b", "c"],
        "value": [7, 6, 2], "minimum": 1, "maximum": 7, "reverse": False,
    }  # fmt: skip
    return pd.DataFrame({**rows, **changes})


def test_s_tias_is_the_mean_of_three_items() -> None:
    assert registry.get("s_tias").compute(scale_rows()).to_dict() == {"p1": 5.0}


def test_reversed_items_are_turned() -> None:
    assert registry.get("s_tias").compute(
        scale_rows(reverse=[False, False, True])
    ).to_dict() == pytest.approx({"p1": 19 / 3})


def test_a_questionnaire_with_an_open_item_is_missing() -> None:
    assert registry.get("s_tias").compute(scale_rows(value=[7, None, 2])).isna().all()


def test_another_questionnaire_is_not_scored() -> None:
    assert registry.get("s_tias").compute(scale_rows(questionnaire="nasa_tlx")).isna().all()


@pytest.mark.parametrize("name", registry.names())
def test_a_measure_declares_all_it_should(name: str) -> None:
    measure = registry.get(name)
    assert measure.name == name
    assert measure.version
    assert measure.label
    assert measure.unit
    assert measure.level in {"trial", "participant"}
    assert measure.scale in {"identity", "log"}
    assert "https://doi.org/" in measure.reference
    assert measure.__doc__ is not None
    assert "References" in measure.__doc__
