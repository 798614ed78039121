"""The plan: which questions were fixed before the first response, how they are answered, and what was changed since.

``values.py`` says what a plan is, ``reading.py`` reads and checks one, ``deviations.py`` compares two,
``preregistration.py`` writes one out for a registry.
"""

from analysis.core.plan.deviations import compare_plans, deviations_of_data
from analysis.core.plan.features import features, not_carried_out
from analysis.core.plan.preregistration import preregistration
from analysis.core.plan.reading import plan_from, plan_mapping, read_plan
from analysis.core.plan.values import (
    Analyse,
    Contrast,
    Deviation,
    Hypothesis,
    Model,
    Plan,
    PlanInvalidError,
    Rule,
    Variation,
    parse_contrast,
)

__all__ = [
    "Analyse",
    "Contrast",
    "Deviation",
    "Hypothesis",
    "Model",
    "Plan",
    "PlanInvalidError",
    "Rule",
    "Variation",
    "compare_plans",
    "deviations_of_data",
    "features",
    "not_carried_out",
    "parse_contrast",
    "plan_from",
    "plan_mapping",
    "preregistration",
    "read_plan",
]
