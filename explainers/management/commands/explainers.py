"""``manage.py explainers``: bring predictors, advice, known cases, explanations; watch and cancel jobs; demo data."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from explainers.core.archive import folder_read
from explainers.core.errors import ExplainersError
from explainers.management.demo_files import DEMOS, demo_write
from explainers.management.gallery import gallery_write
from explainers.management.gallery_scenes import SCENES
from explainers.models import CaseSet, Job, Predictor, Reference
from explainers.selectors import jobs_overview
from explainers.services import (
    BroughtFile,
    explanations_bring,
    jobs_cancel,
    known_cases_bring,
    outcomes_read,
    predictor_bias,
    predictor_bring,
    predictor_calibrate,
    predictor_import,
    reference_keep,
)
from explainers.services.bring import FORMS

MOST_BYTES = 512 * 1024 * 1024
Add = Callable[[ArgumentParser], object]


class Command(BaseCommand):
    """One sub-command for each thing that comes in; what is refused is refused in a sentence and leaves nothing."""

    help = "Bring predictors, advice, known cases and explanations; watch and cancel jobs; write demo data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

        def command(action: str, about: str, *arguments: tuple[str, dict[str, Any]]) -> None:
            added = commands.add_parser(action, help=about, description=about)
            for name, options in arguments:
                added.add_argument(name, **options)

        name, cases = ("name", {"metavar": "NAME"}), ("--cases", {"required": True, "metavar": "CASE_SET"})
        file, source = ("file", {"type": Path, "metavar": "FILE"}), ("--source", {"default": ""})
        command(
            "predictor", "bring a predictor: its declaration and its safetensors weights", name,
            ("declaration", {"type": Path}), ("weights", {"type": Path}),
        )  # fmt: skip
        command(
            "advice", "bring predictions that were made elsewhere, or advice that somebody wrote", name, file, cases,
            ("--classes", {"required": True, "help": "with commas between them"}),
            ("--scripted", {"action": "store_true", "help": "nobody predicted this: it is declared"}), source,
        )  # fmt: skip
        command(
            "bias", "make a systematically biased predictor from a rule (JSON)", name, file, cases,
            ("--base", {"required": True, "metavar": "PREDICTOR"}),
        )  # fmt: skip
        command(
            "calibrate", "make a predictor with calibrated confidence", name,
            ("--base", {"required": True, "metavar": "PREDICTOR"}), ("--known", {"required": True}),
        )  # fmt: skip
        command(
            "known", "bring known cases: a manifest (CSV or NPZ), its schema (JSON), a zip or folder", name, file,
            ("schema", {"type": Path}), ("--files", {"type": Path}), ("--licence", {"default": ""}),
        )  # fmt: skip
        command(
            "reference", "give a case set that is there a name for explanations to refer to", name, cases,
            ("--outcomes", {"type": Path, "help": "CSV with case_id and outcome"}),
        )  # fmt: skip
        command(
            "explanations", "bring explanations that were made elsewhere", name, file, cases, source,
            ("--predictor", {"required": True}), ("--form", {"required": True, "choices": FORMS}),
            ("--files", {"type": Path, "help": "of maps: a zip of grey PNGs or an NPZ"}),
            ("--encoding", {"default": "signed", "choices": ("signed", "unsigned")}),
            ("--target", {"default": "advised"}),
        )  # fmt: skip
        command("jobs", "say how far the jobs are", ("--watch", {"action": "store_true"}))
        command("cancel", "cancel what is not done of a predictor", ("predictor", {"metavar": "PREDICTOR"}))
        command(
            "demo", "write demo data and its predictor as files to bring in", ("which", {"choices": DEMOS}),
            ("folder", {"type": Path}),
        )  # fmt: skip

        command(
            "gallery", "write a page that shows one case of each modality under every method and control",
            ("folder", {"type": Path}), ("--only", {"action": "append", "default": [], "choices": list(SCENES)}),
        )  # fmt: skip

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        try:
            getattr(self, f"_{action}")(**options)
        except ExplainersError as error:
            raise CommandError(str(error)) from error

    def _predictor(self, *, name: str, declaration: Path, weights: Path, **_: Any) -> None:
        predictor = predictor_bring(name=name, declaration=content(declaration), weights=content(weights))
        self.stdout.write(f"The predictor {predictor.name} is there (digest {predictor.digest}).")

    def _advice(
        self, *, name: str, file: Path, cases: str, classes: str, scripted: bool, source: str, **_: Any
    ) -> None:
        predictor = predictor_import(
            name=name,
            classes=classes.split(","),
            case_set=found(CaseSet, cases),
            data=content(file),
            kind=Predictor.Kind.SCRIPTED if scripted else Predictor.Kind.IMPORTED,
            source=source,
        )
        self.stdout.write(f"The {predictor.kind} predictor {predictor.name} is there.")

    def _bias(self, *, name: str, file: Path, cases: str, base: str, **_: Any) -> None:
        predictor = predictor_bias(
            name=name, base=found(Predictor, base), case_set=found(CaseSet, cases), rule=json_of(file)
        )
        self.stdout.write(f"The {predictor.kind} predictor {predictor.name} is there, with its rule.")

    def _calibrate(self, *, name: str, base: str, known: str, **_: Any) -> None:
        predictor = predictor_calibrate(name=name, base=found(Predictor, base), known=found(Reference, known))
        told = predictor.output["calibration"]
        self.stdout.write(
            f"The predictor {predictor.name} has the temperature {told['temperature']:g}; its calibration error fell "
            f"from {told['error_before']:.3f} to {told['error']:.3f} on {told['cases']} cases."
        )

    def _known(
        self, *, name: str, file: Path, schema: Path, files: Path | None, licence: str, **_: Any
    ) -> None:
        known = known_cases_bring(
            name=name,
            manifest=content(file),
            schema=json_of(schema),
            archive=content(files) if files and not files.is_dir() else None,
            files=folder_read(files) if files and files.is_dir() else None,
            licence=licence,
        )
        self.stdout.write(f"{known.case_set.cases.count()} known cases are there as {known.name}.")

    def _reference(self, *, name: str, cases: str, outcomes: Path | None, **_: Any) -> None:
        labels = outcomes_read(content(outcomes)) if outcomes else None
        reference_keep(name=name, case_set=found(CaseSet, cases), labels=labels)
        self.stdout.write(f"Explanations can refer to {name}.")

    def _explanations(
        self, *, name: str, file: Path, cases: str, predictor: str, files: Path | None, **options: Any
    ) -> None:
        keys = explanations_bring(
            name=name,
            predictor=found(Predictor, predictor),
            case_set=found(CaseSet, cases),
            brought=BroughtFile(
                data=content(file),
                extra=content(files) if files else None,
                **{word: options[word] for word in ("form", "encoding", "source")},
            ),
            target=options["target"],
        )
        self.stdout.write(
            f"{len(keys)} explanations are there. In a study: method imported, parameters: name: {name}."
        )

    def _jobs(self, *, watch: bool, **_: Any) -> None:
        while True:
            overview = jobs_overview()
            for line in overview:
                self.stdout.write(line.words)
            if not watch or not any(line.open for line in overview):
                break
            time.sleep(2)

    def _cancel(self, *, predictor: str, **_: Any) -> None:
        jobs = Job.objects.filter(predictor=found(Predictor, predictor))
        count = jobs_cancel(keys=list(jobs.values_list("key", flat=True)))
        self.stdout.write(f"{count} jobs are cancelled.")

    def _gallery(self, *, folder: Path, only: list[str], **_: Any) -> None:
        for line in gallery_write(folder, only=only):
            self.stdout.write(line)

    def _demo(self, *, which: str, folder: Path, **_: Any) -> None:
        for line in demo_write(which, folder):
            self.stdout.write(line)


def content(path: Path) -> bytes:
    """Read a file, or say in a sentence why not."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    if len(data) > MOST_BYTES:
        raise CommandError(f"{path} is larger than {MOST_BYTES // 2**20} MB.")
    return data


def json_of(path: Path) -> Mapping[str, Any]:
    """Read a JSON object."""
    try:
        value = json.loads(content(path))
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{path} is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise CommandError(f"{path} has no JSON object.")
    return value


def found(model: Any, name: str) -> Any:
    """Return the row of a name, or say which there are."""
    row = model.objects.filter(name=name).first()
    if row is None:
        there = ", ".join(model.objects.order_by("name").values_list("name", flat=True)[:20]) or "none"
        raise CommandError(f"There is no {model._meta.verbose_name} called {name!r}; there are: {there}.")
    return row
