"""Corrections of several questions, and tests against a bound or within participants, against second computations."""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from analysis.core.estimate import CannotEstimateError
from analysis.core.replay import exchange_jointly
from analysis.estimators.bh import BenjaminiHochberg
from analysis.estimators.dunnett import Dunnett
from analysis.estimators.equivalence import Equivalence
from analysis.estimators.max_t import MaxT
from analysis.estimators.non_inferiority import NonInferiority
from analysis.estimators.permutation import Permutation
from analysis.estimators.sign_flip import SignFlip

REFERENCE = Path(__file__).parents[1] / "reference"
RNG = np.random.default_rng(7)
NAN = math.nan


def test_bh_equals_scipy() -> None:
    p = RNG.random(40) ** 2
    assert BenjaminiHochberg.estimate(list(p)) == pytest.approx(stats.false_discovery_control(p), abs=1e-15)


def test_bh_counts_a_test_that_could_not_be_made() -> None:
    found = BenjaminiHochberg.estimate([0.01, NAN, 0.02])
    assert found[0] == found[2] == 0.03
    assert math.isnan(found[1])


def test_bh_refuses_what_is_no_p_value() -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        BenjaminiHochberg.estimate([1.2])


@pytest.mark.parametrize("direction", ["two_sided", "greater", "less"])
def test_dunnett_equals_multcomp(direction: str) -> None:
    reference = json.loads((REFERENCE / "dunnett.json").read_text())
    groups = reference["groups"]
    found = Dunnett.estimate(
        {name: groups[name] for name in "abc"},
        groups["control"],
        direction=direction,  # type: ignore[arg-type]
    )
    assert [one.statistic for one in found.values()] == pytest.approx(reference[direction]["t"], abs=1e-9)
    assert [one.p for one in found.values()] == pytest.approx(reference[direction]["p"], abs=3e-6)


def test_the_simultaneous_limits_of_dunnett_equal_those_of_scipy() -> None:
    a, b, control = RNG.normal(0.5, 1, 15), RNG.normal(0.8, 1, 22), RNG.normal(0, 1, 18)
    found = Dunnett.estimate({"a": a, "b": b}, control)
    limits = stats.dunnett(a, b, control=control, rng=np.random.default_rng(1)).confidence_interval()
    assert [one.low for one in found.values()] == pytest.approx(limits.low, abs=2e-3)
    assert [one.high for one in found.values()] == pytest.approx(limits.high, abs=2e-3)


def test_dunnett_of_one_condition_is_the_t_test() -> None:
    a, control = RNG.normal(0.5, 1, 15), RNG.normal(0, 1, 9)
    (found,) = Dunnett.estimate({"a": a}, control).values()
    assert found.p == pytest.approx(stats.ttest_ind(a, control).pvalue, abs=1e-6)
    limits = stats.ttest_ind(a, control).confidence_interval()
    assert (found.low, found.high) == pytest.approx((limits.low, limits.high), abs=1e-5)


def test_dunnett_refuses_values_that_do_not_vary() -> None:
    with pytest.raises(CannotEstimateError, match="do not vary"):
        Dunnett.estimate({"a": [1.0, 1.0]}, [0.0, 0.0])


@pytest.mark.parametrize(("direction", "margin"), [("greater", 0.2), ("less", 0.2), ("greater", -0.1)])
def test_non_inferiority_is_the_t_test_on_shifted_data(direction: str, margin: float) -> None:
    a, b = RNG.normal(0, 1, 30), RNG.normal(0.1, 1.4, 25)
    welch = stats.ttest_ind(a, b, equal_var=False)
    std_error = (a.mean() - b.mean()) / welch.statistic
    shift = margin if direction == "greater" else -margin
    found = NonInferiority.estimate(
        a.mean() - b.mean(),
        std_error,
        welch.df,
        margin=margin,
        direction=direction,  # type: ignore[arg-type]
    )
    expected = stats.ttest_ind(a + shift, b, equal_var=False, alternative=direction)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-10)


def test_equivalence_is_non_inferiority_on_both_sides() -> None:
    both = Equivalence.estimate(0.01, 0.02, 80, low=-0.05, high=0.05)
    sides = [
        NonInferiority.estimate(0.01, 0.02, 80, margin=0.05, direction=side)  # type: ignore[arg-type]
        for side in ("greater", "less")
    ]
    assert both.p == pytest.approx(max(one.p for one in sides), rel=1e-12)


@pytest.mark.parametrize("value", [-0.02, -0.011, -0.009, 0.03])
def test_non_inferiority_is_shown_exactly_when_the_limit_clears_the_margin(value: float) -> None:
    found = NonInferiority.estimate(value, 0.02, 50, margin=0.05)
    assert (found.p < 0.025) == (found.details["bound"] > -0.05)


@pytest.mark.parametrize("direction", ["two_sided", "greater", "less"])
def test_sign_flip_equals_scipy_and_enumeration(direction: str) -> None:
    values = RNG.normal(0.4, 1, 9)
    found = SignFlip.estimate(values, direction=direction)  # type: ignore[arg-type]
    expected = stats.permutation_test(
        (values,),
        np.mean,
        permutation_type="samples",
        n_resamples=np.inf,
        alternative=direction.replace("_", "-"),
    )
    assert found.p == pytest.approx(expected.pvalue, abs=1e-12)
    means = [np.mean(values * signs) for signs in itertools.product((1, -1), repeat=9)]
    if direction == "greater":
        assert found.p == np.mean([mean >= values.mean() - 1e-12 for mean in means])


def test_the_interval_of_sign_flip_is_the_test_inverted() -> None:
    values = RNG.normal(0.4, 1, 10)
    found = SignFlip.estimate(values, level=0.9)
    nudge = 1e-6
    for limit, direction in ((found.low, "greater"), (found.high, "less")):
        inside = nudge if direction == "greater" else -nudge
        kept, refused = (
            SignFlip.estimate(values - theta, direction=direction).p  # type: ignore[arg-type]
            for theta in (limit + inside, limit - inside)
        )
        assert refused <= 0.05 < kept


def test_sign_flip_of_many_is_drawn_and_near_the_paired_t() -> None:
    values = RNG.normal(0.25, 1, 120)
    found = SignFlip.estimate(values, n=20_000, seed=3)
    paired = stats.ttest_1samp(values, 0)
    assert not found.details["exact"]
    assert found.p == pytest.approx(paired.pvalue, abs=0.01)
    assert (found.low, found.high) == pytest.approx(tuple(paired.confidence_interval()), abs=0.03)


def test_sign_flip_says_when_so_few_cannot_reach_the_level() -> None:
    found = SignFlip.estimate([1.0, 2.0, 3.0, NAN])
    assert math.isnan(found.low)
    assert found.p == 0.25
    assert found.details["n_undefined"] == 1


def test_sign_flip_refuses_differences_that_are_all_nought() -> None:
    with pytest.raises(CannotEstimateError, match="no signs to flip"):
        SignFlip.estimate([0.0, 0.0, 0.0])


def test_max_t_equals_enumeration_on_small_data() -> None:
    values, label = np.array([5.1, 6.0, 1.0, 2.2, 0.4, 3.1]), np.array([2, 2, 1, 1, 0, 0])

    def welch(marks: np.ndarray) -> np.ndarray:
        return np.array(
            [
                abs(stats.ttest_ind(values[marks == i], values[marks == 0], equal_var=False).statistic)
                for i in (2, 1)
            ]
        )

    observed = welch(label)
    drawn = np.array([welch(np.array(marks)) for marks in set(itertools.permutations(label.tolist()))])
    top = np.argsort(-observed)
    first = np.mean(drawn.max(axis=1) >= observed[top[0]] - 1e-9)
    second = max(first, np.mean(drawn[:, top[1]] >= observed[top[1]] - 1e-9))
    found = MaxT.estimate(values, label, [0] * 6, questions=[(0, 2, 0), (0, 1, 0)], n=40_000)
    assert found[top[0]].p == pytest.approx(first, abs=0.01)
    assert found[top[1]].p == pytest.approx(second, abs=0.01)


@pytest.mark.parametrize("direction", ["two_sided", "greater", "less"])
def test_max_t_of_one_question_is_the_permutation_test(direction: str) -> None:
    values, treated = RNG.normal(0, 1, 30) + np.repeat([0.6, 0], 15), np.repeat([1, 0], 15)
    groups = np.tile([0, 1, 2], 10)
    alone = Permutation.estimate(values, treated, groups, n=5000, direction=direction)  # type: ignore[arg-type]
    (found,) = MaxT.estimate(
        values,
        treated,
        groups,
        questions=[(0, 1, 0)],
        n=5000,
        direction=direction,  # type: ignore[arg-type]
    )
    assert found.p == alone.p == found.details["p_single"] == found.details["p_single_step"]
    assert found.value == pytest.approx(alone.value)


def test_max_t_is_milder_than_bonferroni_where_questions_are_alike() -> None:
    base = RNG.normal(0, 1, (60, 1))
    values = base + RNG.normal(0, 0.1, (60, 3)) + np.repeat([0.5, 0], 30)[:, None]
    found = MaxT.estimate(
        values, np.repeat([1, 0], 30), [0] * 60, questions=[(at, 1, 0) for at in range(3)], n=4000
    )
    best = min(found, key=lambda one: one.p)
    assert best.details["p_single"] <= best.p < 0.75 * 3 * best.details["p_single"]
    assert all(one.details["p_single"] <= one.p <= one.details["p_single_step"] for one in found)


def test_max_t_keeps_missing_values_out_of_every_mean() -> None:
    values = np.array([1.0, 2.0, 4.0, NAN, 5.0, 7.0])
    (found,) = MaxT.estimate(values, [0, 0, 0, 1, 1, 1], [0] * 6, questions=[(0, 1, 0)], n=99)
    assert found.value == pytest.approx(6.0 - 7 / 3)
    assert found.n == {"treatment": 2, "control": 3}


@pytest.mark.parametrize(
    ("labels", "groups", "questions", "words"),
    [
        ([0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1], [(0, 1, 0)], "nothing can be exchanged"),
        ([0, 0, 0, 0, 0, 1], [0] * 6, [(0, 1, 0)], "at least 2 are needed"),
        ([0, 0, 0, 1, 1, 1], [0] * 6, [], "a question be asked"),
        ([0, 0, 0, 1, 1, 1], [0] * 6, [(1, 1, 0)], "There is no question"),
    ],
)
def test_max_t_refuses_what_it_cannot_answer(
    labels: list[int], groups: list[int], questions: list[tuple[int, int, int]], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        MaxT.estimate([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], labels, groups, questions=questions, n=10)


def test_several_conditions_are_exchanged_within_the_blocks_of_the_list() -> None:
    import pandas as pd

    rows = [("ai", 0), ("ig", 0), ("p", 0), ("ig", 1), ("p", 1), ("ai", 1)]
    allocation = {
        "list": [
            {"stratum": "", "slot": slot, "condition": name, "block": block}
            for slot, (name, block) in enumerate(rows)
        ]
    }
    people = pd.DataFrame(
        {
            "condition": [name for name, _ in rows[:5]],
            "stratum": "",
            "slot": range(5),
            "scaled": range(5),
            "other": 1.0,
        },
        index=[f"p{at}" for at in range(5)],
    )
    found = exchange_jointly(
        people, conditions=["ai", "ig", "p"], columns=["scaled", "other"], allocation=allocation
    )
    assert found.mechanism == "blocks"
    assert found.groups.tolist() == [0, 0, 0, 1, 1, 1]
    assert found.conditions.tolist() == [0, 1, 2, 1, 2, 0]
    assert np.isnan(found.values[5]).all()
