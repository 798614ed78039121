"""The explanation engine as a Django app: installs its triggers after every migrate and checks that they are there."""

from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate


class ExplainersConfig(AppConfig):
    name = "explainers"
    label = "explainers"
    verbose_name = "Cases, predictors, explanations"

    def ready(self) -> None:
        from explainers.immutable import frozen_tables_check

        post_migrate.connect(install_triggers, sender=self, dispatch_uid="explainers.triggers")
        checks.register(frozen_tables_check, checks.Tags.database)


def install_triggers(*, using: str, **_: Any) -> None:
    """Install the triggers; a receiver of post_migrate."""
    from explainers.immutable import triggers_install

    triggers_install(using=using)
