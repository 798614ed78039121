"""What happened: scheduled trials, what was on the screen, what was answered, and every event. Nothing is updated."""

from __future__ import annotations

from django.db import models

from studies.design.models import DIGEST
from studies.enrolment.models import Participant


class Trial(models.Model):
    """One scheduled trial of one person; it exists even if it is never reached."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="trials")
    step_index = models.PositiveSmallIntegerField()
    block_index = models.PositiveSmallIntegerField()
    trial_index = models.PositiveSmallIntegerField()
    case = models.ForeignKey("explainers.Case", on_delete=models.PROTECT, related_name="+")
    condition = models.CharField(max_length=80, blank=True, help_text="What this trial shows.")
    protocol = models.CharField(max_length=60)
    protocol_version = models.CharField(max_length=20)
    is_practice = models.BooleanField(default=False)
    check_number = models.PositiveSmallIntegerField(
        null=True, help_text="Of a trial that checks attention: its place among the checks of its step."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant", "step_index", "trial_index"], name="trial_once")
        ]

    def __str__(self) -> str:
        return f"trial {self.block_index}.{self.trial_index} of {self.participant_id}"


class Presentation(models.Model):
    """What exactly was on the screen at one stage of a trial, written when it is first sent."""

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="presentations")
    stage = models.CharField(max_length=40)
    option_order = models.JSONField(default=list)
    layout = models.CharField(max_length=40)
    assay_version = models.CharField(max_length=40)
    presented_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["trial", "stage"], name="presentation_once")]

    def __str__(self) -> str:
        return f"{self.stage} of trial {self.trial_id}"


class PresentedItem(models.Model):
    """One thing that a presentation showed, by digest; ``revealed_at`` is there where it came to sight later."""

    presentation = models.ForeignKey(Presentation, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveSmallIntegerField()
    item = models.CharField(max_length=20)
    name = models.CharField(max_length=80, blank=True)
    digest = models.CharField(max_length=DIGEST)
    rendering_digest = models.CharField(max_length=DIGEST, blank=True)
    revealed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["presentation", "position"], name="presented_item_once")
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.position}"


class TrialResponse(models.Model):
    """One answered field of one stage of one trial: unique, never updated."""

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="responses")
    stage = models.CharField(max_length=40)
    field = models.CharField(max_length=40)
    kind = models.CharField(max_length=20)
    value = models.JSONField()
    rt_ms = models.FloatField(
        null=True, help_text="First paint to submit, client's monotonic clock; null without script."
    )
    hidden_ms = models.FloatField(null=True)
    explanation_visible_ms = models.FloatField(null=True)
    responded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["trial", "stage", "field"], name="response_once")]

    def __str__(self) -> str:
        return f"{self.stage}.{self.field} of trial {self.trial_id}"


class StepResponse(models.Model):
    """One asked item of a step that is no trial (screening, comprehension, questionnaire), also if it was left open."""

    class Given(models.TextChoices):
        ANSWER = "answer"
        PREFER_NOT = "prefer_not"
        LEFT_OPEN = "left_open"

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="step_responses")
    step_index = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20)
    instrument = models.CharField(max_length=80)
    instrument_version = models.CharField(max_length=20, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    item = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0, help_text="Place among the items of its page.")
    value = models.JSONField(null=True)
    given = models.CharField(max_length=12, choices=Given.choices, default=Given.ANSWER)
    correct = models.BooleanField(null=True)
    rt_ms = models.FloatField(null=True)
    responded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "step_index", "attempt", "item"], name="step_response_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.instrument}.{self.item} of {self.participant_id}"


class Submission(models.Model):
    """One accepted answer to one page: its nonce is unique, so a repeat is recognised and a conflict refused."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="submissions")
    nonce = models.CharField(max_length=DIGEST)
    body_digest = models.CharField(
        max_length=DIGEST, help_text="sha-256 of the answers, without the clock readings."
    )
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["participant", "nonce"], name="submission_once")]

    def __str__(self) -> str:
        return f"submission {self.pk} of {self.participant_id}"


class Event(models.Model):
    """One line of the append-only log, idempotent on (participant, source, seq); ``source`` is one page instance."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="events")
    source = models.CharField(max_length=40)
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=40)
    t_client_ms = models.FloatField(null=True)
    received_at = models.DateTimeField()
    payload = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["participant", "source", "seq"], name="event_once")]
        permissions = [("replay_path", "Can replay a participant's path")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.participant_id}"
