"""`manage.py backup FOLDER`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from deploy.backup import backup_make
from deploy.backup_errors import BackupFailed


class Command(BaseCommand):
    help = "Write database, store, datasets and reports into a new folder, with digests and row counts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *, folder: Path, **options: Any) -> None:
        try:
            backup_make(folder=folder, say=self.stdout.write)
        except BackupFailed as problem:
            raise CommandError(str(problem)) from None
