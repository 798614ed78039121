"""Read every artefact that the database names and compare its SHA-256: bytes that changed are found and named."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from explainers.core.errors import ArtefactCorrupt, ArtefactMissing
from explainers.core.store import Store
from explainers.models import Explanation, Predictor, Rendering


class Command(BaseCommand):
    help = "Verify every stored artefact; ends with an error if one is missing or damaged."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--orphans", action="store_true", help="also list files that no row names")

    def handle(self, *args: Any, orphans: bool, **options: Any) -> None:
        """Verify what rows name, then what lies in the store."""
        store, named = Store(settings.ASSAY_STORE), self.named()
        on_disk = set(store.digests())
        faults = 0
        for digest in sorted(set(named) | on_disk):
            try:
                store.get(digest)
            except (ArtefactMissing, ArtefactCorrupt) as error:
                faults += 1
                self.stderr.write(f"{named.get(digest, 'no row')}: {error}")
        surplus = sorted(on_disk - set(named))
        if orphans:
            for digest in surplus:
                self.stdout.write(f"no row names {digest}")
        if faults:
            raise CommandError(f"{faults} artefacts are missing or damaged; restore them from a backup.")
        self.stdout.write(
            f"{len(named)} artefacts are whole; {len(surplus)} files belong to no row of this app."
        )

    def named(self) -> dict[str, str]:
        """Return the digests that rows name, each with a word for people."""
        return {
            **dict.fromkeys(_digests(Predictor, "weights_digest"), "weights"),
            **dict.fromkeys(_digests(Explanation, "artefact_digest"), "explanation"),
            **dict.fromkeys(_digests(Rendering, "digest"), "rendering"),
        }


def _digests(model: type[Predictor] | type[Explanation] | type[Rendering], column: str) -> list[str]:
    return list(model._default_manager.order_by().values_list(column, flat=True).distinct())
