"""Registers the app with Django, and the protection of what it holds."""

from django.apps import AppConfig


class TrialsConfig(AppConfig):
    name = "studies.trials"
    label = "trials"
    verbose_name = "Trials and events"

    def ready(self) -> None:
        from studies.design.immutable import install_after_migrate
        from studies.trials import protections  # noqa: F401  (declares what is protected)

        install_after_migrate(self)
