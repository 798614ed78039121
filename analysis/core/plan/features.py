"""What a plan asks for, by name, so that who carries it out can refuse what it does not do."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from analysis.core.plan.values import Hypothesis, Plan


def features(plan: Plan) -> dict[str, str]:
    """Name everything a plan asks for beyond one contrast of two conditions, corrected after Holm.

    Parameters
    ----------
    plan : Plan
        Checked.

    Returns
    -------
    dict of str to str
        Feature (such as ``estimator: glmm``) to its place in the plan (``primary.estimator``). Every feature
        is said once, at its first place.

    Examples
    --------
    >>> from analysis.core.plan import plan_from
    >>> outcome = {"measure": "accuracy", "contrast": "ig - ai", "estimator": "glmm"}
    >>> features(plan_from({"primary": outcome, "looks": [0.5, 1], "n": 10}))
    {'estimator: glmm': 'primary.estimator', 'spending: obrien_fleming': 'plan.looks'}
    """
    found: dict[str, str] = {}
    for feature, place in _named(plan):
        found.setdefault(feature, place)
    return found


def not_carried_out(plan: Plan, *, able: Collection[str]) -> list[str]:
    """Return a sentence for everything that a plan asks for and its reader cannot do.

    Parameters
    ----------
    plan : Plan
        Checked.
    able : collection of str
        Features (as of `features`) that are carried out.

    Returns
    -------
    list of str
        Each begins with its place in the plan.

    Examples
    --------
    >>> from analysis.core.plan import plan_from
    >>> plan = plan_from({"primary": {"measure": "accuracy", "contrast": "ig - ai"}, "multiplicity": "bh"})
    >>> not_carried_out(plan, able=())
    ['plan.multiplicity: not supported yet (multiplicity: bh).']
    """
    return [
        f"{place}: not supported yet ({feature})."
        for feature, place in features(plan).items()
        if feature not in able
    ]


def _named(plan: Plan) -> Iterator[tuple[str, str]]:
    yield from _of_hypothesis(plan.primary, where="primary")
    for at, one in enumerate(plan.secondary):
        yield from _of_hypothesis(one, where=f"secondary[{at}]")
    if plan.multiplicity not in ("holm", "none"):
        yield f"multiplicity: {plan.multiplicity}", "plan.multiplicity"
    if plan.family != "apart":
        yield f"family: {plan.family}", "plan.multiplicity"
    if plan.spending:
        yield f"spending: {plan.spending}", "plan.looks" if plan.looks else "plan.spending"
    for at, variation in enumerate(plan.variations):
        what = f"estimator: {variation.estimator}" if variation.estimator else f"analyse: {variation.analyse}"
        yield f"sensitivity {what}", f"sensitivity[{at + len(plan.sensitivity)}]"
    for name in ("exclude", "subgroups", "moderators", "effects"):
        if getattr(plan, name):
            yield name, f"plan.{name}"
    if plan.cases == "fixed":
        yield "cases: fixed", "plan.cases"


def _of_hypothesis(one: Hypothesis, *, where: str) -> Iterator[tuple[str, str]]:
    if one.estimator != "participant_contrast":
        yield f"estimator: {one.estimator}", f"{where}.estimator"
    if one.claim != "difference":
        yield f"claim: {one.claim}", f"{where}.{one.claim}"
    if one.placed != "between":
        yield f"placed: {one.placed}", f"{where}.placed"
