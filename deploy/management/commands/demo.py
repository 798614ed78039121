"""`manage.py demo`: everything, from an empty folder to a report, on embedded defaults."""

from __future__ import annotations

import signal
import socket
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from analysis.models import Report
from deploy.demo.content import (
    STUDY,
    cases_ensure,
    explanations_ensure,
    launch_ensure,
    predictor_ensure,
    version_ensure,
)
from deploy.demo.folder import demo_folder, is_demo_folder, restart_in
from deploy.demo.outcome import USER, dataset_ensure, participants_ensure, password_renew, report_ensure
from deploy.demo.progress import Progress
from deploy.local import LocalServices, LocalServicesFailed
from deploy.prepare import prepare_database, prepare_static_files
from studies.errors import StudyError
from studies.rehearsal.driver import ServerFailed
from studies.rehearsal.questions import PageUnexpected

STEPS = 10
FIRST_PORT, PORTS = 8000, 50


class Command(BaseCommand):
    help = "Set up and run the whole demo: predictor, explanations, study, simulated participants, report."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--participants", type=int, default=120, help="simulated participants in all")
        parser.add_argument(
            "--port", type=int, default=0, help=f"default: the first free one from {FIRST_PORT}"
        )
        parser.add_argument("--exit", action="store_true", help="stop once the links are printed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the demo in its own folder; what an earlier run has made is used again."""
        try:
            if not is_demo_folder(Path(settings.ASSAY_VAR)):
                folder = demo_folder(Path(settings.ASSAY_VAR))
                self.stdout.write(f"The demo keeps everything in {folder}.")
                self.stdout.flush()
                restart_in(folder, arguments=sys.argv, python=sys.executable)
            self._run(**options)
        except (
            ImproperlyConfigured,
            LocalServicesFailed,
            ServerFailed,
            PageUnexpected,
            StudyError,
        ) as problem:
            raise CommandError(str(problem)) from problem
        except KeyboardInterrupt:
            self.stdout.write("Stopped. Everything is kept; the next `make demo` takes seconds.")

    def _run(self, *, participants: int, port: int, exit: bool, **_: Any) -> None:  # noqa: A002 - the option's name
        progress = Progress(steps=STEPS, say=self._say)
        progress.next("Database and static files")
        changed = prepare_database() | prepare_static_files()
        progress.tell("Database and static files: " + ("made" if changed else "up to date"))
        progress.next("Broker, worker, sweeper and web server")
        services = LocalServices(port=port or free_port(), say=progress.tell)
        with services:
            report = self._story(progress, base_url=services.url, participants=participants)
            self._links(services.url, report=report, password=password_renew())
            if not exit:
                self._say("The server stays up. Ctrl-C stops it.")
                signal.pause()

    def _story(self, progress: Progress, *, base_url: str, participants: int) -> Report:
        progress.next("Predictor")
        predictor_ensure(progress)
        progress.next("Cases")
        cases_ensure(progress)
        progress.next("Study")
        version = version_ensure(progress)
        progress.next("Explanations")
        explanations_ensure(version, progress=progress)
        progress.next("Launch")
        launch_ensure(version, progress=progress)
        progress.next("Simulated participants")
        participants_ensure(version, count=participants, base_url=base_url, progress=progress)
        progress.next("Dataset")
        dataset = dataset_ensure(version, progress=progress)
        progress.next("Report")
        return report_ensure(dataset, progress=progress)

    def _links(self, url: str, *, report: Report, password: str) -> None:
        self._say("")
        self._say(f"Take part:  {url}{reverse('participant', args=[STUDY])}")
        self._say(
            f"Admin:      {url}{reverse('admin:index')}  (user {USER}, password of this start: {password})"
        )
        self._say(f"Report:     {url}{reverse('admin:analysis_report_open', args=[report.pk])}")
        self._say(f"            also as a file: {settings.ASSAY_VAR / report.folder / 'report.html'}")
        self._say("")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def free_port() -> int:
    """Return the first port from 8000 on that nobody uses."""
    for port in range(FIRST_PORT, FIRST_PORT + PORTS):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ImproperlyConfigured(
        f"No port from {FIRST_PORT} to {FIRST_PORT + PORTS - 1} is free: give one, --port N."
    )
