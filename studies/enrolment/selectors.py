"""Who is there: every read of this app."""

from __future__ import annotations

from django.db.models import Count

from studies.design.models import StudyVersion
from studies.enrolment.lookup import participant_by_digest
from studies.enrolment.models import Consent, Identifier, Invitation, Participant
from studies.enrolment.tokens import TOKEN_LENGTH, token_digest

CONSENT_AT_START = "start"
CONSENT_AFTER_DEBRIEF = "after_debrief"


def participant_by_token(token: str, *, is_locked: bool = False) -> Participant | None:
    """Return the participant whose cookie holds the token."""
    if len(token) != TOKEN_LENGTH:
        return None
    return participant_by_digest(token_digest(token), is_locked=is_locked)


def participant_locked(participant_id: int) -> Participant:
    """Return a participant whose row is locked until the transaction ends."""
    return Participant.objects.select_for_update().get(pk=participant_id)


def is_known_as(participant: Participant, *, kind: str, value: str) -> bool:
    """Say whether an outside name is this participant's; a person without one may be anybody."""
    names = list(
        Identifier.objects.filter(participant=participant, kind=kind).values_list("value", flat=True)
    )
    return not names or value in names


def invitation_by_token(token: str, *, slug: str) -> Invitation | None:
    """Return the invitation to the study that a link holds."""
    if len(token) != TOKEN_LENGTH:
        return None
    return Invitation.objects.filter(token_digest=token_digest(token), version__study__slug=slug).first()


def consent_is_declined(participant: Participant) -> bool:
    """Say whether the person declined at the start."""
    return Consent.objects.filter(participant=participant, occasion=CONSENT_AT_START, given=False).exists()


def state_counts(version: StudyVersion) -> dict[str, int]:
    """Count a version's participants by state, simulated ones apart (``simulated completed``)."""
    rows = version.participants.values_list("is_simulated", "state").annotate(n=Count("id")).order_by()
    return {f"simulated {state}" if simulated else state: n for simulated, state, n in rows}
