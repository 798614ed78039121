"""The one scoring service: it compares stored answers with the truth, and is asked only after the answer is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studies.design.truth import truth_of
from studies.errors import StudyError
from studies.protocols.stages import Field, Stage
from studies.trials.content import advice_given
from studies.trials.stageview import TrialOfStudy, option_label


@dataclass(frozen=True)
class Score:
    """Whether an answer was right, and which answer would have been."""

    is_correct: bool
    right: str


def answer_score(trial: TrialOfStudy, *, stage: Stage, answer: Mapping[str, Any]) -> Score:
    """Score a stored answer by the first field of its stage that has a score."""
    field = next((field for field in stage.fields if field.scored_against), None)
    if field is None:
        raise StudyError(
            f"Stage {stage.name!r} asks nothing that has a right answer: switch feedback off for it."
        )
    right = _right_answer(trial, field)
    return Score(is_correct=answer.get(field.name) == right, right=option_label(trial.spec.decision, right))


def comprehension_marks(items: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> dict[str, bool]:
    """Say of each question about the instructions whether it was answered rightly."""
    return {item["id"]: values.get(item["id"]) == item["correct"] for item in items}


def screening_marks(items: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> dict[str, bool]:
    """Say of each screening question whether its answer lets the person take part."""
    return {item["id"]: values.get(item["id"]) in item["eligible"] for item in items}


def _right_answer(trial: TrialOfStudy, field: Field) -> str:
    if field.scored_against == "prediction":
        return advice_given(trial.version_id, trial.predictor, trial.case_id).label
    truth: str = truth_of(case_ids=[trial.case_id])[trial.case_id]
    return truth
