"""Looks: which of the planned looks at outcomes a report is, and the level that is spent at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

from analysis.core.monitoring import alpha_spent, boundaries
from analysis.core.monitoring.spending import Kind
from analysis.core.plan import Plan
from analysis.report.wording import listed

_SHOWN = {"equivalence": "equivalent", "non_inferiority": "non_inferior"}  # claim: the verdict that shows it
CLOSE = 0.01  # a look planned at half is taken at 49 % as well


class LookNotDueError(ValueError):
    """Outcomes by condition may not be seen yet: no planned look is due."""


def look_at(
    plan: Plan, *, n_analysed: int, over: bool | None = None, taken: Sequence[float] = ()
) -> dict[str, Any] | None:
    """Say which look this is and at which level its primary question is tested.

    Parameters
    ----------
    plan : Plan
        With ``looks`` and ``spending``.
    n_analysed : int
        Participants with a value of the primary measure.
    over : bool, optional
        Whether recruitment is over, so that this is the last look. None: over when the planned number is reached.
    taken : sequence of float
        Shares at which somebody looked before; without them, all planned looks before this one count as taken.

    Returns
    -------
    dict or None
        ``kind`` (spending), ``share`` (of the planned participants), ``number, of, is_last, level`` (at which this look
        tests), ``rows``: one for each look up to this one (``share, spent, boundary, level``). None for a plan that is
        tested once.

    Raises
    ------
    LookNotDueError
        When recruitment goes on and no planned look is due.

    Examples
    --------
    >>> from analysis.core.plan import plan_from
    >>> outcome = {"measure": "accuracy", "contrast": "ig - ai"}
    >>> plan = plan_from({"primary": outcome, "looks": [0.5, 1], "n": 100})
    >>> found = look_at(plan, n_analysed=50)
    >>> found["number"], round(found["level"], 4), look_at(plan, n_analysed=100)["is_last"]
    (1, 0.0031, True)
    """
    if not plan.spending:
        return None
    share = min(1.0, n_analysed / plan.n) if plan.n else 1.0
    last = share >= 1 - 1e-9 if over is None else over
    told: dict[str, Any] = {"kind": plan.spending, "share": share, "is_last": last, "alpha": plan.alpha}
    if plan.spending == "always_valid":
        return told | {"number": None, "of": None, "level": plan.alpha, "rows": []}
    due = _due(plan, share=share, last=last)
    before = [one for one in (taken or due) if one < share - CLOSE]
    shares = [*before, share]
    bounds = boundaries(shares, alpha=plan.alpha, kind=plan.spending, sides=_sides(plan), complete=last)
    rows = _rows(plan, shares, bounds, last=last)
    number = len(plan.looks) if last else max(1, len(due))
    return told | {"number": number, "of": len(plan.looks), "level": rows[-1]["level"], "rows": rows}


def _due(plan: Plan, *, share: float, last: bool) -> list[float]:
    """Return the planned looks that are due by now, without the last one."""
    due = [one for one in plan.looks[:-1] if share >= one - CLOSE]
    if due or last:
        return due
    planned = ", ".join(f"{100 * one:g} %" for one in plan.looks)
    raise LookNotDueError(
        f"The plan looks at outcomes at {planned} of {plan.n} participants, and {100 * share:.0f} % are in: nothing by "
        "condition may be seen yet. Look blinded (python -m analysis interim), or, if recruitment is over, say so "
        "(--final)."
    )


def _sides(plan: Plan) -> Literal[1, 2]:
    return 2 if plan.primary.direction == "two_sided" else 1


def _rows(
    plan: Plan, shares: Sequence[float], bounds: Sequence[float], *, last: bool
) -> list[dict[str, Any]]:
    from scipy import stats

    sides, kind = _sides(plan), cast(Kind, plan.spending)
    rows = []
    for at, (share, bound) in enumerate(zip(shares, bounds, strict=True)):
        end = last and at == len(shares) - 1
        spent = sides * alpha_spent(1.0 if end else share, alpha=plan.alpha / sides, kind=kind)
        rows.append(
            {"share": share, "spent": spent, "boundary": bound, "level": float(sides * stats.norm.sf(bound))}
        )
    return rows


def look_sentence(look: dict[str, Any], *, primary: Mapping[str, Any]) -> str:
    """Say what a look means for the study.

    Parameters
    ----------
    look : dict
        As of `look_at`.
    primary : mapping
        Answer of the primary question, at the level of this look: ``verdict, claim, conjunction, contrasts``.

    Returns
    -------
    str
        One or two sentences.

    Examples
    --------
    >>> look = {"kind": "pocock", "share": 0.5, "number": 1, "of": 2, "is_last": False, "level": 0.031, "alpha": 0.05}
    >>> told = look_sentence(look, primary={"verdict": "undecided", "claim": "difference", "contrasts": []})
    >>> told[:53], told[-48:]
    ('This is look 1 of 2, with 50 % of the planned partici', ' crossed: the study goes on, nothing is settled.')
    """
    goes_on = _goes_on(primary)
    if look["kind"] == "always_valid":
        words = (
            f"The primary question is monitored by an always-valid p value, with {100 * look['share']:.0f} % of the "
            "planned participants in."
        )
        return words if look["is_last"] else f"{words} {goes_on}"
    words = (
        f"This is look {look['number']} of {look['of']}, with {100 * look['share']:.0f} % of the planned participants; "
        f"it tests at {look['level']:.2g}, so that all looks together cost {look['alpha']:g}."
    )
    return words if look["is_last"] else f"{words} {goes_on}"


def _goes_on(primary: Mapping[str, Any]) -> str:
    """Say which comparisons have crossed the boundary; with a conjunction there is one for all of them."""
    ends = {"better", "worse", "higher", "lower"} | {_SHOWN.get(primary["claim"], "better")}
    if primary["verdict"] in ends:
        return "Its boundary is crossed: recruitment may stop here."
    pairs = {
        f"{one['treatment']} against {one['control']}": one["verdict"] in ends for one in primary["contrasts"]
    }
    if primary.get("conjunction") or not any(pairs.values()):
        return "Its boundary is not crossed: the study goes on, nothing is settled."
    if all(pairs.values()):
        return "Its boundary is crossed by every comparison: recruitment may stop here."
    over, under = ([pair for pair, is_over in pairs.items() if is_over is side] for side in (True, False))
    return f"Its boundary is crossed by {listed(over)}, not by {listed(under)}: for the latter the study goes on."
