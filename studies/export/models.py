"""No table of its own: the admin's door to exporting a version."""

from studies.design.models import StudyVersion


class ExportedVersion(StudyVersion):
    """A launched version, seen as something whose data may leave."""

    class Meta:
        proxy = True
        verbose_name = "study to export"
        verbose_name_plural = "studies to export"
        default_permissions = ("view",)
