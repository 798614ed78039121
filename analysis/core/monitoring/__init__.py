"""Watching a study while it runs, without spoiling it: what may be looked at, when, and what it costs.

``spending.py`` and ``always_valid.py`` are for planned looks at outcomes; ``blinded.py`` sees no condition;
``allocation_faults.py`` and ``dropout.py`` see conditions but no outcome.
"""

from analysis.core.monitoring.allocation_faults import attrition_by_condition, ratio_mismatch
from analysis.core.monitoring.always_valid import AlwaysValid, always_valid
from analysis.core.monitoring.blinded import Blinded, blinded_interim
from analysis.core.monitoring.dropout import dropout_curve, log_rank
from analysis.core.monitoring.spending import alpha_spent, boundaries, nominal_alphas

__all__ = [
    "AlwaysValid",
    "Blinded",
    "alpha_spent",
    "always_valid",
    "attrition_by_condition",
    "blinded_interim",
    "boundaries",
    "dropout_curve",
    "log_rank",
    "nominal_alphas",
    "ratio_mismatch",
]
