"""Registers the app with Django, and the protection of what it holds."""

from django.apps import AppConfig


class EnrolmentConfig(AppConfig):
    name = "studies.enrolment"
    label = "enrolment"
    verbose_name = "Participants"

    def ready(self) -> None:
        from studies.design.immutable import install_after_migrate
        from studies.enrolment import protections  # noqa: F401  (declares what is protected)

        install_after_migrate(self)
