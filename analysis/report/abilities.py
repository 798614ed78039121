"""What the report carries out of a plan, by name; a plan that asks for more is refused, never cut short."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.core.plan import Hypothesis, Plan, not_carried_out
from analysis.report.decisive import ABLE
from analysis.report.readers import METRICS

CARRIED_OUT: frozenset[str] = frozenset(  # names as of `analysis.core.plan.features`
    {
        *ABLE,
        "multiplicity: bh",
        "multiplicity: dunnett",
        "multiplicity: max_t",
        "family: together",
        "sensitivity analyse: intention_to_treat",
        "sensitivity analyse: completers",
        "exclude",
        "subgroups",
        "moderators",
        "effects",
        "cases: fixed",
        "claim: equivalence",
        "claim: non_inferiority",
        "placed: within",
        "spending: obrien_fleming",
        "spending: pocock",
        "spending: always_valid",
    }
)
_DECIDED_BY = {"dunnett": ("participant_contrast",), "max_t": ("participant_contrast", "permutation")}


def refusals(plan: Plan) -> list[str]:
    """Return a sentence for everything that a plan asks for and the report cannot do, alone or together.

    Parameters
    ----------
    plan : Plan
        Checked.

    Returns
    -------
    list of str
        Each begins with its place in the plan; empty when the whole plan is carried out.

    Examples
    --------
    >>> from analysis.core.plan import plan_from
    >>> outcome = {"measure": "accuracy", "contrasts": ["a - c", "b - c"], "estimator": "glmm"}
    >>> refusals(plan_from({"primary": outcome, "multiplicity": "dunnett"}))[0][:52]
    'plan.multiplicity: dunnett corrects participant_cont'
    """
    return [
        *not_carried_out(plan, able=CARRIED_OUT),
        *_of_claims(plan),
        *_of_families(plan),
        *_of_monitoring(plan),
    ]


def _of_claims(plan: Plan) -> Iterator[str]:
    for where, one in _named(plan):
        if one.claim != "difference" and one.estimator != "participant_contrast":
            yield (
                f"{where}.estimator: a claim of {one.claim} is decided on participant values "
                f"(participant_contrast), not by {one.estimator}."
            )
        if one.estimator == "mrmc" and one.measure not in METRICS:
            yield f"{where}.measure: a reader study (mrmc) compares {', '.join(METRICS)}, not {one.measure}."
        if one.estimator == "mrmc" and one.model.metric not in ("", one.measure):
            yield f"{where}.model.metric: the measure is {one.measure}; leave the metric out."


def _of_families(plan: Plan) -> Iterator[str]:
    method = plan.multiplicity
    if method not in _DECIDED_BY:
        return
    able = _DECIDED_BY[method]
    asked = [one for _where, one in _named(plan)]
    if wrong := [one.estimator for one in asked if one.estimator not in able]:
        yield f"plan.multiplicity: {method} corrects {' and '.join(able)}, not {wrong[0]}. Say holm."
    if any(one.placed == "within" for one in asked):
        yield f"plan.multiplicity: {method} compares different participants; with placed: within say holm."
    if any(one.claim != "difference" for one in asked):
        yield f"plan.multiplicity: {method} corrects differences, no claims of sameness. Say holm."
    if method == "max_t":
        yield from _of_max_t(plan)


def _of_max_t(plan: Plan) -> Iterator[str]:
    families = (
        [[plan.primary, *plan.secondary]]
        if plan.family == "together"
        else [[plan.primary], list(plan.secondary)]
    )
    for family in families:
        if len({one.direction for one in family}) > 1:
            yield "plan.multiplicity: max_t tests all questions of a family in one direction. Say holm."
        if len(family) > 1 and any(one.conjunction and len(one.contrasts) > 1 for one in family):
            yield (
                "plan.multiplicity: max_t corrects comparisons one by one, and some must hold together (all: true). "
                "Say holm, or leave them alone in their family."
            )


def _of_monitoring(plan: Plan) -> Iterator[str]:
    one = plan.primary
    if plan.spending != "always_valid":
        return
    if one.smallest_effect is None:
        yield "primary.smallest_effect: is missing; the always-valid p value is tuned to it."
    if one.estimator != "participant_contrast" or one.claim != "difference" or one.direction != "two_sided":
        yield (
            "plan.spending: always_valid monitors a two-sided difference of participant values "
            "(participant_contrast). Say obrien_fleming or pocock."
        )


def _named(plan: Plan) -> Iterator[tuple[str, Hypothesis]]:
    yield "primary", plan.primary
    for at, one in enumerate(plan.secondary):
        yield f"secondary[{at}]", one
