"""The one scoring service: it compares stored answers with the truth, and is asked only after the answer is stored."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studies.design.spec import StudySpec
from studies.design.truth import truth_of, truths_of
from studies.errors import StudyError
from studies.protocols.facts import TrialFacts
from studies.protocols.keys import is_right, right_value, trial_facts
from studies.protocols.stages import Stage
from studies.trials.content import advice_or_none
from studies.trials.stageview import TrialOfStudy, option_label


@dataclass(frozen=True)
class Score:
    """Whether an answer was right, and which answer would have been; ``None`` and "" where nobody knows."""

    is_correct: bool | None
    right: str


def answer_score(trial: TrialOfStudy, *, stage: Stage, answer: Mapping[str, Any]) -> Score:
    """Score a stored answer by the first field of its stage that has a score."""
    field = next((field for field in stage.fields if field.scored_against), None)
    if field is None:
        raise StudyError(
            f"Stage {stage.name!r} asks nothing that has a right answer: switch feedback off for it."
        )
    facts = facts_of(trial)
    key = right_value(field, facts)
    is_correct = is_right(trial.spec.decision, field, answer.get(field.name), key)
    words = {option.value.partition("_")[0]: option.label for option in field.options}
    right = option_label(trial.spec.decision, key) if key is not None else ""
    return Score(is_correct=is_correct, right=words.get(right, right))


def facts_of(trial: TrialOfStudy) -> TrialFacts:
    """Read the key to a trial."""
    found = truths_of(case_ids=[trial.case_id])
    said = advice_or_none(trial.version_id, trial.predictor, trial.case_id)
    truths = {field: value for (_case, field), value in found.items()}
    return trial_facts(
        trial.spec.decision,
        truths=truths,
        prediction=said.label if said else None,
        instructed=trial.check.answer if trial.check else "",
    )


def right_answers(spec: StudySpec, *, case_ids: Collection[int]) -> dict[int, str]:
    """Return the right answers to cases in words, for pages that may tell them."""
    if not case_ids:
        return {}
    return {
        case: option_label(spec.decision, value) for case, value in truth_of(case_ids=list(case_ids)).items()
    }


def comprehension_marks(items: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> dict[str, bool]:
    """Say of each question about the instructions whether it was answered rightly."""
    return {item["id"]: values.get(item["id"]) == item["correct"] for item in items}


def screening_marks(items: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> dict[str, bool]:
    """Say of each screening question whether its answer lets the person take part."""
    return {item["id"]: values.get(item["id"]) in item["eligible"] for item in items}
