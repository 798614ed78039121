"""Single questions to a table, for a notebook: one measure, one permutation test, one equivalence test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from analysis.core.cells import cells
from analysis.core.dataset import conform
from analysis.core.estimate import CannotEstimateError, Direction, Estimate
from analysis.core.measure import TrialRate
from analysis.core.plan import parse_contrast
from analysis.core.replay import exchange
from analysis.estimators.equivalence import Equivalence
from analysis.estimators.permutation import Permutation
from analysis.estimators.permutation_interval import PermutationInterval
from analysis.estimators.sign_flip import SignFlip
from analysis.measures import registry, tabulations
from analysis.report.pairing import Sides, sides_of

if TYPE_CHECKING:
    import pandas as pd


def measure(name: str, table: pd.DataFrame, *, by: str = "condition", **options: Any) -> pd.DataFrame:
    """Compute a measure for each condition.

    Parameters
    ----------
    name : str
        Name of a measure, ``scale_score:QUESTIONNAIRE`` or ``scale_score:QUESTIONNAIRE/SUBSCALE``, or name of a
        tabulation (a measure that is a curve, a table or a comparison of conditions).
    table : pandas.DataFrame
        Rows of ``trials`` (or of ``scales``, for a questionnaire), one study.
    by : str
        Column to group by: "condition" or another. A participant who is in several groups counts in each with the
        rows of that group.
    **options
        Of a tabulation; see its ``options``. A measure has none.

    Returns
    -------
    pandas.DataFrame
        Index: the groups, sorted. ``value`` (mean over participants; geometric mean for a measure on the log
        scale), ``n`` (participants with a value), ``n_undefined`` (participants without), ``unit``,
        ``opportunities`` (trials or answers behind it) and ``pooled`` (all events / all opportunities, for a
        share of trials; else missing). For a tabulation: the columns that it declares, indexed by group and its
        ``keys``, and ``unit`` where it has a ``value``.

    Raises
    ------
    LookupError
        When there is no such measure.
    ValueError
        When a column is absent or holds wrong values, or an option is unknown.

    Notes
    -----
    ``value`` weighs participants equally, ``pooled`` weighs trials equally. Where few trials are eligible they
    differ.

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"participant_id": ["p1", "p1", "p2"], "condition": ["ai", "ai", "ig"],
    ...                        "correct": [True, False, None]})
    >>> found = measure("accuracy", trials)
    >>> found[["n", "n_undefined"]].to_dict("index")
    {'ai': {'n': 1, 'n_undefined': 0}, 'ig': {'n': 0, 'n_undefined': 1}}
    """
    import numpy as np
    import pandas as pd

    if name in tabulations.names():
        return _tabulate(name, table, by=by, options=options)
    chosen = registry.get(name)
    if options:
        raise ValueError(f"The measure '{name}' has no option {', '.join(sorted(options))}. There are: none.")
    typed = conform(table, chosen.table)
    if by not in typed.columns:
        raise ValueError(f"measure cannot group by {by!r}: the table has no such column.")
    people = cells(chosen, typed.assign(condition=typed[by].astype(object)))
    rows = {}
    for group, found in people.groupby("condition"):
        mean = float(found["scaled"].mean())
        rows[group] = {
            "value": float(np.exp(mean)) if chosen.scale == "log" else mean,
            "n": int(found["value"].notna().sum()),
            "n_undefined": int(found["value"].isna().sum()),
            "unit": chosen.unit,
            "opportunities": int(found["opportunities"].sum()),
            "pooled": pooled(found) if issubclass(chosen, TrialRate) else float("nan"),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(by)


def _tabulate(name: str, table: pd.DataFrame, *, by: str, options: Mapping[str, Any]) -> pd.DataFrame:
    chosen = tabulations.get(name)
    found = chosen.compute(conform(table, chosen.table), by=by, **options)
    return found.assign(unit=chosen.unit) if "value" in found.columns else found


def pooled(people: pd.DataFrame) -> float:
    """Return all events over all opportunities of a share of trials.

    Parameters
    ----------
    people : pandas.DataFrame
        Columns ``value`` (share) and ``opportunities`` of each participant.

    Returns
    -------
    float
        0 to 1; NaN without opportunities.

    Examples
    --------
    >>> import pandas as pd
    >>> pooled(pd.DataFrame({"value": [1.0, 0.0, None], "opportunities": [1, 3, 0]}))
    0.25
    """
    total = int(people["opportunities"].sum())
    events = float((people["value"] * people["opportunities"]).sort_index().sum())
    return round(events) / total if total else float("nan")


def permutation_test(
    table: pd.DataFrame,
    *,
    measure: str,
    contrast: str,
    unit: str = "participant_id",
    allocation: Mapping[str, Any] | None = None,
    n: int = 10_000,
    seed: int = 1,
    direction: Direction = "two_sided",
) -> Estimate:
    """Test a contrast of two conditions by replaying the allocation, or by flipping signs within participants.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of ``trials`` (or of ``scales``).
    measure : str
        Name of a measure.
    contrast : str
        Such as ``ig - ai``.
    unit : str
        "participant_id"; nothing else was allocated.
    allocation : mapping, optional
        Content of ``allocation.json``; without it conditions are exchanged within strata.
    n, seed
        As for `analysis.estimators.permutation.Permutation`.
    direction : {"two_sided", "greater", "less"}
        Of the test.

    Returns
    -------
    Estimate
        ``value`` is on the log scale for a measure on that scale; ``details["mechanism"]`` names what was
        replayed (blocks, strata, simple, minimisation; sign_flip where the same participants met both conditions),
        and the note says it in words.

    Raises
    ------
    CannotEstimateError
        When ``unit`` is another one, or the data allow no test.

    References
    ----------
    .. [1] Chung & Romano (2013). https://doi.org/10.1214/13-AOS1090

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"participant_id": [f"p{i}" for i in range(8)], "condition": ["ig", "ai"] * 4,
    ...                        "correct": [True, False] * 3 + [False, True]})
    >>> permutation_test(trials, measure="accuracy", contrast="ig - ai", n=500).value
    0.5
    """
    if unit != "participant_id":
        raise CannotEstimateError(
            f"The unit must be 'participant_id', got {unit!r}: participants were allocated, and trials of one "
            "participant are not independent."
        )
    chosen = registry.get(measure)
    names = parse_contrast(contrast)
    people = cells(chosen, conform(table, chosen.table))
    return permute(people, treatment=names.treatment, control=names.control, allocation=allocation, n=n, seed=seed,
                   direction=direction)  # fmt: skip


def permute(
    people: pd.DataFrame,
    *,
    treatment: str,
    control: str,
    allocation: Mapping[str, Any] | None,
    n: int,
    seed: int,
    direction: Direction,
) -> Estimate:
    """Replay the allocation of participants whose values are known; see `permutation_test`.

    Parameters
    ----------
    people : pandas.DataFrame
        As of `analysis.core.cells.cells`.
    treatment, control : str
        Names of two conditions.
    allocation, n, seed, direction
        As for `permutation_test`.

    Returns
    -------
    Estimate
        As of `permutation_test`.
    """
    sides = sides_of(people, names=(treatment, control))
    if sides.placed == "within":
        return _flipped(sides, allocation=allocation, n=n, seed=seed, direction=direction)
    people, treated, untreated = _as_allocated(people, treatment, control, allocation=allocation)
    places = exchange(people, treatment=treated, control=untreated, allocation=allocation)
    found = Permutation.estimate(
        places.values,
        places.treated,
        places.groups,
        n=n,
        seed=seed,
        direction=direction,
        redraw=places.redraw,
    )
    return replace(
        found,
        n={treatment: found.n["treatment"], control: found.n["control"]},
        details={**found.details, "mechanism": places.mechanism},
        notes=(places.note,),
    )


def shifts_allowed(
    people: pd.DataFrame,
    *,
    treatment: str,
    control: str,
    allocation: Mapping[str, Any] | None,
    n: int,
    seed: int,
    level: float,
) -> Estimate:
    """Invert the permutation test of participants whose values are known: the shifts that it does not reject.

    Parameters
    ----------
    people : pandas.DataFrame
        As of `analysis.core.cells.cells`; nobody met both conditions.
    treatment, control : str
        Names of two conditions.
    allocation, n, seed
        As for `permutation_test`: with the same n and seed these are the arrangements of the test.
    level : float
        Coverage.

    Returns
    -------
    Estimate
        As of `analysis.estimators.permutation_interval.PermutationInterval`.

    Raises
    ------
    CannotEstimateError
        Also where minimisation allocated: its arrangements cannot be told from groups.
    """
    people, treated, untreated = _as_allocated(people, treatment, control, allocation=allocation)
    places = exchange(people, treatment=treated, control=untreated, allocation=allocation)
    if places.redraw is not None:
        raise CannotEstimateError(
            "What minimisation could have dealt is drawn person by person: no interval."
        )
    return PermutationInterval.estimate(
        places.values, places.treated, places.groups, n=n, seed=seed, level=level
    )


def _flipped(
    sides: Sides, *, allocation: Mapping[str, Any] | None, n: int, seed: int, direction: Direction
) -> Estimate:
    if (allocation or {}).get("placement", {}).get("order") == "fixed":
        raise CannotEstimateError(
            "The order of the conditions was the same for everybody: chance decided nothing that could be replayed."
        )
    found = SignFlip.estimate(sides.treatment - sides.control, n=n, seed=seed, direction=direction)
    how = "all patterns of signs" if found.details["exact"] else f"{n:,} drawn patterns of signs"
    note = f"Which of the two conditions a participant met where was drawn: {how} of the differences."
    return replace(found, details={**found.details, "mechanism": "sign_flip"}, notes=(note,))


def _as_allocated(
    people: pd.DataFrame, treatment: str, control: str, *, allocation: Mapping[str, Any] | None
) -> tuple[pd.DataFrame, str, str]:
    """Name two conditions by the arms in which they were met, where arms were what was allocated."""
    arms = (allocation or {}).get("placement", {}).get("arms", [])
    if all(set(arm["conditions"].values()) == {arm["name"]} for arm in arms):
        return people, treatment, control
    found = {
        name: [arm["name"] for arm in arms if name in arm["conditions"].values()]
        for name in (treatment, control)
    }
    if any(len(names) != 1 for names in found.values()):
        raise CannotEstimateError(
            f"{treatment} or {control} was met in several arms: the allocation of arms cannot be replayed for them."
        )
    named = {name: arm for name, (arm,) in found.items()}
    rows = people[people["condition"].isin(named)]
    return rows.assign(condition=rows["condition"].map(named)), named[treatment], named[control]


def equivalence(
    estimate: float, std_error: float, df: float, low: float, high: float, *, alpha: float = 0.05
) -> Estimate:
    """Test whether a difference lies within two bounds; see `analysis.estimators.equivalence.Equivalence`.

    Parameters
    ----------
    estimate, std_error, df : float
        Of a difference.
    low, high : float
        Bounds, fixed in advance.
    alpha : float
        Of the test.

    Returns
    -------
    Estimate
        ``p`` below ``alpha`` shows equivalence.

    Examples
    --------
    >>> equivalence(0.0, 0.02, 100, -0.05, 0.05).p < 0.05
    True
    """
    return Equivalence.estimate(estimate, std_error, df, low=low, high=high, alpha=alpha)
