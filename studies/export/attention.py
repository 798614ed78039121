"""How participants did in attention checks: met and failed, in trials and in questionnaires."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studies.design.attention import INSTRUCTED, checks_of
from studies.design.spec import StudySpec
from studies.trials.models import StepResponse

COLUMNS = ("attention_checks", "attention_failed")
OVER = ("answered", "timed_out")


@dataclass
class Attended:
    """Attention checks by participant; ``met`` are those that were answered or ran out of time, also the failed."""

    met: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    def note(self, row: Mapping[str, Any]) -> None:
        """Count a row of the table of trials, if it is of a check that was met."""
        if row["is_attention_check"] and row["status"] in OVER:
            self.met[row["participant_id"]] += 1
            self.failed[row["participant_id"]] += row["correct"] is not True


def has_checks(spec: StudySpec) -> bool:
    """Say whether a study checks attention anywhere."""
    return any(True for _ in told_checks(spec))


def told_checks(spec: StudySpec) -> Iterator[dict[str, Any]]:
    """Yield every attention check as the codebook tells it; what it asks for, or the case whose truth is right."""
    for step in spec.steps:
        if step.kind == "trials":
            for check in checks_of(step.params):
                yield {
                    "step_index": step.index,
                    "case_id": check.case,
                    "text": check.text,
                    "answer": check.answer,
                }
        elif step.kind == "questionnaire":
            for item in step.params["items"]:
                if INSTRUCTED in item:
                    place = {"step_index": step.index, "item": item["id"]}
                    yield place | {"text": item["text"], "answer": item[INSTRUCTED]}


def asked_items(participants: Sequence[int]) -> Mapping[int, tuple[int, int]]:
    """Return for each participant how many checks of questionnaires they met, and how many of these they failed."""
    met: Counter[int] = Counter()
    failed: Counter[int] = Counter()
    rows = StepResponse.objects.filter(
        participant__in=list(participants), kind="questionnaire", correct__isnull=False
    )
    for pk, is_right in rows.values_list("participant_id", "correct"):
        met[pk] += 1
        failed[pk] += not is_right
    return {pk: (met[pk], failed[pk]) for pk in met}
