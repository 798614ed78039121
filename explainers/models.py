"""Cases, predictors, predictions and explanations: content that never changes, and the jobs that make it."""

from __future__ import annotations

from django.db import models

DIGEST = 64


class CaseSet(models.Model):
    """A frozen set of cases with the schema of their features."""

    name = models.CharField(max_length=80, unique=True)
    digest = models.CharField(max_length=DIGEST, unique=True)
    schema = models.JSONField()
    licence = models.CharField(max_length=200, blank=True)
    permitted_use = models.CharField(max_length=400, blank=True)
    export_rule = models.CharField(
        max_length=20,
        blank=True,
        help_text="What of the cases may leave with a dataset: empty, or results_only.",
    )
    notes = models.JSONField(
        default=list, blank=True, help_text="What was taken out of files, and what to look at."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Case(models.Model):
    """What is judged: inputs, and parts that only people see; the ground truth lives elsewhere."""

    case_set = models.ForeignKey(CaseSet, on_delete=models.PROTECT, related_name="cases")
    key = models.CharField(max_length=80)
    position = models.PositiveIntegerField()
    inputs = models.JSONField()
    parts = models.JSONField(default=dict, blank=True)
    digest = models.CharField(max_length=DIGEST)

    class Meta:
        ordering = ["case_set", "position"]
        constraints = [
            models.UniqueConstraint(fields=["case_set", "key"], name="case_key_once"),
            models.UniqueConstraint(fields=["case_set", "position"], name="case_position_once"),
        ]

    def __str__(self) -> str:
        return self.key


class Predictor(models.Model):
    """The AI under study."""

    class Kind(models.TextChoices):
        TRAINED = "trained"
        IMPORTED = "imported"
        SCRIPTED = "scripted"

    name = models.CharField(max_length=80, unique=True)
    digest = models.CharField(max_length=DIGEST, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.TRAINED)
    architecture = models.CharField(max_length=80)
    parameters = models.JSONField(default=dict)
    features = models.JSONField()
    classes = models.JSONField()
    preprocessing = models.JSONField(default=dict)
    output = models.JSONField(default=dict, blank=True)
    weights_digest = models.CharField(max_length=DIGEST)
    metadata = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Reference(models.Model):
    """Cases that explanations refer to: training cases with their outcome, examples of a concept, a random pool."""

    name = models.CharField(max_length=80, unique=True)
    digest = models.CharField(max_length=DIGEST, unique=True)
    case_set = models.ForeignKey(CaseSet, on_delete=models.PROTECT, related_name="references")
    labels = models.JSONField(
        default=dict, blank=True
    )  # key of the case to its outcome, which people are shown
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Prediction(models.Model):
    """What a predictor says about a case: the advice that may be shown."""

    predictor = models.ForeignKey(Predictor, on_delete=models.PROTECT, related_name="predictions")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="predictions")
    scores = models.JSONField()
    label = models.CharField(max_length=80)
    confidence = models.FloatField(null=True)  # a regression has none
    digest = models.CharField(max_length=DIGEST)
    recipe = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["predictor", "case"], name="prediction_once")]

    def __str__(self) -> str:
        return f"{self.predictor_id}/{self.case_id}: {self.label}"


class Job(models.Model):
    """Work for a worker. The row is the record; a message in the queue only hints that there are rows."""

    class Kind(models.TextChoices):
        PREDICT = "predict"
        EXPLAIN = "explain"
        RENDER = "render"
        GATE = "gate"
        CHECK = "check"  # of a method on a predictor; it carries the first of its cases

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    key = models.CharField(max_length=DIGEST, unique=True)
    predictor = models.ForeignKey(Predictor, on_delete=models.PROTECT, related_name="jobs")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="jobs")
    method = models.CharField(max_length=80, blank=True)
    payload = models.JSONField(default=dict)
    needs = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="waiting")
    queue = models.CharField(max_length=40, default="cpu")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=120, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "queue", "id"], name="job_claim_order")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key[:12]}"


class Explanation(models.Model):
    """A frozen explanation; its bytes are in the store under `artefact_digest`, `key` is the key of its job."""

    key = models.CharField(max_length=DIGEST, unique=True)
    predictor = models.ForeignKey(Predictor, on_delete=models.PROTECT, related_name="explanations")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="explanations")
    method = models.CharField(max_length=80)
    method_version = models.CharField(max_length=20)
    parameters = models.JSONField(default=dict)
    target_declared = models.CharField(max_length=100)
    target_class = models.CharField(max_length=80)
    control_kind = models.CharField(max_length=20, blank=True)
    derived_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="derivatives"
    )
    artefact_digest = models.CharField(max_length=DIGEST)
    fence = models.PositiveSmallIntegerField()
    completeness_error = models.FloatField()
    recipe = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.method} {self.key[:12]}"


class Rendering(models.Model):
    """What people see of an explanation: the bytes are in the store under `digest`."""

    explanation = models.ForeignKey(Explanation, on_delete=models.PROTECT, related_name="renderings")
    spec_digest = models.CharField(max_length=DIGEST)
    digest = models.CharField(max_length=DIGEST)
    spec = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["explanation", "spec_digest"], name="rendering_once")]

    def __str__(self) -> str:
        return f"rendering {self.digest[:12]}"


class Light(models.TextChoices):
    """The traffic light of the quality gate."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    NOT_COMPUTED = "not_computed"


class Gate(models.Model):
    """What the quality gate measured of one explanation; `verdict` has the numbers and the reasons in words."""

    explanation = models.ForeignKey(Explanation, on_delete=models.PROTECT, related_name="gates")
    gate_version = models.CharField(max_length=20)
    light = models.CharField(max_length=20, choices=Light.choices)
    verdict = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["explanation", "gate_version"], name="gate_once")]

    def __str__(self) -> str:
        return f"{self.light} {self.explanation_id}"


class MethodGate(models.Model):
    """What is measured once of a method on a predictor: does it notice what the predictor forgot or relearned."""

    key = models.CharField(max_length=DIGEST, unique=True)
    predictor = models.ForeignKey(Predictor, on_delete=models.PROTECT, related_name="method_gates")
    against = models.ForeignKey(
        Predictor, null=True, blank=True, on_delete=models.PROTECT, related_name="method_gates_against"
    )
    method = models.CharField(max_length=80)
    method_version = models.CharField(max_length=20)
    parameters = models.JSONField(default=dict)
    target_declared = models.CharField(max_length=100)
    gate_version = models.CharField(max_length=20)
    randomisation = models.JSONField()
    training = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.method} on {self.predictor_id}"


FROZEN: tuple[type[models.Model], ...] = (
    CaseSet, Case, Predictor, Reference, Prediction, Explanation, Rendering, Gate, MethodGate,
)  # fmt: skip
"""The tables whose rows never change and never go; `explainers.immutable` has the database refuse it."""
