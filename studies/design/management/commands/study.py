"""``manage.py study``: check, import, prepare, launch and open a study from the command line."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from explainers.core.errors import ExplainersError
from studies.design.compositefile import files_beside
from studies.design.content import content_named
from studies.design.models import Recruitment, StudyVersion
from studies.design.planpage import preview_lines, preview_page
from studies.design.planpreview import content_preview, plan_preview
from studies.design.schemafaults import study_schema
from studies.design.selectors import (
    explanation_progress,
    prediction_progress,
    rendering_progress,
    version_current,
    version_latest,
)
from studies.design.services import (
    case_file_import,
    recruitment_set,
    study_import,
    version_launch,
    version_prepare,
    version_problems,
)
from studies.design.studyfile import study_read, study_read_folder
from studies.errors import StudyError

SUFFIXES = (".yaml", ".yml")
STATES = {
    "open": Recruitment.State.OPEN,
    "pause": Recruitment.State.PAUSED,
    "close": Recruitment.State.CLOSED,
}


class Command(BaseCommand):
    """One sub-command for each thing that can be done with a study."""

    help = "Check, plan, import, prepare, launch, open, pause, close or show a study; import cases."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for name, about in (
            ("check", "say what is wrong with a study file"),
            ("import", "make it a version"),
        ):
            commands.add_parser(name, help=about).add_argument("file", type=Path, metavar="FILE")
        for name, about in (
            ("prepare", "have predictions, explanations and drawings made"),
            ("launch", "draw the allocation and close the version for ever"),
            ("open", "let participants in"),
            ("pause", "let nobody new in for now"),
            ("close", "end the recruitment"),
            ("show", "say what the study is and what it lacks"),
        ):
            commands.add_parser(name, help=about).add_argument("slug", metavar="STUDY")
        cases = commands.add_parser("cases", help="bring in a case file")
        cases.add_argument("name", metavar="NAME")
        cases.add_argument("csv", type=Path, metavar="CSV")
        cases.add_argument("schema", type=Path, metavar="SCHEMA")
        cases.add_argument(
            "files", type=Path, nargs="?", metavar="FILES", help="zip or folder of what it names"
        )
        plan = commands.add_parser("plan", help="count what the case plan comes to, before or after launch")
        plan.add_argument("study", metavar="FILE|STUDY")
        plan.add_argument(
            "--html", type=Path, metavar="OUT", help="write a page with the tables and pictures"
        )
        commands.add_parser("schema", help="print the JSON Schema of the study file")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        if action in STATES:
            options["state"] = STATES[action]
            action = "recruitment"
        run: Callable[..., None] = getattr(self, f"_{action}")
        try:
            run(**options)
        except (StudyError, ExplainersError) as error:
            raise CommandError(str(error)) from error

    def _check(self, *, file: Path, **_: Any) -> None:
        data, beside = study_read_folder(file)
        read = study_read(data, files=beside, name=file.name)
        self.stdout.write(
            f"{file.name} is in order: {len(read.spec.conditions)} conditions, {len(read.spec.steps)} steps, "
            f"{read.spec.slots} slots. Digest {read.digest}."
        )

    def _import(self, *, file: Path, **_: Any) -> None:
        data, beside = study_read_folder(file)
        version = study_import(source=data, files=beside)
        self.stdout.write(f"{version} is there (digest {version.digest}).")

    def _prepare(self, *, slug: str, **_: Any) -> None:
        version = self._latest(slug)
        to_come = version_prepare(version=version)
        if to_come:
            self.stdout.write(
                f"{version}: {to_come} results are still to come. Run this again when workers are done."
            )
        else:
            self.stdout.write(f"{version}: everything that it shows is there.")

    def _launch(self, *, slug: str, **_: Any) -> None:
        version = self._latest(slug)
        version_launch(version=version)
        self.stdout.write(f"{version} is launched. 'manage.py study open {slug}' lets participants in.")

    def _recruitment(self, *, slug: str, state: str, **_: Any) -> None:
        version = version_current(slug)
        if version is None:
            raise CommandError(f"No version of '{slug}' is launched.")
        recruitment_set(version=version, state=state)
        self.stdout.write(f"{version} is {state}.")

    def _show(self, *, slug: str, **_: Any) -> None:
        version = self._latest(slug)
        spec = version.spec
        self.stdout.write(f"{version}: {spec['title']}")
        self.stdout.write(f"digest {version.digest}, plan {version.plan_digest}")
        for condition in spec["conditions"]:
            shown = [
                *(condition["advice"] or {}).get("show", []),
                *(e["name"] for e in condition["explanations"]),
            ]
            self.stdout.write(f"  {condition['name']}: {', '.join(shown) or 'the case alone'}")
        if version.launched_at is not None:
            self.stdout.write(
                f"launched {version.launched_at:%Y-%m-%d %H:%M} UTC, {version.recruitment.state}"
            )
            return
        progress = {"predictions": prediction_progress(version), **explanation_progress(version)}
        progress["drawings"] = rendering_progress(version)
        for name, found in progress.items():
            self.stdout.write(f"  {name}: {found.done} of {found.wanted}, {found.failed} failed")
        for problem in version_problems(version=version):
            self.stdout.write(f"  not ready: {problem}")

    def _cases(self, *, name: str, csv: Path, schema: Path, files: Path | None, **_: Any) -> None:
        beside = files_beside(files) if files else None
        case_set = case_file_import(name=name, csv=csv, schema=schema, files=beside)
        self.stdout.write(f"{case_set.name}: {case_set.cases.count()} cases (digest {case_set.digest}).")
        for note in case_set.notes:
            self.stdout.write(f"  {note}")

    def _plan(self, *, study: str, html: Path | None, **_: Any) -> None:
        if Path(study).suffix in SUFFIXES:
            data, beside = study_read_folder(Path(study))
            read = study_read(data, files=beside, name=Path(study).name)
            title, found = read.spec.title, content_preview(content_named(read.spec))
        else:
            version = self._latest(study)
            title, found = str(version), plan_preview(version)
        for line in preview_lines(title, found):
            self.stdout.write(line)
        if html is not None:
            html.write_text(preview_page(title, found), encoding="utf-8")
            self.stdout.write(f"The tables and pictures are in {html}.")

    def _schema(self, **_: Any) -> None:
        import json

        self.stdout.write(json.dumps(study_schema(), indent=2, ensure_ascii=False))

    def _latest(self, slug: str) -> StudyVersion:
        version = version_latest(slug)
        if version is None:
            raise CommandError(f"There is no study '{slug}'.")
        return version
