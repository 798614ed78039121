"""`manage.py runlocal`: Assay on one laptop, with no server to install."""

import signal
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from deploy.local import LocalServices, LocalServicesFailed
from deploy.prepare import prepare_database, prepare_static_files


class Command(BaseCommand):
    help = "Run Assay on this machine: private broker, one worker, sweeper and web server. Ctrl-C stops all of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--web-workers", type=int, default=2)
        parser.add_argument("--tasks-at-once", type=int, default=1)

    def handle(self, *, port: int, web_workers: int, tasks_at_once: int, **options: Any) -> None:
        prepare_database()
        prepare_static_files()
        services = LocalServices(
            port=port, web_workers=web_workers, tasks_at_once=tasks_at_once, say=self.stdout.write
        )
        try:
            with services:
                self.stdout.write(
                    f"Assay runs at {services.url}/ (administration: {services.url}/admin/). Ctrl-C stops it."
                )
                signal.pause()
        except (ImproperlyConfigured, LocalServicesFailed) as problem:
            raise CommandError(str(problem)) from None
        except KeyboardInterrupt:
            self.stdout.write("Stopped; the data stay.")
