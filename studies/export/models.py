"""The admin's door to exporting a version, and the codes that two coders gave to the free texts of one."""

from django.db import models

from studies.design.models import StudyVersion
from studies.trials.models import StepResponse, TrialResponse


class ExportedVersion(StudyVersion):
    """A launched version, seen as something whose data may leave."""

    class Meta:
        proxy = True
        verbose_name = "study to export"
        verbose_name_plural = "studies to export"
        default_permissions = ("view",)


class TextCode(models.Model):
    """The code that one coder gave to one free text; it goes with the text when that is erased."""

    version = models.ForeignKey(StudyVersion, on_delete=models.PROTECT, related_name="text_codes")
    coder = models.CharField(max_length=40)
    trial_response = models.ForeignKey(
        TrialResponse, null=True, on_delete=models.CASCADE, related_name="text_codes"
    )
    step_response = models.ForeignKey(
        StepResponse, null=True, on_delete=models.CASCADE, related_name="text_codes"
    )
    code = models.CharField(max_length=80)
    brought_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        permissions = [("code_texts", "Can download free texts and bring in their codes")]
        constraints = [
            models.UniqueConstraint(fields=["coder", "trial_response"], name="text_code_once_of_trial"),
            models.UniqueConstraint(fields=["coder", "step_response"], name="text_code_once_of_step"),
            models.CheckConstraint(
                condition=models.Q(trial_response__isnull=True) ^ models.Q(step_response__isnull=True),
                name="text_code_of_one_text",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.coder}: {self.code}"
