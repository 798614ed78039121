"""Sends simulated participants through a running application."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from studies.design.selectors import version_current
from studies.errors import StudyError
from studies.rehearsal.driver import ServerFailed
from studies.rehearsal.policies import POLICIES, PolicyChoice
from studies.rehearsal.questions import PageUnexpected
from studies.rehearsal.services import rehearsal_run


class Command(BaseCommand):
    help = "Rehearse a launched study with simulated participants over HTTP."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="short name of the study")
        parser.add_argument("--base-url", required=True, help="where the application answers")
        parser.add_argument("--participants", type=int, default=40)
        parser.add_argument(
            "--policy",
            action="append",
            default=[],
            metavar="NAME[:PARAMETER=NUMBER,…]",
            help=f"dealt out in turn, may be given several times: {', '.join(sorted(POLICIES))}",
        )
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--concurrency", type=int, default=4)

    def handle(self, *args: Any, **options: Any) -> None:
        """Rehearse and say how it went; any fault of a page ends with an error."""
        version = version_current(options["slug"])
        if version is None:
            raise CommandError(f"No version of '{options['slug']}' is launched. Launch it, then rehearse it.")
        try:
            choices = [PolicyChoice.parse(text) for text in options["policy"] or ["by_confidence"]]
            found = rehearsal_run(
                version=version,
                base_url=options["base_url"],
                count=options["participants"],
                policies=choices,
                seed=options["seed"],
                concurrency=options["concurrency"],
                progress=self._tell,
            )
        except (StudyError, ServerFailed, PageUnexpected, ValueError) as error:
            raise CommandError(str(error)) from error
        ends = ", ".join(f"{count} {end}" for end, count in sorted(found.ends.items()))
        self.stdout.write(f"{len(found.lives)} participants read {found.pages} pages: {ends}.")

    def _tell(self, done: int, count: int) -> None:
        if done % 10 == 0 or done == count:
            self.stdout.write(f"{done} of {count} participants")
