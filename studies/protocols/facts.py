"""What the server alone knows of a trial, handed to a protocol once the answers are stored. Pure; never on a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DECISION = "decision"
RIGHT, WRONG = "right", "wrong"
Answers = Mapping[tuple[str, str], Any]
"""What was answered in one trial, by (stage, field)."""


@dataclass(frozen=True)
class TrialFacts:
    """
    The key to one trial.

    Attributes
    ----------
    truths : mapping
        The reference answers of the case by field; ``decision`` is the main one. Each is text.
    prediction, prediction_original : str or None
        What the AI says of the case; and of the case that it was made from, where it is a changed one.
    ai_correct : bool or None
        Whether that is right; ``None`` where it is not known.
    payoff : mapping
        What a right and a wrong answer are worth: keys ``correct`` and ``wrong``, in points.
    alternatives : tuple of str
        Names of the explanations in the order in which this participant saw them side by side.
    instructed : str
        The answer that the page asked for, whatever the case shows: of an attention check; else "".
    """

    truths: Mapping[str, str] = field(default_factory=dict)
    prediction: str | None = None
    ai_correct: bool | None = None
    prediction_original: str | None = None
    payoff: Mapping[str, float] = field(default_factory=lambda: {"correct": 1.0, "wrong": 0.0})
    alternatives: tuple[str, ...] = ()
    instructed: str = ""

    @property
    def truth(self) -> str | None:
        return self.truths.get(DECISION)

    def worth(self, is_correct: bool | None) -> float | None:
        """Return what an answer is worth, in points; ``None`` where it cannot be judged."""
        return None if is_correct is None else float(self.payoff["correct" if is_correct else "wrong"])

    def worth_of_credit(self, credit: float) -> float:
        """Return what an answer with a credit from 0 to 1 is worth, in points: in line between wrong and right."""
        wrong, right = float(self.payoff["wrong"]), float(self.payoff["correct"])
        return right if credit == 1 else wrong + credit * (right - wrong)
