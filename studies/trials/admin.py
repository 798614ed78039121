"""Watching what happens: the log of events. Answers leave as tables (export), not through the admin."""

from __future__ import annotations

from django.contrib import admin

from studies.enrolment.admin import ReadOnly
from studies.trials.models import Event


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ("participant", "source", "seq", "kind", "received_at")
    list_filter = ("kind", "participant__version")
    list_select_related = ("participant",)
    list_per_page = 50
    show_full_result_count = False
    fields = ("participant", "source", "seq", "kind", "t_client_ms", "received_at")
    readonly_fields = fields
