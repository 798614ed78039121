"""Analysis: a frozen table and a plan come in, a report goes out. Importing the package costs nothing.

``from analysis import measure, permutation_test, equivalence, report`` works without Django.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis import power as power
    from analysis import report as report
    from analysis.estimators.bayes import fit_bayes as fit_bayes
    from analysis.estimators.glmm import fit_glmm as fit_glmm
    from analysis.estimators.lmm import fit_lmm as fit_lmm
    from analysis.estimators.mrmc import mrmc as mrmc
    from analysis.report.questions import equivalence as equivalence
    from analysis.report.questions import measure as measure
    from analysis.report.questions import permutation_test as permutation_test

_QUESTIONS = ("equivalence", "measure", "permutation_test")
_FITS = {
    "fit_bayes": "bayes",
    "fit_glmm": "glmm",
    "fit_lmm": "lmm",
    "mrmc": "mrmc",
}  # name: file of the shelf of estimators
__all__ = [
    "equivalence",
    "fit_bayes",
    "fit_glmm",
    "fit_lmm",
    "measure",
    "mrmc",
    "permutation_test",
    "power",
    "report",
]


def __getattr__(name: str) -> Any:
    if name in _QUESTIONS:
        return getattr(import_module("analysis.report.questions"), name)
    if name in _FITS:
        return getattr(import_module(f"analysis.estimators.{_FITS[name]}"), name)
    if name in ("power", "report"):
        return import_module(f"analysis.{name}")
    raise AttributeError(f"module 'analysis' has no attribute {name!r}")
