"""The permutation test exchanges conditions as the allocation could have."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import permutation_test
from analysis.core.allocation import draw_allocation
from analysis.core.cells import cells
from analysis.core.estimate import CannotEstimateError
from analysis.core.replay import exchange
from analysis.measures import registry


@pytest.fixture
def people(tables: dict[str, Any]) -> pd.DataFrame:
    return cells(registry.get("accuracy"), tables["trials"])


def test_groups_are_the_blocks_of_the_list(people: pd.DataFrame, tables: dict[str, Any]) -> None:
    allocation = tables["allocation"]
    places = exchange(people, treatment="ig", control="ai", allocation=allocation)
    drawn = draw_allocation(
        bytes.fromhex(allocation["seed"]),
        conditions=allocation["conditions"],
        ratio=allocation["ratio"],
        strata={name: item["slots"] for name, item in allocation["strata"].items()},
    )
    sizes = [
        sum(slot.condition in ("ig", "ai") for slot in slots if slot.block == block)
        for _, slots in sorted(drawn.items())
        for block in range(slots[-1].block + 1)
    ]
    assert places.mechanism == "blocks"
    assert np.bincount(places.groups).tolist() == [size for size in sizes if size]


def test_written_blocks_are_used_as_they_are(people: pd.DataFrame, tables: dict[str, Any]) -> None:
    rows = [{**row, "block": 0} for row in tables["allocation"]["list"]]
    places = exchange(people, treatment="ig", control="ai", allocation={"list": rows})
    assert len(np.unique(places.groups)) == 2


def test_without_a_list_it_falls_back_to_strata_and_says_so(tables: dict[str, Any]) -> None:
    found = permutation_test(tables["trials"], measure="accuracy", contrast="ig - ai", n=100)
    assert found.details["mechanism"] == "strata"
    assert found.details["n_groups"] == 2
    assert "over participants within strata" in found.notes[0]


def test_a_list_that_cannot_be_drawn_again_is_said(people: pd.DataFrame, tables: dict[str, Any]) -> None:
    allocation = {**tables["allocation"], "seed": "00"}
    places = exchange(people, treatment="ig", control="ai", allocation=allocation)
    assert places.mechanism == "strata"
    assert "cannot be drawn again" in places.note


def test_a_list_of_another_study_is_refused(people: pd.DataFrame, tables: dict[str, Any]) -> None:
    rows = [{**row, "block": 0, "condition": "ai"} for row in tables["allocation"]["list"]]
    with pytest.raises(CannotEstimateError, match="the list is not of this dataset"):
        exchange(people, treatment="ig", control="ai", allocation={"list": rows})


def test_the_order_of_rows_changes_nothing(tables: dict[str, Any]) -> None:
    def ask(trials: pd.DataFrame) -> float:
        found = permutation_test(
            trials, measure="rsr", contrast="ig - ai", allocation=tables["allocation"], n=300, seed=2
        )
        return found.p

    assert ask(tables["trials"]) == ask(tables["trials"].sample(frac=1, random_state=1))


def test_trials_are_refused_as_the_unit(tables: dict[str, Any]) -> None:
    with pytest.raises(CannotEstimateError, match="not independent"):
        permutation_test(tables["trials"], measure="accuracy", contrast="ig - ai", unit="trial_index")


def test_participants_of_both_conditions_have_their_signs_flipped() -> None:
    people = [f"p{number}" for number in range(6)]
    trials = pd.DataFrame({"participant_id": people * 2, "condition": ["ig"] * 6 + ["ai"] * 6,
                           "correct": [True] * 6 + [False] * 6})  # fmt: skip
    found = permutation_test(trials, measure="accuracy", contrast="ig - ai")
    assert (found.value, found.p) == (1.0, 2 / 2**6)
    assert found.details["mechanism"] == "sign_flip"


def test_an_order_that_was_fixed_cannot_be_replayed() -> None:
    trials = pd.DataFrame({"participant_id": ["p", "p", "q", "q"], "condition": ["ig", "ai"] * 2,
                           "correct": [True, False] * 2})  # fmt: skip
    with pytest.raises(CannotEstimateError, match="chance decided nothing"):
        permutation_test(
            trials, measure="accuracy", contrast="ig - ai", allocation={"placement": {"order": "fixed"}}
        )
