"""The roof as a Django app: it brings templates, commands and system checks, and no tables."""

from django.apps import AppConfig


class DeployConfig(AppConfig):
    name = "deploy"
    label = "deploy"
    verbose_name = "Deployment"

    def ready(self) -> None:
        from deploy import celery, checks, database_checks  # noqa: F401 - a task sent by any process must know the broker
