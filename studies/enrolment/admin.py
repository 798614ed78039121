"""Watching who takes part. Nothing about people is edited here; the condition and names outside need permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from studies.design.models import StudyVersion
from studies.enrolment.models import Identifier, Participant, Withdrawal
from studies.enrolment.selectors import state_counts

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = admin.ModelAdmin


class ReadOnly(Base):
    """Shows rows; adding, changing and deleting is for services."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Participant)
class ParticipantAdmin(ReadOnly):
    list_display = (
        "public_id",
        "version",
        "state",
        "is_simulated",
        "stratum",
        "answered",
        "started_at",
        "moved_at",
    )
    list_filter = ("state", "is_simulated", "version")
    list_select_related = ("version__study", "assignment")
    list_per_page = 50
    search_fields = ("public_id",)
    show_full_result_count = False
    change_list_template = "admin/enrolment/participant/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Participant]:
        people: QuerySet[Participant] = super().get_queryset(request)
        answered = Count("trials", filter=Q(trials__responses__isnull=False), distinct=True)
        return people.annotate(n_answered=answered)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return (*self.list_display, "condition") if _sees_allocation(request) else self.list_display

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = [
            "public_id",
            "version",
            "state",
            "is_simulated",
            "policy",
            "stratum",
            "answered",
            "started_at",
        ]
        return [*shown, "moved_at", "condition"] if _sees_allocation(request) else [*shown, "moved_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        versions = StudyVersion.objects.filter(launched_at__isnull=False).select_related("study")
        counts = [(str(version), state_counts(version)) for version in versions.order_by("-launched_at")[:10]]
        context = {
            "state_counts": [(name, found) for name, found in counts if found],
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @admin.display(description="trials answered")
    def answered(self, participant: Participant) -> int:
        return int(getattr(participant, "n_answered", 0))

    @admin.display(description="condition")
    def condition(self, participant: Participant) -> str:
        assignment = getattr(participant, "assignment", None)
        return assignment.condition if assignment else ""


@admin.register(Identifier)
class IdentifierAdmin(ReadOnly):
    list_display = ("participant", "kind", "value")
    list_select_related = ("participant",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("enrolment.reveal_identifier")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)


@admin.register(Withdrawal)
class WithdrawalAdmin(ReadOnly):
    list_display = ("participant", "policy", "step_index", "at")
    list_filter = ("policy",)
    list_select_related = ("participant",)


def _sees_allocation(request: HttpRequest) -> bool:
    return request.user.has_perm("design.view_allocation")
