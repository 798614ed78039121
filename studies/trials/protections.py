"""Which rows of what happened may be added and deleted, and when. The database enforces it.

Nothing is updated. Rows go only with a recorded withdrawal under the policy ``erase``; answers come only from people
who consented and have not left.
"""

from __future__ import annotations

from studies.design.immutable import ALWAYS, protect
from studies.trials.models import (
    Event,
    Presentation,
    PresentedItem,
    StepResponse,
    Submission,
    Trial,
    TrialResponse,
)

_ERASES = (
    "NOT EXISTS (SELECT 1 FROM enrolment_withdrawal w WHERE w.policy = 'erase' AND w.participant_id = ?)"
)
_CONSENTS = (
    "(NOT EXISTS (SELECT 1 FROM enrolment_consent c WHERE c.occasion = 'start' AND c.given "
    "AND c.participant_id = ?) OR EXISTS (SELECT 1 FROM enrolment_withdrawal w WHERE w.participant_id = ?))"
)
_OF_TRIAL = "(SELECT t.participant_id FROM trials_trial t WHERE t.id = {row}.trial_id)"
_OF_ITEM = (
    "(SELECT t.participant_id FROM trials_trial t JOIN trials_presentation p ON p.trial_id = t.id "
    "WHERE p.id = OLD.presentation_id)"
)
ADDED_ONLY = "what happened is only added to; it goes with a recorded withdrawal that erases."
CONSENTED = f"{ADDED_ONLY} Answers come after consent and before leaving."


def not_erased(person: str) -> str:
    """Return the condition that a person (SQL for their id) has no withdrawal that erases."""
    return _ERASES.replace("?", person)


def not_consenting(person: str) -> str:
    """Return the condition that a person has not consented, or has left."""
    return _CONSENTS.replace("?", person)


protect(Trial, because="the schedule is drawn once.", update=ALWAYS, delete=ALWAYS)
protect(Presentation, because=ADDED_ONLY, update=ALWAYS, delete=not_erased(_OF_TRIAL.format(row="OLD")))
protect(PresentedItem, because=ADDED_ONLY, update=ALWAYS, delete=not_erased(_OF_ITEM))
protect(
    TrialResponse,
    because=CONSENTED,
    insert=not_consenting(_OF_TRIAL.format(row="NEW")),
    update=ALWAYS,
    delete=not_erased(_OF_TRIAL.format(row="OLD")),
)
protect(
    StepResponse,
    because=CONSENTED,
    insert=not_consenting("NEW.participant_id"),
    update=ALWAYS,
    delete=not_erased("OLD.participant_id"),
)
for model in (Submission, Event):
    protect(model, because=ADDED_ONLY, update=ALWAYS, delete=not_erased("OLD.participant_id"))
