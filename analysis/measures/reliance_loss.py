"""Reliance and discrimination loss: relying too much or too little, or at the wrong moments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from analysis.core.tabulation import Tabulation, groups
from analysis.measures import tabulations
from analysis.measures._losses import losses_of
from analysis.measures._signals import FOLDS

if TYPE_CHECKING:
    import pandas as pd


@tabulations.register
class RelianceLoss(Tabulation):
    """Payoffs of a rational agent who chooses between own decision and advice, and what people lose to it.

    S_H, S_AI: payoffs of the initial decision and of the AI. R0 = max(E S_H, E S_AI); R_V = E_v
    max(E[S_H | v], E[S_AI | v]); rho = P(h1 = a | a != h0); R_mis: the best a rational agent earns who
    must follow the AI in the share rho of disagreements (those with the highest E[S_AI - S_H | v]
    first, fractionally at the edge); B: payoff of the people with h1 taken as a or h0. Reliance loss
    R_V - R_mis, discrimination loss R_mis - B.

    Notes
    -----
    Where the potential R_V - R0 is about 0 the study cannot show complementarity. B counts any answer
    that is not the AI's as the own one; what leaving both costs or earns is ``other_loss``, so that
    actual payoff = B - other_loss. Expectations given v are taken over the other folds of participants;
    with them the losses can be slightly negative by chance. Discrimination loss below 0: people use
    what is not among the signals. Without disagreement rho is missing, and what follows from it. The
    two losses are a reading aid, not orthogonal. Two-stage protocols only; payoffs are 1 for right and
    0 for wrong, or ``score_initial``, ``score_ai`` and ``score`` with ``scores=True``. For an interval
    resample participants and cases.

    References
    ----------
    .. [1] Guo, Wu, Hartline & Hullman (2024). A decision theoretic framework for measuring AI
       reliance. FAccT '24. https://doi.org/10.1145/3630106.3658901

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"response_initial": list("aabb"), "ai_prediction": list("bbbb"), "response": list("baba")}
    >>> right = {"correct_initial": [False, True, True, True], "ai_correct": [True, False, True, True]}
    >>> who = {"participant_id": "p1", "condition": "ai", "correct": [True, True, True, False]}
    >>> found = RelianceLoss.compute(pd.DataFrame({**who, **said, **right}), folds=1)
    >>> found[["reliance", "behavioural", "other_loss", "n"]].to_dict("records")
    [{'reliance': 0.5, 'behavioural': 1.0, 'other_loss': 0.25, 'n': 4}]
    """

    name = "reliance_loss"
    version = "1"
    label = "Reliance and discrimination loss"
    family = "decision theory"
    unit = "points of the payoff"
    requires = (
        "participant_id",
        "response_initial",
        "ai_prediction",
        "response",
        "correct_initial",
        "ai_correct",
        "correct",
    )
    uses = ("score_initial", "score_ai")
    reference = "Guo et al. 2024, https://doi.org/10.1145/3630106.3658901"
    columns = {
        "baseline": "R0, the better of own decision and AI in isolation, points",
        "benchmark": "R_V, the better of the two for each signal, points",
        "potential": "R_V - R0, points",
        "reliance": "rho, share of disagreements in which the AI is followed, proportion",
        "mis_reliant": "R_mis, the best payoff at that reliance, points",
        "behavioural": "B, payoff of the people between own decision and AI, points",
        "reliance_loss": "R_V - R_mis, points",
        "discrimination_loss": "R_mis - B, points",
        "reliance_loss_share": "of the potential; missing where it is not above 0",
        "discrimination_loss_share": "of the potential; missing where it is not above 0",
        "other_loss": "B - payoff of the actual answers, points",
        "n": "trials with everything known",
        "n_undefined": "trials without",
    }
    options = {
        "signals": "columns that the agent sees; response_initial, ai_prediction and, where known, both confidences",
        "folds": "of participants, 5 by default; 1 judges the sample by itself",
        "scores": "True: payoffs are the columns score_initial, score_ai and score",
    }

    @classmethod
    def rows(
        cls,
        table: pd.DataFrame,
        *,
        by: str,
        signals: Sequence[str] | None = None,
        folds: int = FOLDS,
        scores: bool = False,
    ) -> Iterator[dict[str, Any]]:
        for group, rows in groups(table, by=by):
            yield {by: group, **losses_of(rows, signals=signals, folds=folds, scores=scores, name=cls.name)}
