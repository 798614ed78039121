"""Registers the app with Django, and the protection of what it holds."""

from django.apps import AppConfig
from django.core.checks import Tags, register


class DesignConfig(AppConfig):
    name = "studies.design"
    label = "design"
    verbose_name = "Studies"

    def ready(self) -> None:
        from studies.design import protections  # noqa: F401  (declares what is protected)
        from studies.design.immutable import immutability_check, install_after_migrate

        install_after_migrate(self)
        register(immutability_check, Tags.database)
