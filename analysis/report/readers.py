"""Reader studies: readers and cases both random, after Obuchowski, Rockette and Hillis, from the trials of a sample."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

from analysis.core.estimate import CannotEstimateError, Direction
from analysis.core.measure import Measure
from analysis.core.plan import Contrast, Hypothesis
from analysis.core.selection import DECISION_PROTOCOLS, counted, is_true, truths
from analysis.report.sample import Sample

if TYPE_CHECKING:
    import pandas as pd

    from analysis.estimators._mrmc_result import MrmcResult

METRICS = ("auc", "sensitivity", "specificity", "balanced_accuracy")
LABEL = "multi-reader multi-case analysis (Obuchowski-Rockette-Hillis)"


def readings(sample: Sample, measure: type[Measure], *, conditions: list[str]) -> pd.DataFrame:
    """Return one row for each reading of a case by a reader in a condition.

    Parameters
    ----------
    sample : Sample
        Who is analysed.
    measure : type of Measure
        One of `METRICS`.
    conditions : list of str
        Those that are compared.

    Returns
    -------
    pandas.DataFrame
        ``reader, case, condition, truth`` (1: positive) and ``rating``: for the AUC the confidence, negative where the
        decision is not the positive class; else the decision (1: positive).

    Raises
    ------
    CannotEstimateError
        When a column is not there.
    """
    trials = sample.with_conditions(sample.trials)
    wanted = ["case_id", "is_positive", "correct", *(["confidence"] if measure.name == "auc" else [])]
    absent = [name for name in wanted if name not in trials.columns]
    if absent:
        raise CannotEstimateError(
            f"A reader study needs the column(s) {', '.join(absent)}, which are not there."
        )
    rows = counted(trials, protocols=tuple(getattr(measure, "protocols", ())) or DECISION_PROTOCOLS)
    rows = rows[rows["condition"].isin(conditions) & rows["is_positive"].notna() & rows["correct"].notna()]
    positive = is_true(rows, "is_positive")
    decided = positive == (truths(rows["correct"]) > 0)
    rating = decided.astype(float)
    if measure.name == "auc":
        sure = rows["confidence"].astype(float)
        rating = sure.where(decided, -sure)
    import pandas as pd

    kind = pd.CategoricalDtype(conditions, ordered=True)
    return pd.DataFrame({
        "reader": rows["participant_id"].to_numpy(), "case": rows["case_id"].to_numpy(),
        "condition": pd.Categorical(rows["condition"].to_numpy(), dtype=kind),
        "truth": positive.astype(int).to_numpy(), "rating": rating.to_numpy(dtype=float),
    })  # fmt: skip


def reader_study(
    sample: Sample, *, measure: type[Measure], hypothesis: Hypothesis, alpha: float
) -> MrmcResult | str:
    """Analyse the readings of a hypothesis; see `analysis.estimators.mrmc.mrmc`.

    Parameters
    ----------
    sample : Sample
        Who is analysed.
    measure : type of Measure
        One of `METRICS`.
    hypothesis : Hypothesis
        Its model may say ``covariance`` and ``fixed``. Without a covariance: DeLong, or the jackknife where not every
        case was read in every cell.
    alpha : float
        Intervals cover ``1 - alpha``.

    Returns
    -------
    MrmcResult or str
        The sentence that says why there is none.
    """
    from analysis.estimators.mrmc import mrmc

    names = {name for one in hypothesis.contrasts for name in (one.treatment, one.control)}
    try:
        table = readings(sample, measure, conditions=[name for name in sample.conditions if name in names])
        crossed = (
            len(table)
            == table.groupby(["condition", "reader"], observed=True).ngroups * table["case"].nunique()
        )
        covariance: Any = hypothesis.model.covariance or ("delong" if crossed else "jackknife")
        return mrmc(
            table,
            reader="reader",
            case="case",
            truth="truth",
            rating="rating",
            metric=cast(Any, measure.name),
            covariance=covariance,
            fixed=cast(Any, hypothesis.model.fixed or None),
            level=1 - alpha,
        )
    except (CannotEstimateError, ValueError) as error:
        return str(error)


def reader_answer(found: MrmcResult | str, *, contrast: Contrast, direction: Direction) -> dict[str, Any]:
    """Return one contrast of a reader study as the report tells it.

    Parameters
    ----------
    found : MrmcResult or str
        As of `reader_study`.
    contrast : Contrast
        Two of its conditions.
    direction : {"two_sided", "greater", "less"}
        Of the test.

    Returns
    -------
    dict
        ``estimator, label, value, std_error, df, statistic, p, low, high, design, population, covariance,
        n_cases, notes``, ``cells`` (``reader``, values of ``treatment`` and ``control``), ``components``, and
        ``undefined``: None or a sentence.
    """
    told: dict[str, Any] = {"estimator": "mrmc", "label": LABEL, "notes": []}
    if isinstance(found, str):
        return told | {"undefined": found}
    from analysis.estimators.mrmc import Mrmc

    try:
        estimate = Mrmc.estimate(found, (contrast.treatment, contrast.control))
    except CannotEstimateError as error:
        return told | {"undefined": str(error)}
    return told | {
        "undefined": None,
        **{
            name: getattr(estimate, name) for name in ("value", "std_error", "df", "statistic", "low", "high")
        },
        "p": _p(estimate.statistic, estimate.df, direction=direction),
        "design": found.design,
        "population": found.population,
        "covariance": found.covariance,
        "n_cases": found.n_cases,
        "n_readers": dict(estimate.n),
        "cells": _cells(found, contrast),
        "components": {str(name): float(row["estimate"]) for name, row in found.components.iterrows()},
        "notes": list(found.notes),
    }


def _p(statistic: float, df: float, *, direction: Direction) -> float:
    from scipy import stats

    spread = stats.norm if math.isinf(df) else stats.t(df)
    tails = {"greater": spread.sf(statistic), "less": spread.cdf(statistic)}
    return float(tails.get(direction, 2 * spread.sf(abs(statistic))))


def _cells(found: MrmcResult, contrast: Contrast) -> list[dict[str, Any]]:
    values = found.cells["estimate"]
    readers = sorted({str(reader) for _condition, reader in values.index})
    sides = {"treatment": contrast.treatment, "control": contrast.control}
    rows = [
        {"reader": reader}
        | {
            side: float(values[name, reader]) if (name, reader) in values.index else math.nan
            for side, name in sides.items()
        }
        for reader in readers
    ]
    return [row for row in rows if not (math.isnan(row["treatment"]) and math.isnan(row["control"]))]  # type: ignore[arg-type]
