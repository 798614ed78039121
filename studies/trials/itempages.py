"""Where a participant is in a questionnaire: which items stand on the page, and whether there is a page after it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from studies.design.spec import Step
from studies.questionnaires.paging import Answers, Item, has_branches, items_of_page, page_count
from studies.trials.content import allocation_seed
from studies.trials.models import StepResponse
from studies.trials.position import Place
from studies.trials.sitting import Sitting


def items_asked(sitting: Sitting) -> list[Item]:
    """Return the items on the current page of a questionnaire, in the order in which this participant sees them."""
    step = sitting.step
    return items_of_page(
        step.params, sitting.place.screen, answers=_answers(sitting, step), key=order_key(sitting, step)
    )


def items_asked_in(sitting: Sitting, step: Step) -> list[Item]:
    """Return every item of a questionnaire that the answers so far let be asked."""
    answers, key = _answers(sitting, step), order_key(sitting, step)
    pages = range(page_count(step.params))
    return [item for page in pages for item in items_of_page(step.params, page, answers=answers, key=key)]


def page_place(sitting: Sitting, step: Step, *, first: int) -> Place | None:
    """Return the place of the first page from ``first`` on that asks something, or ``None`` when none is left."""
    answers = _answers(sitting, step)
    for page in range(first, page_count(step.params)):
        if items_of_page(step.params, page, answers=answers, key=""):
            return replace(Place(step=step.index), screen=page)
    return None


def order_key(sitting: Sitting, step: Step) -> str:
    """Name what a random order of items depends on: the seed of the study, the person and the step, nothing else."""
    return f"{allocation_seed(sitting.version_id)}:items:{sitting.participant.public_id}:{step.index}"


def _answers(sitting: Sitting, step: Step) -> Answers:
    if not has_branches(step.params["items"]):
        return {}
    rows = StepResponse.objects.filter(participant=sitting.participant, kind="questionnaire")
    found: dict[tuple[str, str], Any] = {
        (instrument, item): value
        for instrument, item, value in rows.order_by("pk").values_list("instrument", "item", "value")
    }
    return found
