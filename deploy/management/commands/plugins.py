"""Lists what stands on the shelves of this installation."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from analysis.estimators import registry as estimators
from analysis.measures import registry as measures
from analysis.measures import tabulations
from explainers.methods import METHODS
from studies.protocols import shelf as protocols
from studies.questionnaires import get_questionnaire, questionnaire_names


class Command(BaseCommand):
    help = (
        "List every explainer, protocol, measure, tabulation, estimator and questionnaire with its version."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        shelves: dict[str, Any] = {
            "explainers": METHODS,
            "protocols": protocols,
            "measures": measures,
            "tabulations": tabulations,
            "estimators": estimators,
        }
        for title, registry in shelves.items():
            self._shelf(title, [registry.get(name) for name in registry.names()])
        self._shelf("questionnaires", [get_questionnaire(name) for name in questionnaire_names()])

    def _shelf(self, title: str, plugins: list[Any]) -> None:
        self.stdout.write(self.style.MIGRATE_HEADING(title))
        for plugin in plugins:
            label = getattr(plugin, "label", "") or getattr(plugin, "title", "")
            self.stdout.write(f"  {plugin.name:<28} {plugin.version:<5} {label}")
