"""Effects of factors against programs that know one special case each, and against all arrangements counted."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.core.effects import EffectError, cells_left_out, effect_weights
from analysis.core.estimate import CannotEstimateError
from analysis.core.plan import PlanInvalidError, plan_from
from analysis.core.plan.values import Contrast, Effect
from analysis.estimators.factor_effect import FactorEffect

RNG = np.random.default_rng(11)
CELLS = {
    f"{explanation}_{difficulty}": {"explanation": explanation, "difficulty": difficulty}
    for explanation in ("path", "prediction")
    for difficulty in ("easy", "hard")
}


def effect(levels: str, by: str = "", **at: str) -> Effect:
    pair = [Contrast(*text.split(" - ")) if text else None for text in (levels, by)]
    assert pair[0] is not None
    return Effect("accuracy", pair[0], pair[1], tuple(at.items()))


def test_with_two_arms_it_is_welchs_test() -> None:
    one, other = RNG.normal(1, 1, 17), RNG.normal(0, 3, 29)
    found = FactorEffect.estimate(
        np.concatenate([other, one])[:, None], [0] * 29 + [1] * 17, [0] * 46, weights=[[-1.0], [1.0]], n=99
    )
    welch = stats.ttest_ind(one, other, equal_var=False)
    assert (found.statistic, found.p, found.df) == pytest.approx((welch.statistic, welch.pvalue, welch.df))
    assert (found.low, found.high) == pytest.approx(tuple(welch.confidence_interval()))


def test_with_one_arm_it_is_the_paired_test() -> None:
    met = RNG.normal(loc=[0.4, 0.0], size=(25, 2))
    found = FactorEffect.estimate(met, [0] * 25, [0] * 25, weights=[[1.0, -1.0]], n=99)
    paired = stats.ttest_rel(met[:, 0], met[:, 1])
    assert (found.statistic, found.p, found.df) == pytest.approx((paired.statistic, paired.pvalue, 24))
    assert found.details["replayed"] == "signs"


@pytest.mark.parametrize(
    "asked", [effect("path - prediction"), effect("path - prediction", by="hard - easy")]
)
def test_in_a_balanced_two_by_two_it_is_the_linear_contrast_of_least_squares(asked: Effect) -> None:
    """With equal numbers the sum of s^2/n is the pooled variance times the sum of 1/n: statsmodels is the referee."""
    import statsmodels.formula.api as smf

    names, each = list(CELLS), 15
    table = pd.DataFrame(
        {
            "condition": np.repeat(names, each),
            "y": RNG.normal(size=60) + np.repeat([0.9, 0.2, 0.1, 0.3], each),
        }
    )
    weights = effect_weights(CELLS, asked)
    fit = smf.ols("y ~ 0 + C(condition)", table).fit()
    order = sorted(names)
    tested = fit.t_test(np.array([[weights.get(name, 0.0) for name in order]]))
    found = FactorEffect.estimate(
        table["y"].to_numpy()[:, None], [names.index(name) for name in table["condition"]], [0] * 60,
        weights=[[weights[name]] for name in names], n=99,
    )  # fmt: skip
    assert found.value == pytest.approx(tested.effect[0])
    assert found.std_error == pytest.approx(tested.sd[0, 0])


def test_an_interaction_of_within_and_between_is_welchs_test_of_the_differences() -> None:
    met = RNG.normal(size=(40, 2))
    arm = np.repeat([0, 1], [18, 22])
    found = FactorEffect.estimate(met, arm, [0] * 40, weights=[[-1.0, 1.0], [1.0, -1.0]], n=99)
    gaps = met[:, 0] - met[:, 1]
    welch = stats.ttest_ind(gaps[arm == 1], gaps[arm == 0], equal_var=False)
    assert (found.statistic, found.p) == pytest.approx((welch.statistic, welch.pvalue))
    assert found.details["replayed"] == "arms"


def test_the_replayed_p_is_that_of_all_arrangements() -> None:
    value = np.array([1.0, 2.5, 0.3, 4.0, 3.2, 5.1, 2.2, 0.9])
    arm, weights = np.array([0, 0, 1, 1, 2, 2, 3, 3]), np.array([0.5, -0.5, 0.5, -0.5])

    def t(labels: Any) -> float:
        parts = [value[np.array(labels) == g] for g in range(4)]
        error = np.sqrt(sum(w**2 * part.var(ddof=1) / 2 for w, part in zip(weights, parts, strict=True)))
        return abs(sum(w * part.mean() for w, part in zip(weights, parts, strict=True))) / error

    every = [t(labels) for labels in set(permutations(arm.tolist()))]
    exact = np.mean(np.array(every) >= t(arm) - 1e-9)
    found = FactorEffect.estimate(value[:, None], arm, [0] * 8, weights=weights[:, None], n=20_000)
    assert found.details["p_allocation"] == pytest.approx(exact, abs=0.01)


def test_the_p_of_flipped_signs_is_that_of_all_patterns() -> None:
    gaps = np.array([1.0, -0.4, 0.8, 1.5, 0.2, -0.1])
    met = np.column_stack([gaps, np.zeros(6)])

    def t(scores: Any) -> float:
        return abs(scores.mean()) / (scores.std(ddof=1) / np.sqrt(6))

    every = [t(gaps * signs) for signs in product([1, -1], repeat=6)]
    exact = np.mean(np.array(every) >= t(gaps) - 1e-9)
    found = FactorEffect.estimate(met, [0] * 6, [0] * 6, weights=[[1.0, -1.0]], n=20_000)
    assert found.details["p_allocation"] == pytest.approx(exact, abs=0.01)


def test_under_the_null_both_p_reject_at_their_rate() -> None:
    """300 null studies of a two by two: 5 % lie within 2.6 to 8.3 % with 99.9 % probability."""
    rng, rejected = np.random.default_rng(5), np.zeros(2)
    for study in range(300):
        value = rng.normal(size=(48, 1)) * np.repeat([1.0, 1.0, 2.0, 2.0], 12)[:, None]
        found = FactorEffect.estimate(
            value,
            np.repeat(range(4), 12),
            [0] * 48,
            weights=[[0.5], [-0.5], [0.5], [-0.5]],
            n=199,
            seed=study,
        )
        rejected += [found.p < 0.05, found.details["p_allocation"] <= 0.05]
    assert np.all((rejected / 300 > 0.01) & (rejected / 300 < 0.095)), rejected / 300


def test_a_missing_value_leaves_out_whom_it_concerns_and_is_counted() -> None:
    met = RNG.normal(size=(10, 2))
    met[0, 1] = np.nan
    found = FactorEffect.estimate(met, [0] * 10, [0] * 10, weights=[[1.0, -1.0]], n=9)
    assert found.value == pytest.approx((met[1:, 0] - met[1:, 1]).mean())
    assert (found.n["participants"], found.details["n_undefined"]) == (9, 1)


@pytest.mark.parametrize(
    ("values", "arms", "told"),
    [
        ([[1.0], [2.0], [3.0]], [0, 0, 1], "two participants"),
        ([[1.0], [1.0], [2.0], [2.0]], [0, 0, 1, 1], "do not vary"),
    ],
)
def test_what_cannot_be_tested_is_refused(values: Any, arms: Any, told: str) -> None:
    with pytest.raises(CannotEstimateError, match=told):
        FactorEffect.estimate(values, arms, [0] * len(arms), weights=[[-1.0], [1.0]])


def test_a_main_effect_weighs_the_other_levels_alike_and_a_simple_effect_takes_one() -> None:
    assert effect_weights(CELLS, effect("path - prediction")) == {
        "path_easy": 0.5, "path_hard": 0.5, "prediction_easy": -0.5, "prediction_hard": -0.5,
    }  # fmt: skip
    held = effect_weights(CELLS, effect("path - prediction", difficulty="hard"))
    assert held == {"path_hard": 1.0, "prediction_hard": -1.0}


def test_combinations_that_lack_a_level_are_left_out_and_where_all_do_it_is_said() -> None:
    some = {name: levels for name, levels in CELLS.items() if name != "path_easy"}
    assert effect_weights(some, effect("path - prediction")) == {"path_hard": 1.0, "prediction_hard": -1.0}
    assert cells_left_out(some, effect("path - prediction")) == ("difficulty=easy, explanation=path",)
    with pytest.raises(EffectError, match=r"cells are omitted \(difficulty=easy, explanation=path\)\.$"):
        effect_weights(some, effect("path - prediction", by="hard - easy"))


def test_cells_that_no_asked_level_needs_are_not_called_left_out() -> None:
    some = {name: levels for name, levels in CELLS.items() if name != "path_easy"}
    assert cells_left_out(CELLS, effect("path - prediction", by="hard - easy")) == ()
    assert cells_left_out(some, effect("path - prediction", difficulty="hard")) == ()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (effect("path - pathh"), "There is no level 'pathh'. Levels are: difficulty=easy"),
        (effect("path - hard"), "take one factor"),
        (effect("path - prediction", by="prediction - path"), "levels of one factor, explanation"),
        (effect("path - prediction", explanation="path"), "cannot be held"),
    ],
)
def test_an_effect_that_does_not_fit_the_factors_is_refused(asked: Effect, told: str) -> None:
    with pytest.raises(EffectError, match=told):
        effect_weights(CELLS, asked)


def test_a_level_of_two_factors_has_to_be_named_with_its_factor() -> None:
    cells = {f"{a}_{b}": {"one": a, "two": b} for a in ("low", "high") for b in ("low", "high")}
    with pytest.raises(EffectError, match="write one=high or two=high"):
        effect_weights(cells, effect("high - low"))
    assert effect_weights(cells, effect("two=high - two=low"))["low_high"] == 0.5


def test_a_plan_names_every_fault_of_its_effects() -> None:
    effects = [
        {"measure": "accuracy", "effect": "path"},
        "x",
        {"measure": "no", "effect": "a - b", "att": 1},
    ]
    with pytest.raises(PlanInvalidError) as refused:
        plan_from(
            {"primary": {"measure": "accuracy", "contrast": "a - b"}, "effects": effects},
            measures=["accuracy"],
        )
    told = " ".join(refused.value.faults)
    for part in ("effects[0].effect", "effects[1]: must be a mapping", "effects[2].att", "no measure 'no'"):
        assert part in told


def test_without_arrangements_the_t_test_stands_alone() -> None:
    values, arms = RNG.normal(size=(12, 1)), np.repeat([0, 1], 6)
    bare, replayed = (
        FactorEffect.estimate(values, arms, [0] * 12, weights=[[-1.0], [1.0]], n=n) for n in (0, 99)
    )
    assert (bare.p, bare.low, bare.high) == (replayed.p, replayed.low, replayed.high)
    assert bare.details["p_allocation"] is None
    assert 0 < replayed.details["p_allocation"] <= 1
