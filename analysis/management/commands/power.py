"""Power over a grid of sizes, shared by all workers: asked for here, carried out wherever a worker is free."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analysis.core.plan import plan_mapping
from analysis.power.arguments import add_arguments, arguments_of
from analysis.services import power_progress, power_request, power_result

_PAUSE_S = 1.0


class Command(BaseCommand):
    """Ask, show how far the workers are, and print the result; asked again, it goes on where it was."""

    help = "Simulate the power of a plan's primary question on all workers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        from argparse import Namespace

        given = Namespace(**options)
        try:
            mapping = plan_mapping(given.plan)
            grid = power_request(plan=mapping.get("plan", mapping), request=arguments_of(given))
        except (ValueError, LookupError, OSError) as error:
            raise CommandError(str(error)) from error
        while (found := power_result(grid=grid)) is None:
            done, failed, total = power_progress(grid=grid)
            if failed:
                first = grid.chunks.exclude(error="").first()
                raise CommandError(f"{failed} of {total} chunks failed: {first.error if first else ''}")
            self.stderr.write(f"{done} of {total} chunks", ending="\r")
            time.sleep(_PAUSE_S)
        for row in found.rows:
            self.stdout.write(
                f"{row['participants']} participants, {row['cases']} cases, {row['trials']} trials each: "
                f"{row['power']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
            )
        self.stdout.write(found.recommendation)
