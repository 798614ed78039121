"""Participant flow: how many came, were allocated, finished and are analysed, by condition (CONSORT)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from analysis.core.selection import counted, is_true
from analysis.estimators.wilson import Wilson
from analysis.report.sample import Sample

if TYPE_CHECKING:
    import pandas as pd

RATIO_ALARM = (
    0.001  # sample-ratio mismatch: alarm far below the usual level, as it is looked at in every study
)


def participant_flow(sample: Sample, *, analysed: pd.DataFrame) -> dict[str, Any]:
    """Count participants at every step.

    Parameters
    ----------
    sample : Sample
        Everybody, before exclusions by the plan.
    analysed : pandas.DataFrame
        Index: participants of the primary analysis, once for each condition met; column ``value`` of the primary
        measure. Where participants met several conditions, one with a value in any of them counts as analysed.

    Returns
    -------
    dict
        ``before`` (counts before allocation, None without a table of participants) and ``arms`` (one dict for
        each condition, or each arm where participants met several).

    References
    ----------
    .. [1] Hopewell et al. (2025). CONSORT 2025 statement. BMJ 389:e081123. https://doi.org/10.1136/bmj-2024-081123
    """
    return {
        "before": _before(sample),
        "arms": [_arm(sample, condition=name, analysed=analysed) for name in sample.arms],
    }


def _before(sample: Sample) -> dict[str, int] | None:
    table = sample.participants
    if table is None or "status" not in table.columns:
        return None
    screened_out = int((table["status"] == "screened_out").sum())
    failed = int((table["status"] == "comprehension_failed").sum())
    allocated = len(sample.seats)
    return {
        "enrolled": len(table),
        "consented": int(is_true(table, "consented").sum()),
        "screened_out": screened_out,
        "comprehension_failed": failed,
        "left_before_allocation": max(0, len(table) - screened_out - failed - allocated),
        "allocated": allocated,
    }


def _arm(sample: Sample, *, condition: str, analysed: pd.DataFrame) -> dict[str, Any]:
    ids = set(sample.seats["participant_id"][sample.seats["condition"] == condition])
    if sample.is_within:
        mine = analysed[analysed.index.isin(ids)].groupby(level=0)[["value"]].max()
    else:
        mine = analysed[analysed["condition"] == condition]
    started = _started(sample)
    arm: dict[str, Any] = {
        "condition": condition,
        "allocated": len(ids),
        "started": len(ids & started),
        "completed": None,
        "withdrawn": None,
        "excluded_by_rule": len(ids & _flagged(sample, "excluded")),
        "not_in_analysis": len(ids) - len(mine),
        "analysed": int(mine["value"].notna().sum()),
        "undefined": int(mine["value"].isna().sum()),
    }
    if sample.participants is not None:
        arm["completed"] = len(ids & _flagged(sample, "completed"))
        arm["withdrawn"] = len(ids & _flagged(sample, "withdrawn"))
        share = Wilson.estimate(arm["completed"], arm["allocated"])
        arm["completion"] = {"value": share.value, "low": share.low, "high": share.high}
    return arm


def _started(sample: Sample) -> set[str]:
    protocols = (
        sorted(set(sample.trials["protocol"].dropna())) if "protocol" in sample.trials.columns else ["any"]
    )
    return set(counted(sample.trials, protocols=protocols or ["any"])["participant_id"])


def _flagged(sample: Sample, column: str) -> set[str]:
    table = sample.trials if sample.participants is None else sample.participants
    return set(table["participant_id"][is_true(table, column)])


def ratio_mismatch(arms: list[dict[str, Any]], *, allocation: Mapping[str, Any] | None) -> dict[str, Any]:
    """Test whether as many were allocated to each condition as planned (sample-ratio mismatch).

    Parameters
    ----------
    arms : list of dict
        As of `participant_flow`.
    allocation : mapping or None
        With ``conditions`` and ``ratio``; equal shares without it.

    Returns
    -------
    dict
        ``allocated`` and ``analysed``, each with ``chi2, df, p, alarm``; p below 0.001 is an alarm.

    References
    ----------
    .. [1] Fabijan et al. (2019). Diagnosing sample ratio mismatch in online controlled experiments. KDD '19.
       https://doi.org/10.1145/3292500.3330722

    Examples
    --------
    >>> ai = {"condition": "ai", "allocated": 90, "analysed": 9}
    >>> arms = [ai, {"condition": "ig", "allocated": 10, "analysed": 9}]
    >>> ratio_mismatch(arms, allocation=None)["allocated"]["alarm"]
    True
    """
    shares = dict(
        zip((allocation or {}).get("conditions", []), (allocation or {}).get("ratio", []), strict=False)
    )
    weights = [float(shares.get(arm["condition"], 1)) for arm in arms]
    return {
        step: _chi2_against([int(arm[step]) for arm in arms], weights) for step in ("allocated", "analysed")
    }


def _chi2_against(counts: list[int], weights: list[float]) -> dict[str, Any]:
    from scipy import stats

    total, weight = sum(counts), sum(weights)
    if len(counts) < 2 or total == 0:
        return {"chi2": math.nan, "df": 0, "p": math.nan, "alarm": False}
    expected = [total * one / weight for one in weights]
    chi2 = sum((count - mean) ** 2 / mean for count, mean in zip(counts, expected, strict=True))
    p = float(stats.chi2.sf(chi2, len(counts) - 1))
    return {"chi2": chi2, "df": len(counts) - 1, "p": p, "alarm": p < RATIO_ALARM}


def attrition(arms: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Test whether conditions lost different shares of their participants.

    Parameters
    ----------
    arms : list of dict
        As of `participant_flow`.

    Returns
    -------
    dict or None
        ``chi2, df, p``, and ``undefined``: a sentence where nobody (or everybody) left. None when completion
        is not known.

    Examples
    --------
    >>> arms = [{"allocated": 100, "completed": 85}, {"allocated": 102, "completed": 85},
    ...         {"allocated": 100, "completed": 91}, {"allocated": 99, "completed": 79}]
    >>> found = attrition(arms)
    >>> round(found["chi2"], 2), found["df"], round(found["p"], 2)
    (5.07, 3, 0.17)
    """
    from scipy import stats

    if any(arm["completed"] is None for arm in arms):
        return None
    stayed = [int(arm["completed"]) for arm in arms]
    left = [int(arm["allocated"]) - count for arm, count in zip(arms, stayed, strict=True)]
    if len(arms) < 2 or not sum(left) or not sum(stayed) or not all(arm["allocated"] for arm in arms):
        words = "Nobody left." if not sum(left) else "The conditions cannot be compared."
        return {"chi2": math.nan, "df": 0, "p": math.nan, "undefined": words}
    found = stats.chi2_contingency([stayed, left], correction=False)
    return {"chi2": float(found.statistic), "df": int(found.dof), "p": float(found.pvalue), "undefined": None}
