"""Rational benchmark: what an ideal agent would earn from the same signals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from analysis.core.tabulation import Tabulation, groups
from analysis.measures import tabulations
from analysis.measures._benchmark import Payoffs, benchmark_of
from analysis.measures._signals import FOLDS

if TYPE_CHECKING:
    import pandas as pd


@tabulations.register
class RationalBenchmark(Tabulation):
    """Payoffs of a rational agent without and with the signals, beside those of the people.

    baseline R0 = max_b E[S(b, y)]; benchmark R_V = E_v max_b E[S(b, y) | v]; behavioural B = mean S(h1,
    y); calibrated C = E_h1 max_b E[S(b, y) | h1]. Information loss R_V - C: what was not taken from the
    signals; optimisation loss C - B: what was known and not used.

    Notes
    -----
    Expectations given v are taken over the other folds of participants: over the own trials the
    benchmark would be too high. It then still depends on which signals are modelled; people see the
    case as well and may exceed it, so a loss below 0 means that they used more than the modelled
    signals. Where R_V - R0 is about 0 the signals are worth nothing. C is taken within the sample; with
    few actions that is harmless. For an interval resample participants and cases.

    References
    ----------
    .. [1] Wu, Guo, Mamakos, Hartline & Hullman (2024). The rational agent benchmark for data
       visualization. IEEE TVCG 30, 338-347. https://doi.org/10.48550/arXiv.2304.03432

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"response": list("abab"), "ai_prediction": list("aabb"), "ground_truth": list("aabb")}
    >>> trials = pd.DataFrame({"participant_id": "p1", "condition": "ai", **said})
    >>> RationalBenchmark.compute(trials, folds=1)[["baseline", "benchmark", "behavioural"]].to_dict("records")
    [{'baseline': 0.5, 'benchmark': 1.0, 'behavioural': 0.5}]
    """

    name = "rational_benchmark"
    version = "1"
    label = "Rational benchmark"
    family = "decision theory"
    unit = "points of the payoff"
    requires = ("participant_id", "response", "ground_truth")
    reference = "Wu et al. 2024, https://doi.org/10.48550/arXiv.2304.03432"
    columns = {
        "baseline": "R0, the best action without signals, points",
        "benchmark": "R_V, the best action for each signal, points",
        "value_of_information": "R_V - R0, points",
        "behavioural": "B, what people earned, points",
        "calibrated": "C, what their decisions could have earned, points",
        "information_loss": "R_V - C, points",
        "optimisation_loss": "C - B, points",
        "n": "trials with a decision and a truth",
        "n_undefined": "trials without",
    }
    options = {
        "signals": "columns that the agent sees; ai_prediction and, where known, ai_confidence by default",
        "payoff": "payoff[action][state]; 1 for right and 0 for wrong by default",
        "folds": "of participants, 5 by default; 1 judges the sample by itself",
    }

    @classmethod
    def rows(
        cls,
        table: pd.DataFrame,
        *,
        by: str,
        signals: Sequence[str] | None = None,
        payoff: Payoffs | None = None,
        folds: int = FOLDS,
    ) -> Iterator[dict[str, Any]]:
        for group, rows in groups(table, by=by):
            found = benchmark_of(rows, signals=signals, payoff=payoff, folds=folds, name=cls.name)
            yield {
                by: group,
                **found,
                "value_of_information": found["benchmark"] - found["baseline"],
                "information_loss": found["benchmark"] - found["calibrated"],
                "optimisation_loss": found["calibrated"] - found["behavioural"],
            }
