"""The experimenter's pages that are no list of Django's admin: import, the page of a version, its actions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_http_methods

from explainers.core.errors import ExplainersError
from studies.design import recruitmentpage, versionpage
from studies.design.balancepictures import balance_pictures
from studies.design.forms import CaseImportForm, StudyImportForm
from studies.design.models import Recruitment, StudyVersion
from studies.design.planpreview import NoPlanYet, plan_preview
from studies.design.selectors import version_spec
from studies.design.services import (
    case_file_import,
    recruitment_set,
    study_import,
    version_launch,
    version_prepare,
    version_problems,
)
from studies.errors import FileInvalid, LaunchRefused, StudyError

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NOTES_SHOWN = 20
MAY_IMPORT = "design.add_studyversion"
MAY_SEE = "design.view_studyversion"
MAY_CHANGE = "design.change_studyversion"
MAY_LAUNCH = "design.launch_studyversion"


@dataclass(frozen=True)
class Action:
    """Something that can be done with a version: who may, what it means, and what does it."""

    label: str
    permission: str
    meaning: str
    run: Callable[..., str]


def _prepare(version: StudyVersion, actor: User) -> str:
    to_come = version_prepare(version=version)
    if to_come:
        return f"{to_come} results are on their way. Prepare again when the workers are done."
    return "Everything that the version shows is there."


def _launch(version: StudyVersion, actor: User) -> str:
    version_launch(version=version, actor=actor)
    return f"{version} is launched. It does not take participants until you open it."


def _recruit(state: str) -> Callable[..., str]:
    def run(version: StudyVersion, actor: User) -> str:
        recruitment_set(version=version, state=state, actor=actor)
        return f"{version} is now {state}."

    return run


ACTIONS: Mapping[str, Action] = {
    "prepare": Action(
        "Prepare",
        MAY_CHANGE,
        "Asks the workers for every prediction, explanation and drawing that is still missing. It can be repeated.",
        _prepare,
    ),
    "launch": Action(
        "Launch",
        MAY_LAUNCH,
        "Draws the allocation and the case plans and closes the version for ever: after this nothing of it can be "
        "changed, the plan is locked, and a change is a new version. Nobody can take part before you open it.",
        _launch,
    ),
    "open": Action(
        "Open",
        MAY_LAUNCH,
        "Lets participants in. You can pause or close it.",
        _recruit(Recruitment.State.OPEN),
    ),
    "pause": Action(
        "Pause",
        MAY_LAUNCH,
        "Lets nobody new in for now. Who has begun can finish.",
        _recruit(Recruitment.State.PAUSED),
    ),
    "close": Action(
        "Close",
        MAY_LAUNCH,
        "Ends the recruitment. Who has begun can finish. The allocation list can then be exported.",
        _recruit(Recruitment.State.CLOSED),
    ),
}


def actions_now(request: HttpRequest, version: StudyVersion) -> list[tuple[str, Action]]:
    """Return the actions that make sense for the version now and that this person may take."""
    if version.launched_at is None:
        names = ["prepare", "launch"]
    else:
        state = version.recruitment.state
        names = [name for name, known in RECRUITMENT_ACTIONS.items() if known != state]
    return [(name, ACTIONS[name]) for name in names if request.user.has_perm(ACTIONS[name].permission)]


RECRUITMENT_ACTIONS = {
    "open": Recruitment.State.OPEN,
    "pause": Recruitment.State.PAUSED,
    "close": Recruitment.State.CLOSED,
}


@require_http_methods(["GET", "POST"])
def study_import_view(request: HttpRequest) -> HttpResponse:
    """Bring a study file; what is wrong with it is listed line by line."""
    require(request, MAY_IMPORT)
    form = StudyImportForm(request.POST or None, request.FILES or None)
    refused: FileInvalid | None = None
    if request.method == "POST" and form.is_valid():
        source, beside = form.content()
        try:
            version = study_import(source=source, files=beside, owner=staff(request))
        except FileInvalid as error:
            refused = error
        else:
            messages.success(request, f"{version} is there.")
            return HttpResponseRedirect(reverse("admin:design_studyversion_change", args=[version.pk]))
    context = {"form": form, "refused": refused, "title": "Import a study", "submit": "Check and import"}
    return page(request, "design/admin/import.html", context, status=422 if refused else 200)


@require_http_methods(["GET", "POST"])
def case_import_view(request: HttpRequest) -> HttpResponse:
    """Bring a case file; what is wrong with it is listed with row and column."""
    require(request, MAY_IMPORT)
    form = CaseImportForm(request.POST or None, request.FILES or None)
    refused: FileInvalid | None = None
    if request.method == "POST" and form.is_valid():
        cases, schema = form.content()
        name = form.cleaned_data["name"]
        try:
            case_set = case_file_import(
                name=name, csv=cases, schema=schema, files=form.beside(), actor=staff(request)
            )
        except FileInvalid as error:
            refused = error
        else:
            messages.success(request, f"The case set {case_set.name} has {case_set.cases.count()} cases.")
            for note in case_set.notes[:NOTES_SHOWN]:
                messages.warning(request, note)
            return HttpResponseRedirect(reverse("admin:design_study_changelist"))
    context = {"form": form, "refused": refused, "title": "Import cases", "submit": "Check and import"}
    return page(request, "design/admin/import.html", context, status=422 if refused else 200)


@require_http_methods(["GET"])
def version_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show everything about a version except who will get what."""
    require(request, MAY_SEE)
    version = get_object_or_404(StudyVersion.objects.select_related("study"), pk=pk)
    spec = version_spec(version.pk)
    launched = version.launched_at is not None
    context = {
        "title": str(version),
        "version": version,
        "spec": spec,
        "actions": actions_now(request, version),
        "problems": [] if launched else version_problems(version=version),
        "progress": [] if launched else versionpage.progress_rows(version),
        "conditions": versionpage.conditions_table(spec),
        "flow": versionpage.flow_table(version, spec),
        "case_plan": versionpage.case_plan_table(version, spec),
        "allocation": recruitmentpage.allocation_table(version, spec),
        "recruitment_words": recruitmentpage.recruitment_words(spec),
        **_balance(version),
        "plan": versionpage.plan_lines(spec),
        "diff": versionpage.source_diff(version),
        "take_part": _take_part(version),
    }
    return page(request, "design/admin/version.html", context)


def _balance(version: StudyVersion) -> dict[str, Any]:
    try:
        found = plan_preview(version)
    except NoPlanYet as error:
        return {"balance": None, "no_balance": str(error), "pictures": []}
    return {"balance": found, "pictures": balance_pictures(found.balance)}


@require_http_methods(["GET", "POST"])
def version_action_view(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Ask before an action of a version, and take it on POST."""
    known = ACTIONS.get(action)
    if known is None:
        raise PermissionDenied
    require(request, known.permission)
    version = get_object_or_404(StudyVersion.objects.select_related("study"), pk=pk)
    back = HttpResponseRedirect(reverse("admin:design_studyversion_change", args=[version.pk]))
    if request.method == "POST":
        try:
            messages.success(request, known.run(version, staff(request)))
        except LaunchRefused as refused:
            for reason in refused.reasons:
                messages.error(request, reason)
        except (StudyError, ExplainersError) as error:
            messages.error(request, str(error))
        return back
    context = {"title": f"{known.label} {version}?", "version": version, "action": known}
    return page(request, "design/admin/confirm.html", context)


def staff(request: HttpRequest) -> User:
    """Return who is signed in."""
    from django.contrib.auth.models import User

    assert isinstance(request.user, User)  # the admin lets nobody in who is not signed in
    return request.user


def require(request: HttpRequest, permission: str) -> None:
    """Refuse who does not have the permission."""
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _take_part(version: StudyVersion) -> str:
    if version.launched_at is None:
        return ""
    try:
        return reverse("participant", args=[version.study.slug])
    except NoReverseMatch:  # the participants' door is not part of this installation
        return ""


def page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Answer with a page of the admin."""
    shown = {**admin.site.each_context(request), "opts": StudyVersion._meta, **context}
    return TemplateResponse(request, template, shown, status=status)
