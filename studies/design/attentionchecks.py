"""The attention checks of a study file fit their steps: where they stand, what they ask for, what can be answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studies.design.attention import checks_of
from studies.design.checks import Draft, block_cases
from studies.design.schemafaults import did_you_mean
from studies.design.sidefiles import RawStep
from studies.design.yamlsource import Path
from studies.errors import Fault
from studies.questionnaires import Item

KEY = "attention_checks"


def attention_faults(draft: Draft) -> Iterator[Fault]:
    """Check every attention check of the flow; whether its questions have a right answer is the protocol's matter."""
    for step in draft.of_kind("trials"):
        if KEY in step.params:
            yield from _trial_faults(draft, step)
    for step in draft.of_kind("questionnaire"):
        found = draft.side.questionnaires.get(step.params["use"])
        if KEY in step.params and found is not None:
            items = {item.id: item for item in found.items}
            for number, check in enumerate(step.params[KEY], start=1):
                yield from _item_faults(draft, check, items, (*step.path, KEY, number - 1), number)


def _trial_faults(draft: Draft, step: RawStep) -> Iterator[Fault]:
    checks = checks_of(step.params)
    count = block_cases(draft.data, step.params.get("cases"))["per_participant"]
    for number, check in enumerate(checks):
        path = (*step.path, KEY, number)
        if check.after > count:
            yield draft.fault(
                (*path, "after"), f"The step has {count} trials: it can come after 0 to {count}."
            )
        if number and check.after < checks[number - 1].after:
            yield draft.fault((*path, "after"), "Write the checks in the order in which they come.")
        if check.case in [earlier.case for earlier in checks[:number]]:
            yield draft.fault((*path, "case"), f"The case '{check.case}' is a check of this step already.")
        if bool(check.answer) != bool(check.text):
            message = (
                "Write both, or neither: the text that asks for one answer, and the answer that it asks for."
            )
            yield draft.fault(path, message)
        elif check.answer and check.answer not in draft.options:
            hint = did_you_mean(check.answer, draft.options)
            message = f"'{check.answer}' is not one of the options of the decision.{hint}"
            yield draft.fault((*path, "answer"), message)
    if step.params.get("per_page", 1) > 1:
        yield draft.fault((*step.path, KEY), "A check has a page of its own: write per_page: 1.")


def _item_faults(
    draft: Draft, check: Mapping[str, Any], items: Mapping[str, Item], path: Path, number: int
) -> Iterator[Fault]:
    item = items.get(check["after"])
    if item is None:
        hint = did_you_mean(check["after"], items)
        yield draft.fault((*path, "after"), f"The questionnaire has no item '{check['after']}'.{hint}")
        return
    if f"attention_{number}" in items:
        yield draft.fault(
            path, f"The questionnaire has an item 'attention_{number}' of its own: rename that."
        )
    if item.kind == "choice":
        values = [str(option["value"]) for option in item.options]
        if str(check["answer"]) not in values:
            hint = did_you_mean(str(check["answer"]), values)
            yield draft.fault((*path, "answer"), f"'{check['answer']}' is no answer to '{item.id}'.{hint}")
    elif item.kind == "ordinal":
        low, high = item.minimum or 0, item.maximum or 0
        answer = check["answer"]
        if not isinstance(answer, int) or not low <= answer <= high:
            message = f"The item '{item.id}' takes whole numbers from {low:g} to {high:g}."
            yield draft.fault((*path, "answer"), message)
    else:
        message = f"'{item.id}' is of the kind {item.kind}: a check comes after an ordinal item or a choice."
        yield draft.fault((*path, "after"), message)
