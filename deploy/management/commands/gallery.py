"""Brings in landmark studies of the field, ready to be looked at, rehearsed and changed."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from deploy.gallery.ensure import study_bring, study_open
from explainers.core.errors import ExplainersError
from explainers.models import Job
from explainers.services import jobs_work
from studies.design.gallery import Landmark, landmark, landmark_names, landmarks
from studies.design.models import StudyVersion
from studies.design.services import version_prepare
from studies.errors import StudyError


class Command(BaseCommand):
    help = (
        "List the landmark studies of the gallery; with names, bring these in with their materials, have everything "
        "made that they show, launch and open them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="studies to bring in; none: list them")
        parser.add_argument("--all", action="store_true", help="bring all of them in")
        parser.add_argument("--draft", action="store_true", help="neither make what they show nor launch")

    def handle(self, *args: Any, names: list[str], **options: Any) -> None:
        chosen = landmark_names() if options["all"] else names
        if unknown := sorted(set(chosen) - set(landmark_names())):
            raise CommandError(
                f"The gallery has no {', '.join(unknown)}. It has: {', '.join(landmark_names())}."
            )
        if not chosen:
            for each in landmarks():
                self.stdout.write(f"{each.name:<14}{each.cited}: {each.title}")
            return
        for name in chosen:
            try:
                self._bring(landmark(name), is_draft=options["draft"])
            except (StudyError, ExplainersError) as error:
                raise CommandError(f"{name}: {error}") from error

    def _bring(self, study: Landmark, *, is_draft: bool) -> None:
        self.stdout.write(f"{study.name}: predictor and cases")
        version = study_bring(study)
        if not is_draft:
            if version.launched_at is None:
                self._made(study, version)
            study_open(study, version)
            self.stdout.write(f"{study.name}: open at {reverse('participant', args=[study.slug])}")
        page = reverse("admin:design_studyversion_change", args=[version.pk])
        self.stdout.write(f"{study.name}: {version} in the admin at {page}")

    def _made(self, study: Landmark, version: StudyVersion) -> None:
        while to_come := version_prepare(version=version):
            self.stdout.write(f"{study.name}: {to_come} predictions, explanations and drawings to come")
            if not sum(jobs_work(queue=queue) for queue in ("gpu", "cpu", "render")):
                failed = Job.objects.filter(state=Job.State.FAILED).first()
                why = f"{failed} failed: {failed.error}" if failed else "Another worker may have them."
                raise CommandError(f"{study.name}: {to_come} results do not come. {why}")
