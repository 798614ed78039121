"""Watching what happens: the log of events, and one participant's path. Answers leave as tables, not through here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods

from studies.design.services.audit import action_record
from studies.enrolment.admin import ReadOnly
from studies.enrolment.models import Participant
from studies.trials.models import Event
from studies.trials.path import path_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAY_REPLAY = "trials.replay_path"


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ("participant", "source", "seq", "kind", "received_at")
    list_filter = ("kind", "participant__version")
    list_select_related = ("participant",)
    list_per_page = 50
    show_full_result_count = False
    fields = ("participant", "source", "seq", "kind", "t_client_ms", "received_at")
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(path_view)
        return [path("path/<str:public_id>/", view, name="trials_path"), *super().get_urls()]


@require_http_methods(["GET", "POST"])
def path_view(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask before a participant's path is replayed, and show it on POST: every look is written down."""
    if not request.user.has_perm(MAY_REPLAY):
        raise PermissionDenied
    person = get_object_or_404(Participant.objects.select_related("version__study"), public_id=public_id)
    context = {
        **admin.site.each_context(request),
        "opts": Participant._meta,
        "title": f"Path of participant {person.public_id}",
        "person": person,
        "moments": None,
    }
    if request.method == "POST":
        user: User = request.user  # type: ignore[assignment]  # the admin lets nobody in who is not signed in
        detail = {"version": person.version.number, "participant": person.public_id}
        action_record(verb="path_replayed", study=person.version.study, actor=user, detail=detail)
        context["moments"] = path_of(person, with_condition=user.has_perm("design.view_allocation"))
    return TemplateResponse(request, "trials/admin/path.html", context)
