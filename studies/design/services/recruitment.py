"""Opening, pausing and closing the door of a launched version."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from studies.design.immutable import missing_triggers
from studies.design.models import Recruitment, StudyVersion
from studies.design.services.audit import action_record
from studies.errors import StudyError


class RecruitmentRefused(StudyError):
    """The door cannot be opened as asked."""

    code = "recruitment_refused"


def recruitment_set(
    *, version: StudyVersion, state: str, actor: AbstractBaseUser | None = None
) -> Recruitment:
    """Open, pause or close a launched version; only the newest launched version of a study can be open."""
    if state not in Recruitment.State.values:
        raise RecruitmentRefused(f"'{state}' is no state: {', '.join(Recruitment.State.values)} are.")
    with transaction.atomic():
        recruitment = Recruitment.objects.select_for_update().filter(version=version).first()
        if recruitment is None:
            raise RecruitmentRefused(f"{version} is not launched: launch it first.")
        if state == Recruitment.State.OPEN:
            _require_can_open(version)
        if recruitment.state != state:
            detail = {"version": version.number, "from": recruitment.state, "to": state}
            recruitment.state = state
            recruitment.save()
            action_record(verb=f"recruitment_{state}", study=version.study, actor=actor, detail=detail)
    return recruitment


def _require_can_open(version: StudyVersion) -> None:
    newest = version.study.versions.filter(launched_at__isnull=False).order_by("-number").first()
    if newest is not None and newest.pk != version.pk:
        raise RecruitmentRefused(f"{newest} is launched too and newer: newcomers get that one, so open it.")
    missing = missing_triggers()
    if missing:
        raise RecruitmentRefused(
            f"The database does not protect launched studies ({len(missing)} triggers are missing): "
            "run 'manage.py migrate'."
        )
