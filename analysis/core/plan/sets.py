"""Reading whom a plan leaves out, how it is done again for sensitivity, and when it is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Literal, cast

from analysis.core.plan.faults import Faults
from analysis.core.plan.values import (
    ANALYSE,
    DECISIVE,
    SPENDING,
    Analyse,
    Decisive,
    Rule,
    Spending,
    Variation,
)

_RELATIONS = ("below", "above", "equal")
MAX_LOOKS = 20


def read_rules(item: Any, *, where: str, faults: Faults) -> tuple[Rule, ...]:
    """Read one set of rules, ``{without: {column: value}}``.

    Parameters
    ----------
    item : object
        As the plan has it.
    where : str
        Place in the plan.
    faults : Faults
        Gets a sentence for all that is wrong.

    Returns
    -------
    tuple of Rule
        A participant is left out when any of them applies.

    Examples
    --------
    >>> faults = Faults()
    >>> [str(rule) for rule in read_rules({"without": {"median_rt_ms": {"below": 800}}}, where="x", faults=faults)]
    ['median_rt_ms below 800']
    """
    without = item.get("without") if isinstance(item, Mapping) else None
    if not isinstance(without, Mapping) or set(item) != {"without"} or not without:
        faults.append(f"{where}: must be {{without: {{column: value}}}}; else not supported yet.")
        return ()
    found = []
    for column, value in without.items():
        pairs = list(value.items()) if isinstance(value, Mapping) else [("equal", value)]
        for relation, bound in pairs:
            if relation not in _RELATIONS:
                faults.append(f"{where}.{column}: {relation!r} is not supported yet; use below or above.")
            elif relation != "equal" and (isinstance(bound, bool) or not isinstance(bound, int | float)):
                faults.append(f"{where}.{column}.{relation}: must be a number, got {bound!r}.")
            else:
                found.append(Rule(str(column), cast(Literal["equal", "below", "above"], relation), bound))
    return tuple(found)


def read_sensitivity(
    items: Any, *, faults: Faults
) -> tuple[tuple[tuple[Rule, ...], ...], tuple[Variation, ...]]:
    """Read the sensitivity analyses: sets of rules, and variations of estimator or set.

    Parameters
    ----------
    items : object
        List as the plan has it.
    faults : Faults
        Gets a sentence for all that is wrong.

    Returns
    -------
    tuple
        Sets of rules; variations.

    Examples
    --------
    >>> read_sensitivity([{"estimator": "glmm"}], faults=Faults())[1]
    (Variation(estimator='glmm', analyse=None),)
    """
    rules, variations = [], []
    for at, item in enumerate(faults.listed(items)):
        where = f"sensitivity[{at}]"
        if isinstance(item, Mapping) and set(item) == {"estimator"}:
            name = faults.choice(item, "estimator", DECISIVE, where=where, default=DECISIVE[0])
            variations.append(Variation(estimator=cast(Decisive, name)))
        elif isinstance(item, Mapping) and set(item) == {"analyse"}:
            name = faults.choice(item, "analyse", ANALYSE, where=where, default=ANALYSE[0])
            variations.append(Variation(analyse=cast(Analyse, name)))
        else:
            rules.append(read_rules(item, where=where, faults=faults))
    return tuple(rules), tuple(variations)


def read_looks(
    bare: Mapping[str, Any], *, faults: Faults
) -> tuple[tuple[float, ...], Spending | Literal[""]]:
    """Read the interim looks and how alpha is spent over them.

    Parameters
    ----------
    bare : mapping
        The plan; ``looks`` are information fractions that rise to 1 (shares of ``n``), ``spending`` one of
        `analysis.core.plan.values.SPENDING`.
    faults : Faults
        Gets a sentence for all that is wrong.

    Returns
    -------
    tuple
        Fractions, and the spending; empty when the plan is tested once, at the end. Always-valid needs no
        looks: it may be looked at whenever one likes.

    Examples
    --------
    >>> read_looks({"looks": [0.5, 1]}, faults=Faults())
    ((0.5, 1.0), 'obrien_fleming')
    """
    looks, said = bare.get("looks"), bare.get("spending")
    spending = faults.choice(bare, "spending", SPENDING, default="obrien_fleming") if said else ""
    if looks is None:
        if spending not in ("", "always_valid"):
            faults.append(f"plan.spending: {spending} needs looks, such as looks: [0.5, 1].")
        return (), cast("Spending | Literal['']", spending)
    numeric = isinstance(looks, list | tuple) and all(
        isinstance(one, int | float) and not isinstance(one, bool) for one in looks
    )
    rising = numeric and all(one < other for one, other in pairwise(looks))
    if not rising or not looks or looks[0] <= 0 or looks[-1] != 1 or len(looks) > MAX_LOOKS:
        faults.append(
            f"plan.looks: not supported yet as {looks!r}; list rising shares of n that end with 1, such as [0.5, 1], "
            f"at most {MAX_LOOKS}."
        )
        return (), ""
    if bare.get("n") is None and spending != "always_valid":
        faults.append("plan.n: is missing; looks are shares of n.")
    return tuple(float(one) for one in looks), cast(Spending, spending or "obrien_fleming")
