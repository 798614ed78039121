"""What was frozen for analysis, the reports made of it, and power simulations: a job is a row with lease and fence."""

from __future__ import annotations

from django.conf import settings
from django.db import models

DIGEST = 64


class Dataset(models.Model):
    """A folder of frozen tables, named by its digest; a changed study gives another dataset, never another content."""

    study = models.SlugField(max_length=80)
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=DIGEST, unique=True, help_text="sha-256 of the manifest.")
    folder = models.CharField(max_length=200, help_text="Relative to the folder of run-time data.")
    manifest = models.JSONField()
    plan_digest = models.CharField(max_length=DIGEST)
    is_simulated = models.BooleanField(
        help_text="Made by simulated participants; never mixed with real ones."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        kind = "simulated" if self.is_simulated else "real"
        return f"{self.study} v{self.version}, {kind}, {self.digest[:12]}"

    def rows(self, table: str) -> int:
        """Return how many rows a table has."""
        return int(self.manifest["files"][f"{table}.parquet"]["rows"])


class Report(models.Model):
    """One analysis of a dataset by its locked plan; the row is the job (state, attempt as fence, lease)."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="reports")
    plan_digest = models.CharField(max_length=DIGEST)
    assay_version = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0, help_text="The fence: a late worker cannot write.")
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    digest = models.CharField(max_length=DIGEST, blank=True, help_text="sha-256 of the report's manifest.")
    folder = models.CharField(
        max_length=200, blank=True, help_text="Relative to the folder of run-time data."
    )
    manifest = models.JSONField(default=dict, help_text="Files of the report: name to sha-256.")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "plan_digest", "assay_version"], name="report_once_per_plan"
            )
        ]
        indexes = [models.Index(fields=["state", "lease_until"])]

    def __str__(self) -> str:
        return f"report {self.pk} of {self.dataset}"


class PowerGrid(models.Model):
    """A question of power over many sizes, cut into chunks that workers share; the same question is the same row."""

    digest = models.CharField(
        max_length=DIGEST, unique=True, help_text="sha-256 of plan, request and version."
    )
    plan = models.JSONField()
    request = models.JSONField(help_text="Arguments of simulate_power.")
    assay_version = models.CharField(max_length=40)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"power {self.pk}, {self.digest[:12]}"


class PowerChunk(models.Model):
    """A few simulations of one size; the row is the job, and its result is counts."""

    grid = models.ForeignKey(PowerGrid, on_delete=models.CASCADE, related_name="chunks")
    cell = models.PositiveIntegerField()
    chunk = models.PositiveIntegerField()
    work = models.JSONField(help_text="As of analysis.power.chunks.chunks_of.")
    state = models.CharField(max_length=10, choices=Report.State.choices, default=Report.State.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0, help_text="The fence: a late worker cannot write.")
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["grid", "cell", "chunk"]
        constraints = [models.UniqueConstraint(fields=["grid", "cell", "chunk"], name="power_chunk_once")]
        indexes = [models.Index(fields=["state", "lease_until"])]

    def __str__(self) -> str:
        return f"{self.grid}: size {self.cell}, chunk {self.chunk}"
