"""How many rows each table must have, counted by the database itself in the same snapshot."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from studies.enrolment.models import Consent, Participant
from studies.errors import StudyError
from studies.export.people import Scope
from studies.trials.models import Event, PresentedItem, StepResponse, Trial, TrialResponse


class ExportInconsistent(StudyError):
    """The written tables do not hold what the database counted."""

    code = "export_inconsistent"


def expected_counts(scope: Scope) -> dict[str, int]:
    """Return the number of rows by table, by queries that share nothing with those that read the rows."""
    refused = Consent.objects.filter(participant=OuterRef("pk"), occasion="after_debrief", given=False)
    everybody = Participant.objects.filter(version=scope.version, is_simulated=scope.simulated).exclude(
        state=Participant.State.INVITED
    )
    kept = everybody.exclude(Q(state=Participant.State.ERASED) | Exists(refused))
    return {
        "trials": Trial.objects.filter(participant__in=kept).count(),
        "responses": TrialResponse.objects.filter(trial__participant__in=kept).count(),
        "presentations": PresentedItem.objects.filter(presentation__trial__participant__in=kept).count(),
        "participants": everybody.count(),
        "scales": StepResponse.objects.filter(participant__in=kept, kind="questionnaire").count(),
        "events": Event.objects.filter(participant__in=kept).count(),
    }
