"""Orders within participants: which condition came first, and whether that changed the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.core.estimate import CannotEstimateError
from analysis.core.selection import is_true
from analysis.estimators.participant_contrast import ParticipantContrast

if TYPE_CHECKING:
    import pandas as pd

PLACE = ("block_index", "trial_index")


def order_of_conditions(
    trials: pd.DataFrame, people: pd.DataFrame, *, names: tuple[str, str], alpha: float
) -> dict[str, Any]:
    """Compare participants who met the treatment first with those who met the control first.

    With ``d_i`` the difference and ``s_i`` the sum of a participant's two values: the period effect is
    ``(mean d of treatment first - mean d of control first) / 2``; unequal sums show that what came first left
    something behind (carry-over), as far as participants of both orders are alike.

    Parameters
    ----------
    trials : pandas.DataFrame
        With ``participant_id, condition`` and a place: ``trial_index``, if possible ``block_index``.
    people : pandas.DataFrame
        As of `analysis.core.cells.cells`: one row for each participant and condition.
    names : tuple of str
        Treatment and control.
    alpha : float
        Intervals cover ``1 - alpha``.

    Returns
    -------
    dict
        ``orders`` (participants with treatment first and with control first), ``period`` and ``carry_over``
        (``value, low, high, p``), ``first_only`` (Welch's comparison of what each met first, which no carry-over can
        touch) and ``undefined``: None or a sentence. ``mixed`` is True where trials of both conditions alternate, so
        that neither came first.

    References
    ----------
    .. [1] Hills & Armitage (1979). The two-period cross-over clinical trial. Br. J. Clin. Pharmacol. 8, 7-20.
       https://doi.org/10.1111/j.1365-2125.1979.tb05903.x
    """
    nothing: dict[str, Any] = {"undefined": None, "mixed": False, "orders": None}
    place = [name for name in PLACE if name in trials.columns]
    if "trial_index" not in place:
        return nothing | {"undefined": "The table does not say in which order trials came."}
    first, mixed = _first(trials, names=names, place=place)
    if mixed:
        return nothing | {"mixed": True}
    wide = people[people["condition"].isin(names)].reset_index()
    wide = wide.pivot_table(index="participant_id", columns="condition", values="scaled").dropna()
    came = first.reindex(wide.index)
    groups = [wide[(came == name).to_numpy(dtype=bool)] for name in names]
    orders = dict(zip(("treatment_first", "control_first"), map(len, groups), strict=True))
    found = nothing | {"orders": orders}
    if min(orders.values()) < 2:
        alone = names[0] if len(groups[0]) > len(groups[1]) else names[1]
        return found | {"undefined": f"Nearly everybody met {alone} first: orders cannot be compared."}
    level, (one, other) = 1 - alpha, names
    differences = [(group[one] - group[other]).to_numpy() for group in groups]
    sums = [(group[one] + group[other]).to_numpy() for group in groups]
    return found | {
        "period": _test(*differences, level=level, share=0.5),
        "carry_over": _test(*sums, level=level),
        "first_only": _test(groups[0][one].to_numpy(), groups[1][other].to_numpy(), level=level),
    }


def _first(trials: pd.DataFrame, *, names: tuple[str, str], place: list[str]) -> tuple[pd.Series[Any], bool]:
    """Return the condition that each participant met first, and whether trials of both alternate."""
    real = trials[~is_true(trials, "is_practice") & trials["condition"].isin(names).to_numpy(dtype=bool)]
    rows = real.sort_values(["participant_id", *place])
    begun = rows.groupby("participant_id", sort=False)["condition"].first()
    before = rows.groupby("participant_id", sort=False)["condition"].shift()
    turns = ((rows["condition"] != before) & before.notna()).groupby(rows["participant_id"]).sum()
    return begun, bool((turns > 1).mean() > 0.5) if len(turns) else False


def _test(one: Any, other: Any, *, level: float, share: float = 1.0) -> dict[str, Any]:
    try:
        found = ParticipantContrast.estimate(one, other, level=level)
    except CannotEstimateError as error:
        return {"undefined": str(error)}
    return {
        "undefined": None,
        "p": found.p,
        **{name: share * getattr(found, name) for name in ("value", "low", "high")},
    }
