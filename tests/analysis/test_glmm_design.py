"""Formulas and tables of mixed models: what is read, what is left out and counted, what is refused with which words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.estimators._mixed_design import MixedDesign, mixed_design
from analysis.estimators._mixed_formula import MixedDesignError


@pytest.fixture
def trials() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = pd.DataFrame({"who": np.repeat(np.arange(8), 6), "case": np.tile(np.arange(6), 8)})
    return rows.assign(
        correct=rng.integers(0, 2, 48).astype(bool),
        condition=np.array(["ai", "ig", "none"])[rows["who"] % 3],
        trial=rng.normal(size=48),
    )


def design_of(trials: pd.DataFrame, formula: str = "correct ~ condition") -> MixedDesign:
    return mixed_design(formula, trials, random={"who": "1 + trial", "case": "1"})


def test_z_times_lambda_is_the_model_written_out(trials: pd.DataFrame) -> None:
    design = design_of(trials)
    theta = np.array([2.0, 0.5, 3.0, 0.7])
    u = np.arange(1.0, design.q + 1)
    found = design.z() @ (design.relative_factor(theta) @ u)
    who, case = trials["who"].to_numpy(), trials["case"].to_numpy()
    first, second = u[2 * who], u[2 * who + 1]
    by_hand = 2.0 * first + trials["trial"] * (0.5 * first + 3.0 * second) + 0.7 * u[16 + case]
    np.testing.assert_allclose(found, by_hand)


def test_start_is_the_identity(trials: pd.DataFrame) -> None:
    design = design_of(trials)
    np.testing.assert_array_equal(design.relative_factor(design.theta_start()).toarray(), np.eye(design.q))
    assert design.is_diagonal().tolist() == [True, False, True, True]


def test_rows_with_a_missing_value_are_left_out_and_counted_by_column(trials: pd.DataFrame) -> None:
    holes = trials.astype({"correct": "boolean"})
    holes.loc[[0, 1], "trial"] = np.nan
    holes.loc[1, "correct"] = pd.NA
    design = design_of(holes)
    assert (design.n, design.n_missing, design.missing_by_column) == (46, 2, {"correct": 1, "trial": 2})
    assert design.rows[0] == 2


def test_a_missing_value_in_a_column_that_is_not_asked_for_costs_no_row(trials: pd.DataFrame) -> None:
    assert design_of(trials.assign(note=None)).n_missing == 0


def test_categories_that_do_not_occur_have_no_column(trials: pd.DataFrame) -> None:
    ordered = pd.Categorical(trials["condition"], ["none", "unused", "ig", "ai"])
    names = design_of(trials.assign(condition=ordered)).names
    assert names == ("Intercept", "condition[T.ig]", "condition[T.ai]")


def test_whole_numbers_as_categories_keep_their_names(trials: pd.DataFrame) -> None:
    names = mixed_design("correct ~ C(case)", trials, random={"who": "1"}).names
    assert names[:2] == ("Intercept", "C(case)[T.1]")


def test_a_reference_level_can_be_named(trials: pd.DataFrame) -> None:
    names = design_of(trials, "correct ~ C(condition, Treatment('none'))").names
    assert names[1] == "C(condition, Treatment('none'))[T.ai]"


def test_groups_can_be_joined(trials: pd.DataFrame) -> None:
    design = mixed_design("correct ~ 1", trials, random={"condition:case": "1"})
    assert design.random[0].n_levels == 18
    assert design.random[0].levels[:2] == ("ai:0", "ai:1")


def test_matrices_are_made_again_under_another_condition(trials: pd.DataFrame) -> None:
    design = design_of(trials, "correct ~ condition * center(trial)")
    again, _ = design.remade(trials)
    np.testing.assert_allclose(again, design.fixed)
    changed, (by_person, _) = design.remade(trials.assign(condition="ig"))
    np.testing.assert_array_equal(changed[:, 1:3], np.tile([1.0, 0.0], (48, 1)))
    np.testing.assert_array_equal(by_person[:, 1], trials["trial"])


def faults(formula: str, trials: pd.DataFrame, **random: str) -> str:
    with pytest.raises(MixedDesignError) as caught:
        mixed_design(formula, trials, random=random or {"who": "1"})
    return str(caught.value)


def test_all_faults_are_listed_at_once(trials: pd.DataFrame) -> None:
    wrong = trials.assign(trial=trials["trial"].round(2).astype(str), case=np.inf)
    said = faults("answer ~ trial + dose", wrong, who="1", case="1", team="1")
    for part in ("'answer'", "'dose'", "'team'", "numbers as text", "infinite"):
        assert part in said


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("correct ~ __import__('os')", "it may hold columns"),
        ("correct ~ trial.mean()", "it may hold columns"),
        ("correct ~ I([c for c in 'ab'])", "it may hold columns"),
        ("correct ~ (lambda: 1)()", "cannot be read"),
        ("correct ~ condition +", "cannot be read"),
        ("~ condition", "must name one outcome"),
        ("condition ~ trial", "the outcome must be a number"),
        ("correct ~ trial + I(2 * trial)", "cannot be told apart"),
        ("correct ~ log(trial - 100)", "not finite"),
        ("log(trial - 100) ~ condition", "the outcome is not a finite number"),
    ],
)
def test_a_formula_that_cannot_stand_is_refused(trials: pd.DataFrame, formula: str, words: str) -> None:
    assert words in faults(formula, trials)


@pytest.mark.parametrize(
    ("random", "words"),
    [
        ({"who": "1 | trial"}, "it may hold columns"),
        ({"who": "0"}, "holds no random effect"),
        ({"who": 1}, "must be text"),
        ("who", "must map groupings to effects"),
        ({"who": "correct ~ 1"}, "must name no outcome"),
    ],
)
def test_random_effects_that_cannot_stand_are_refused(trials: pd.DataFrame, random: Any, words: str) -> None:
    with pytest.raises(MixedDesignError, match=words):
        mixed_design("correct ~ condition", trials, random=random)


def test_names_with_blanks_and_numpy_prefixes_are_read(trials: pd.DataFrame) -> None:
    renamed = trials.rename(columns={"who": "the person", "trial": "my x"})
    design = mixed_design("correct ~ np.exp(Q('my x'))", renamed, random={"the person": "1"})
    assert design.random[0].n_levels == 8
    np.testing.assert_allclose(design.fixed[:, 1], np.exp(trials["trial"]))


def test_a_factor_with_one_level_is_refused_and_does_not_vanish(trials: pd.DataFrame) -> None:
    assert "same value in every row" in faults("correct ~ condition", trials.assign(condition="ai"))


def test_a_condition_that_one_participant_is_in_is_refused(trials: pd.DataFrame) -> None:
    lone = trials.assign(condition=np.where(trials["who"] == 3, "ig", "ai"))
    said = faults("correct ~ condition", lone, who="1", case="1")
    assert "only one level of 'who' is in condition ig" in said
    assert "'case'" not in said


def test_a_grouping_with_one_level_is_refused(trials: pd.DataFrame) -> None:
    assert "one level" in faults("correct ~ trial", trials.assign(who=1))


def test_an_empty_table_is_refused(trials: pd.DataFrame) -> None:
    assert "has no values" in faults("correct ~ trial", trials.iloc[:0])
