"""Which rows about people may not change or go. The database enforces it (``studies.design.immutable``)."""

from __future__ import annotations

from studies.design.immutable import ALWAYS, differs, protect
from studies.enrolment.models import (
    Assignment,
    Completion,
    Consent,
    Identifier,
    Invitation,
    Participant,
    Withdrawal,
)

protect(
    Participant,
    because="a participant stays in the version they came to, and stays as a tombstone when erased.",
    update=differs("id", "version_id", "public_id", "is_simulated"),
    delete=ALWAYS,
)
protect(
    Invitation,
    because="an invitation leads to one participant.",
    update=f"{differs('id', 'version_id', 'token_digest', 'is_simulated')} OR "
    f"(OLD.participant_id IS NOT NULL AND {differs('participant_id')})",
    delete="OLD.participant_id IS NOT NULL",
)
protect(Identifier, because="an identifier is deleted, not changed.", update=ALWAYS)
for model in (Consent, Assignment, Withdrawal, Completion):
    protect(model, because="it happened and is never changed.", update=ALWAYS, delete=ALWAYS)
