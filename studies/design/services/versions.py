"""Bringing a study file in: it becomes a version, or is recognised as one that is there."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from studies.design.models import Study, StudyText, StudyVersion
from studies.design.services.audit import action_record
from studies.design.studyfile import StudyFile, study_read


def study_import(
    *, source: bytes | str, files: Mapping[str, bytes], owner: AbstractBaseUser | None = None
) -> StudyVersion:
    """Bring a study file in as a new version of its study; a version with the same content is returned as it is."""
    read = study_read(source, files=files)
    with transaction.atomic():
        study = _study(read, owner=owner)
        existing = study.versions.filter(digest=read.digest).first()
        if existing is not None:
            return existing
        version = _version_create(study, read)
        action_record(
            verb="study_import",
            study=study,
            actor=owner,
            detail={"version": version.number, "digest": version.digest},
        )
    return version


def _study(read: StudyFile, *, owner: AbstractBaseUser | None) -> Study:
    study, is_new = Study.objects.get_or_create(
        slug=read.document["study"],
        defaults={"title": read.document["title"], "owner_id": None if owner is None else owner.pk},
    )
    # Two imports at once must not both take the next number: whoever comes second waits here.
    study = Study.objects.select_for_update().get(pk=study.pk)
    if not is_new and study.title != read.document["title"]:
        study.title = read.document["title"]
        study.save(update_fields=["title"])
    return study


def _version_create(study: Study, read: StudyFile) -> StudyVersion:
    newest = study.versions.order_by("-number").first()
    version = StudyVersion.objects.create(
        study=study,
        number=1 if newest is None else newest.number + 1,
        source=read.source,
        spec=read.document,
        digest=read.digest,
        plan_digest=read.plan_digest,
    )
    StudyText.objects.bulk_create(
        [
            StudyText(
                version=version, name=text.name, markdown=text.markdown, html=text.html, digest=text.digest
            )
            for text in read.texts
        ]
    )
    return version
