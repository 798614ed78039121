"""The sweeper: a plain process that frees dead leases and rings for forgotten rows. It needs no broker to live."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections
from django.utils.module_loading import import_string

from explainers.core.store import Store
from explainers.services import jobs_sweep


class Command(BaseCommand):
    help = "Sweep jobs every ASSAY_SWEEP_S seconds, and whatever ASSAY_SWEEPS names; --once for one round."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, then end")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        """Sweep until told to stop."""
        if once:
            self.stdout.write(f"Rang for {self.sweep()} jobs.")
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            close_old_connections()
            try:
                count = self.sweep()
                if count:
                    self.stdout.write(f"Rang for {count} jobs.")
            except DatabaseError as error:
                self.stderr.write(f"The database does not answer: {error}; trying again.")
            stop.wait(settings.ASSAY_SWEEP_S)

    def sweep(self) -> int:
        """Do one round and return for how many rows it rang; what killed writers left in the store goes as well."""
        Store(settings.ASSAY_STORE).tidy()
        return jobs_sweep() + sum(int(import_string(hook)() or 0) for hook in settings.ASSAY_SWEEPS)
