"""Takes out everything that a person who withdrew under the policy ``erase`` did; the tombstone stays.

What stays: the withdrawal, the consents, the assignment with its slot, the empty schedule and the completion code.
"""

from __future__ import annotations

from django.db import transaction

from studies.enrolment.models import Participant
from studies.trials.models import (
    Event,
    Presentation,
    PresentedItem,
    StepResponse,
    Submission,
    TrialResponse,
)


@transaction.atomic
def participant_erase(*, participant: Participant) -> dict[str, int]:
    """Delete a person's rows and return how many there were; the database refuses it without a recorded withdrawal."""
    mine = {
        "presented items": PresentedItem.objects.filter(presentation__trial__participant=participant),
        "presentations": Presentation.objects.filter(trial__participant=participant),
        "responses": TrialResponse.objects.filter(trial__participant=participant),
        "step responses": StepResponse.objects.filter(participant=participant),
        # The digest of a short answer could be guessed back into the answer.
        "submissions": Submission.objects.filter(participant=participant),
        "events": Event.objects.filter(participant=participant),
    }
    return {name: rows.delete()[0] for name, rows in mine.items()}
