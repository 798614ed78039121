"""Minimisation: the rule against a second computation, its balance, its replay, and the test that carries it out."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.core.minimisation import (
    Minimisation,
    levels_of,
    minimisation_replay,
    minimisation_stream,
    minimise,
)
from analysis.core.redraw import redraw_faults
from analysis.core.replay import exchange
from analysis.report.questions import permute

RULE = Minimisation(("a", "b", "c"), (1, 1, 1))
# Written down once: what was given in a study must be computed again, bit for bit, by every later version.
FIXED = "b c a a c a c b b b a c"


def people(number: int, *, seed: int = 1) -> list[dict[str, str]]:
    rng = random.Random(seed)
    return [{"sex": rng.choice("fm"), "site": rng.choice("xyz")} for _ in range(number)]


def test_allocations_are_the_same_for_ever() -> None:
    arrivals = [{"sex": "fm"[i % 2], "site": "xyz"[i % 3]} for i in range(12)]
    found = minimisation_replay(minimisation_stream(b"fixed", places=12), rule=RULE, arrivals=arrivals)
    assert " ".join(name for name, _copy in found) == FIXED


def best_by_hand(rule: Minimisation, levels: dict[str, str], counts: dict[Any, list[int]]) -> set[int]:
    """Return the cells of the smallest imbalance, by numpy's range and variance in floating point."""
    measure = np.ptp if rule.imbalance == "range" else np.var
    cells = len(rule.cells)
    totals = []
    for cell in range(cells):
        tables = [np.array(counts.get(place, [0] * cells), dtype=float) for place in levels.items()]
        for table in tables:
            table[cell] += 1
        totals.append(sum(float(measure(table)) for table in tables))
    return {cell for cell, total in enumerate(totals) if total <= min(totals) + 1e-9}


@pytest.mark.parametrize("imbalance", ["range", "variance"])
def test_with_probability_one_a_cell_that_balances_best_is_always_taken(imbalance: str) -> None:
    rule = Minimisation(("a", "b"), (2, 1), probability=1.0, imbalance=imbalance)
    counts: dict[tuple[str, str], list[int]] = {}
    for word, levels in zip(minimisation_stream("s", places=200), people(200), strict=True):
        cell = minimise(word, rule=rule, levels=levels, counts=counts)
        assert cell in best_by_hand(rule, levels, counts)
        for place in levels.items():
            counts.setdefault(place, [0, 0, 0])[cell] += 1


def test_the_best_cell_is_taken_as_often_as_said_and_the_others_equally_often() -> None:
    words = minimisation_stream("often", places=6000)
    rule = Minimisation(("a", "b", "c"), (1, 1, 1), probability=0.7)
    taken = Counter(
        minimise(w, rule=rule, levels={"sex": "f"}, counts={("sex", "f"): [5, 0, 5]}) for w in words
    )
    assert stats.chisquare([taken[1], taken[0], taken[2]], [4200, 900, 900]).pvalue > 0.001


def test_without_anybody_before_every_condition_is_equally_likely() -> None:
    words = minimisation_stream("first", places=6000)
    taken = Counter(minimise(w, rule=RULE, levels={"sex": "f"}, counts={}) for w in words)
    assert stats.chisquare([taken[cell] for cell in range(3)]).pvalue > 0.001


def test_the_strata_are_balanced_far_better_than_by_chance() -> None:
    arrivals = people(300)
    found = minimisation_replay(minimisation_stream("balance", places=300), rule=RULE, arrivals=arrivals)
    for factor, level in {place for levels in arrivals for place in levels.items()}:
        counts = Counter(name for (name, _), who in zip(found, arrivals, strict=True) if who[factor] == level)
        assert (
            max(counts.values()) - min(counts[name] for name in "abc") <= 8
        )  # by chance about 17 for 150 people


def test_the_ratio_holds_from_the_first_place_on() -> None:
    rule = Minimisation(("a", "b"), (2, 1))
    firsts = Counter(
        tuple(
            name
            for name, _ in minimisation_replay(
                minimisation_stream(f"{i}", places=2), rule=rule, arrivals=[{"sex": "f"}, {"sex": "f"}]
            )
        )
        for i in range(3000)
    )
    for place in (0, 1):
        of_a = sum(count for names, count in firsts.items() if names[place] == "a")
        assert stats.binomtest(of_a, 3000, 2 / 3).pvalue > 0.001


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"conditions": ("a", "a", "b")}, "different names"),
        ({"ratio": (1, 1)}, "one positive whole number"),
        ({"probability": 0.2}, "between 0.5 and 1"),
        ({"imbalance": "entropy"}, "range, variance"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Minimisation(**{"conditions": ("a", "b", "c"), "ratio": (1, 1, 1), **changes})


def documented(seed: str, *, number: int, rule: Minimisation, people_seed: int = 1) -> dict[str, Any]:
    """Return the allocation document of a study by minimisation."""
    arrivals = people(number, seed=people_seed)
    given = minimisation_replay(minimisation_stream(seed, places=number), rule=rule, arrivals=arrivals)
    rows = [
        {"stratum": "|".join(f"{k}={v}" for k, v in who.items()), "slot": at, "block": None,
         "condition": name, "copy": copy}
        for at, (who, (name, copy)) in enumerate(zip(arrivals, given, strict=True))
    ]  # fmt: skip
    return {
        "method": "minimisation", "conditions": list(rule.conditions), "ratio": list(rule.ratio), "seed": seed,
        "minimisation": {"probability": rule.probability, "imbalance": rule.imbalance}, "list": rows,
    }  # fmt: skip


def test_the_document_of_a_study_can_be_computed_again_and_a_changed_line_is_found() -> None:
    document = documented("seed", number=60, rule=RULE)
    assert redraw_faults(document) == []
    row = document["list"][40]
    row["condition"] = next(name for name in "abc" if name != row["condition"])
    assert redraw_faults(document)[0].startswith("Place 40 was given")


def test_the_level_of_a_stratum_may_hold_an_equals_sign() -> None:
    assert levels_of("a=b=c|d=e") == {"a": "b=c", "d": "e"}


def frame(document: dict[str, Any], values: np.ndarray[Any, Any]) -> pd.DataFrame:
    rows = document["list"]
    return pd.DataFrame(
        {
            "condition": [row["condition"] for row in rows],
            "stratum": [row["stratum"] for row in rows],
            "slot": [row["slot"] for row in rows],
            "scaled": values,
        },
        index=[f"p{row['slot']:03}" for row in rows],
    )


def test_arrangements_are_those_that_the_rule_gives_with_other_seeds() -> None:
    """Two people of one level: after the first, the rule gives the other condition with its probability."""
    rule = Minimisation(("a", "b"), (1, 1), probability=0.9)
    document = documented("s", number=30, rule=rule)
    found = exchange(frame(document, np.arange(30.0)), treatment="a", control="b", allocation=document)
    assert (found.mechanism, found.redraw is not None) == ("minimisation", True)
    assert found.redraw is not None
    drawn = found.redraw(4000, np.random.default_rng(3))
    again = np.array(
        [
            [name == "a" for name, _ in minimisation_replay(
                minimisation_stream(f"other {i}", places=30), rule=rule, arrivals=people(30))]
            for i in range(1500)
        ]
    )  # fmt: skip
    assert np.abs(drawn.mean(axis=0) - again.mean(axis=0)).max() < 0.07
    together = [np.cov(table.astype(float).T)[np.triu_indices(30, 1)] for table in (drawn, again)]
    assert np.corrcoef(*together)[0, 1] > 0.85


def test_the_replayed_test_keeps_its_level_where_values_follow_the_strata() -> None:
    """A null study in which the level of a stratum decides the value: p must be uniform, not merely above 0.05."""
    rule = Minimisation(("a", "b"), (1, 1), probability=0.9)
    below = 0
    for number in range(120):
        document = documented(f"study {number}", number=40, rule=rule, people_seed=number)
        rng = np.random.default_rng(number)
        sex = np.array([row["stratum"].startswith("sex=f") for row in document["list"]], dtype=float)
        values = 2 * sex + rng.normal(size=40)
        found = permute(frame(document, values), treatment="a", control="b", allocation=document, n=199, seed=1,
                        direction="two_sided")  # fmt: skip
        below += found.p is not None and found.p <= 0.2
    assert stats.binomtest(below, 120, 0.2).pvalue > 0.001


def test_simple_randomisation_is_replayed_within_strata_and_says_so() -> None:
    rows = [{"stratum": "", "slot": i, "block": 0, "condition": "ab"[i % 2]} for i in range(8)]
    document = {"method": "simple", "conditions": ["a", "b"], "ratio": [1, 1], "list": rows}
    found = exchange(frame(document, np.arange(8.0)), treatment="a", control="b", allocation=document)
    assert (found.mechanism, len(found.values)) == ("simple", 8)
    assert "simple randomisation" in found.note


def test_a_place_that_was_passed_over_is_exchanged_with_nobody() -> None:
    rows: list[dict[str, Any]] = [
        {"stratum": "", "slot": 0, "block": 0, "condition": "a"},
        {"stratum": "", "slot": 1, "block": 0, "condition": "a", "passed_over": True},
        {"stratum": "", "slot": 2, "block": 0, "condition": "b"},
    ]
    people_there = frame({"list": [rows[0], rows[2]]}, np.array([1.0, 2.0]))
    found = exchange(people_there, treatment="a", control="b", allocation={"list": rows})
    assert list(found.values) == [1.0, 2.0]
