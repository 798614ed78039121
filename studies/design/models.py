"""What is studied: studies, their immutable versions, and everything that a launch draws beforehand."""

from __future__ import annotations

from django.conf import settings
from django.db import models

DIGEST = 64
VARIANT = 120


class Study(models.Model):
    """A study under one slug; its versions carry the content."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="studies"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "studies"

    def __str__(self) -> str:
        return self.slug


class StudyVersion(models.Model):
    """One version of a study: immutable from launch on (the database itself refuses changes)."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    source = models.TextField(help_text="The study file as it was brought, byte for byte.")
    spec = models.JSONField(help_text="The normalised document that the engine carries out.")
    digest = models.CharField(
        max_length=DIGEST, help_text="sha-256 of the normalised document and its texts."
    )
    plan_digest = models.CharField(max_length=DIGEST)
    allocation_seed = models.CharField(max_length=DIGEST, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    launched_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "number"], name="version_number_once")]
        permissions = [
            ("launch_studyversion", "Can launch a version"),
            ("view_allocation", "Can see the allocation"),
        ]

    def __str__(self) -> str:
        return f"{self.study.slug} v{self.number}"


class Recruitment(models.Model):
    """Whether a launched version takes participants now: the part of a version that may change."""

    class State(models.TextChoices):
        CLOSED = "closed"
        OPEN = "open"
        PAUSED = "paused"

    version = models.OneToOneField(StudyVersion, on_delete=models.PROTECT, related_name="recruitment")
    state = models.CharField(max_length=10, choices=State.choices, default=State.CLOSED)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.version}: {self.state}"


class StudyText(models.Model):
    """A text of a version (consent, instructions, debrief): the Markdown as brought and the HTML that people see."""

    version = models.ForeignKey(StudyVersion, on_delete=models.PROTECT, related_name="texts")
    name = models.CharField(max_length=120)
    markdown = models.TextField()
    html = models.TextField()
    digest = models.CharField(max_length=DIGEST)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "name"], name="text_name_once")]

    def __str__(self) -> str:
        return self.name


class GroundTruth(models.Model):
    """The reference answer of a case. Only scoring and export may read it (an import contract holds them to it)."""

    case = models.ForeignKey("explainers.Case", on_delete=models.PROTECT, related_name="+")
    field = models.CharField(max_length=60, default="decision")
    value = models.TextField()
    source = models.CharField(max_length=200, blank=True)
    adjudication = models.CharField(
        max_length=200, blank=True, default="", help_text="How disagreement about the answer was settled."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "field"], name="truth_once")]

    def __str__(self) -> str:
        return f"truth of case {self.case_id}"


class CaseColumn(models.Model):
    """What the case file says of a case besides inputs and truth: the original it was made from, options of its own."""

    case = models.ForeignKey("explainers.Case", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    value = models.CharField(max_length=2000)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "name"], name="case_column_once")]

    def __str__(self) -> str:
        return f"{self.name} of case {self.case_id}"


class PlannedTrial(models.Model):
    """One row of a case plan. Arms share plans, so that they see the same cases."""

    version = models.ForeignKey(StudyVersion, on_delete=models.PROTECT, related_name="planned_trials")
    plan = models.PositiveIntegerField()
    step_index = models.PositiveSmallIntegerField()
    block_index = models.PositiveSmallIntegerField()
    trial_index = models.PositiveSmallIntegerField()
    case = models.ForeignKey("explainers.Case", on_delete=models.PROTECT, related_name="+")
    within = models.CharField(
        max_length=200,
        blank=True,
        help_text="The levels that lie within a participant; they make the condition.",
    )
    variant = models.CharField(
        max_length=VARIANT, blank=True, help_text="The variant of explanations of the plan."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "plan", "step_index", "trial_index"], name="planned_trial_once"
            )
        ]

    def __str__(self) -> str:
        return f"plan {self.plan}, block {self.block_index}, trial {self.trial_index}"


class AllocationSlot(models.Model):
    """One place of the allocation, drawn at launch and concealed: the ``seq``-th comer of a stratum gets it."""

    class Purpose(models.TextChoices):
        REAL = "real"
        REHEARSAL = "rehearsal"

    version = models.ForeignKey(StudyVersion, on_delete=models.PROTECT, related_name="slots")
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    stratum = models.CharField(max_length=200)
    seq = models.PositiveIntegerField()
    block = models.PositiveIntegerField()
    condition = models.CharField(
        max_length=80,
        blank=True,
        help_text="Empty under minimisation, which decides when the slot is claimed.",
    )
    draw = models.CharField(
        max_length=DIGEST, blank=True, help_text="Random word by which minimisation decides."
    )
    plan = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "purpose", "stratum", "seq"], name="slot_seq_once")
        ]

    def __str__(self) -> str:
        return f"slot {self.seq} of {self.stratum or 'all'}"


class AllocationCounter(models.Model):
    """The locked counter of a list, a stratum or a condition (``*`` counts all together): the next place given out.

    ``next - freed`` places are held, by people who finished or are on their way, and never more than ``capacity``.
    """

    ALL = "*"

    version = models.ForeignKey(StudyVersion, on_delete=models.PROTECT, related_name="counters")
    purpose = models.CharField(max_length=10, choices=AllocationSlot.Purpose.choices)
    stratum = models.CharField(max_length=200)
    next = models.PositiveIntegerField(default=0)
    freed = models.PositiveIntegerField(
        default=0, help_text="Places that nobody holds any more: those of who left, and slots passed over."
    )
    capacity = models.PositiveIntegerField()
    first_plan = models.PositiveIntegerField(null=True, help_text="Of a condition under minimisation.")
    plans = models.PositiveIntegerField(null=True, help_text="How many plans from there are dealt in turn.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "purpose", "stratum"], name="counter_once"),
            models.CheckConstraint(
                condition=models.Q(next__lte=models.F("capacity") + models.F("freed")),
                name="counter_in_capacity",
            ),
            models.CheckConstraint(
                condition=models.Q(freed__lte=models.F("next")), name="counter_freed_of_given"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.stratum}: {self.next - self.freed} of {self.capacity}"

    @classmethod
    def of_condition(cls, name: str) -> str:
        """Return the key of a condition's counter; no stratum begins with an asterisk."""
        return f"{cls.ALL}{name}"


class Preparation(models.Model):
    """What was asked of the explanation engine for a version, so that it need not be asked again."""

    version = models.OneToOneField(StudyVersion, on_delete=models.CASCADE, related_name="preparation")
    rendering_spec = models.CharField(
        max_length=DIGEST, blank=True, help_text="Digest of the one specification by which all is drawn."
    )
    asked_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"preparation of {self.version}"


class PreparedExplanation(models.Model):
    """The key under which an explanation of a version was asked for, for one case."""

    version = models.ForeignKey(StudyVersion, on_delete=models.CASCADE, related_name="prepared_explanations")
    name = models.CharField(max_length=80)
    case = models.ForeignKey("explainers.Case", on_delete=models.PROTECT, related_name="+")
    variant = models.CharField(max_length=VARIANT, blank=True)
    key = models.CharField(max_length=DIGEST)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "name", "variant", "case"], name="prepared_explanation_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.key[:12]}"


class GateOverride(models.Model):
    """A written reason to show explanations that the quality gate has a red light for; it covers what was red then."""

    version = models.ForeignKey(StudyVersion, on_delete=models.CASCADE, related_name="gate_overrides")
    gate = models.CharField(max_length=64)  # the `gate_id` of explainers.selectors.gates_by_method
    about = models.CharField(max_length=300)
    covers = models.JSONField(default=dict)  # `gate_red` of what was red and had no reason yet
    reason = models.TextField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="gate_overrides"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.about}: {self.reason[:60]}"


class ShownExplanation(models.Model):
    """Which frozen explanation, in which rendering, a condition shows for a case; fixed at launch."""

    version = models.ForeignKey(StudyVersion, on_delete=models.PROTECT, related_name="shown_explanations")
    condition = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80)
    variant = models.CharField(max_length=VARIANT, blank=True)
    case = models.ForeignKey("explainers.Case", on_delete=models.PROTECT, related_name="+")
    explanation = models.ForeignKey("explainers.Explanation", on_delete=models.PROTECT, related_name="+")
    artefact_digest = models.CharField(max_length=DIGEST)
    rendering_digest = models.CharField(max_length=DIGEST)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "condition", "variant", "position", "case"], name="shown_explanation_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.condition}: {self.name}"


class StaffAction(models.Model):
    """The audit trail of staff: who did what to which study, when and why. Append-only."""

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    study = models.ForeignKey(Study, null=True, on_delete=models.PROTECT, related_name="staff_actions")
    verb = models.CharField(max_length=60)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.verb} at {self.at:%Y-%m-%d %H:%M}"
