"""Everything beyond the planned questions that the decision trials tell: computed from one table of facts."""

from __future__ import annotations

from typing import Any

from analysis.core.plan import Plan
from analysis.report.benefit import reweighted_benefit
from analysis.report.calibration import calibration_curves
from analysis.report.cases import case_values
from analysis.report.contrasts import Settings
from analysis.report.course import learning_curve
from analysis.report.dose import explanation_dose
from analysis.report.harm import harmed_cases, turned_decisions
from analysis.report.sample import Sample
from analysis.report.subgroups import subgroup_effects
from analysis.report.synergy import team_against_parts
from analysis.report.trialfacts import decision_facts


def further_results(
    sample: Sample, *, plan: Plan, settings: Settings, unaided: str | None, positive: str
) -> dict[str, Any]:
    """Compute harm, benefit, synergy, curves and subgroups.

    Parameters
    ----------
    sample : Sample
        Who is analysed.
    plan : Plan
        Whose primary contrasts are looked at.
    settings : Settings
        Alpha and seed.
    unaided : str or None
        Condition without advice.
    positive : str
        Option that counts as positive; empty when nobody said.

    Returns
    -------
    dict
        ``course, harm, benefit, synergy, calibration, cases, dose, subgroups``; parts are empty or None where the table
        does not hold what they need.
    """
    facts = decision_facts(sample, positive=positive)
    contrasts, names, alpha = plan.primary.contrasts, sample.conditions, settings.alpha
    return {
        "course": learning_curve(facts, contrasts=contrasts, alpha=alpha),
        "harm": {
            "decisions": turned_decisions(facts, conditions=names, alpha=alpha),
            "cases": harmed_cases(facts, contrasts=contrasts),
        },
        "benefit": reweighted_benefit(facts, contrasts=contrasts, alpha=alpha),
        "synergy": team_against_parts(facts, conditions=names, unaided=unaided, cases=plan.cases, alpha=alpha,
                                      seed=settings.seed),
        "calibration": calibration_curves(facts, conditions=names, alpha=alpha),
        "cases": case_values(facts, conditions=names),
        "dose": explanation_dose(facts, conditions=names, alpha=alpha),
        "subgroups": subgroup_effects(sample, plan=plan),
    }  # fmt: skip
