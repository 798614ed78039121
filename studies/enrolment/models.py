"""Who takes part, and in which condition: participants, their identifiers apart, consent, assignment, leaving."""

from __future__ import annotations

from django.db import models

from studies.design.models import DIGEST, AllocationSlot, StudyVersion


class Participant(models.Model):
    """A person (or a simulated one) in one version of a study. The row is the lock and the position of that person."""

    class State(models.TextChoices):
        INVITED = "invited"
        ENROLLED = "enrolled"
        SCREENED_OUT = "screened_out"
        COMPREHENSION_FAILED = "comprehension_failed"
        ALLOCATED = "allocated"
        COMPLETED = "completed"
        WITHDRAWN = "withdrawn"
        ERASED = "erased"
        FULL = "full"
        EXPIRED = "expired"

    version = models.ForeignKey(StudyVersion, on_delete=models.PROTECT, related_name="participants")
    public_id = models.CharField(
        max_length=32, unique=True, help_text="Random; the only name that exports know."
    )
    token_digest = models.CharField(
        max_length=DIGEST,
        unique=True,
        help_text="sha-256 of the 256-bit token that the person's cookie holds.",
    )
    is_simulated = models.BooleanField(default=False)
    policy = models.CharField(
        max_length=80, blank=True, help_text="Of a simulated participant: how it decides."
    )
    state = models.CharField(max_length=24, choices=State.choices, default=State.ENROLLED)
    stratum = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=8, blank=True, help_text="Of the pages; empty: the study's first.")
    step_index = models.PositiveSmallIntegerField(default=0)
    trial_index = models.PositiveSmallIntegerField(default=0, help_text="Place among the trials of the step.")
    stage_index = models.PositiveSmallIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(
        default=0, help_text="Of the step: comprehension may be tried again."
    )
    started_at = models.DateTimeField(auto_now_add=True)
    moved_at = models.DateTimeField(auto_now=True)
    released_at = models.DateTimeField(
        null=True, blank=True, help_text="When their place was counted as free again; the slot stays theirs."
    )

    opens_at = models.DateTimeField(null=True, blank=True, help_text="Of the session that is waited for.")
    closes_at = models.DateTimeField(null=True, blank=True)
    closed_because = models.CharField(max_length=20, blank=True, help_text="Of an expired participation.")
    clock_ahead_s = models.PositiveIntegerField(
        default=0,
        help_text="Of a simulated participant: how far its clock is ahead, so that it need not wait.",
    )
    resume_digest = models.CharField(
        max_length=DIGEST, null=True, blank=True, unique=True, help_text="sha-256 of the code to get back in."
    )

    class Meta:
        indexes = [models.Index(fields=["version", "state"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(clock_ahead_s=0) | models.Q(is_simulated=True),
                name="only_simulated_time_travels",
            )
        ]

    def __str__(self) -> str:
        return self.public_id


class Invitation(models.Model):
    """A link for one person, exchanged once for the cookie; the token itself is never stored."""

    version = models.ForeignKey(StudyVersion, on_delete=models.PROTECT, related_name="invitations")
    token_digest = models.CharField(max_length=DIGEST, unique=True)
    is_simulated = models.BooleanField(default=False)
    policy = models.CharField(max_length=80, blank=True)
    participant = models.OneToOneField(
        Participant, null=True, blank=True, on_delete=models.PROTECT, related_name="invitation"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class Identifier(models.Model):
    """What names a person outside (a Prolific id): one table, its own permission, its own retention."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="identifiers")
    version = models.ForeignKey(StudyVersion, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    value = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "kind", "value"], name="identifier_once")]
        permissions = [("reveal_identifier", "Can see identifiers of participants")]

    def __str__(self) -> str:
        return f"{self.kind} of participant {self.participant_id}"


class Consent(models.Model):
    """Consent to one text, by its digest; ``occasion`` is ``start`` or ``after_debrief``."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="consents")
    occasion = models.CharField(max_length=20)
    text_digest = models.CharField(max_length=DIGEST)
    given = models.BooleanField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["participant", "occasion"], name="consent_once")]

    def __str__(self) -> str:
        return f"consent of {self.participant_id} ({self.occasion})"


class Assignment(models.Model):
    """One slot, one person: claimed atomically, never given out again."""

    participant = models.OneToOneField(Participant, on_delete=models.PROTECT, related_name="assignment")
    slot = models.OneToOneField(AllocationSlot, on_delete=models.PROTECT, related_name="assignment")
    condition = models.CharField(max_length=80)
    plan = models.PositiveIntegerField(
        null=True, help_text="The case plan; empty before 0.2: that of the slot."
    )
    copy = models.PositiveSmallIntegerField(
        default=0, help_text="Under minimisation, which of the cells of a condition with a ratio above 1."
    )
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"assignment of {self.participant_id}"


class Withdrawal(models.Model):
    """A recorded withdrawal; policy ``erase`` is the one thing that lets responses be deleted."""

    class Policy(models.TextChoices):
        KEEP = "keep"
        ERASE = "erase"

    participant = models.OneToOneField(Participant, on_delete=models.PROTECT, related_name="withdrawal")
    policy = models.CharField(max_length=10, choices=Policy.choices)
    step_index = models.PositiveSmallIntegerField()
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"withdrawal of {self.participant_id}"


class Completion(models.Model):
    """Minted in the transaction that finds every required answer; shown again on return."""

    participant = models.OneToOneField(Participant, on_delete=models.PROTECT, related_name="completion")
    code = models.CharField(max_length=40)
    right = models.PositiveIntegerField(null=True, help_text="Right answers that are paid for.")
    scored = models.PositiveIntegerField(null=True, help_text="Trials with a right answer.")
    prizes = models.PositiveIntegerField(null=True, help_text="Prizes that a paid confidence won.")
    bonus = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, help_text="In the currency of the study file."
    )
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"completion of {self.participant_id}"
