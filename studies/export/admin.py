"""Export in the admin: a launched version, how much it holds, and one button that exports and asks for the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse

from analysis.models import Dataset
from analysis.services import report_request
from studies.errors import StudyError
from studies.export.models import ExportedVersion
from studies.export.payments import payment_list
from studies.export.selectors import collected_counts
from studies.export.services import dataset_export

if TYPE_CHECKING:
    Base = admin.ModelAdmin[ExportedVersion]
else:
    Base = admin.ModelAdmin

MAY_PAY = "enrolment.reveal_identifier"
NEEDED = ("analysis.add_dataset", "analysis.view_dataset")


@admin.register(ExportedVersion)
class ExportedVersionAdmin(Base):
    list_display = ("study", "number", "launched_at")
    list_select_related = ("study",)
    fields = ("study", "number", "launched_at", "real_participants", "simulated_participants")
    readonly_fields = fields
    change_form_template = "export/version.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExportedVersion]:
        return super().get_queryset(request).filter(launched_at__isnull=False)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perms(NEEDED)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perms(NEEDED)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display
    def real_participants(self, version: ExportedVersion) -> int:
        return collected_counts(version=version).real

    @admin.display
    def simulated_participants(self, version: ExportedVersion) -> int:
        return collected_counts(version=version).simulated

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/export/", wrap(self.export), name="export_version_export"),
            path("<int:pk>/payments/", wrap(self.payments), name="export_version_payments"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        version = self.get_object(request, object_id)
        context = {
            **(extra_context or {}),
            "collected": collected_counts(version=version) if version else None,
            "datasets": _datasets(version) if version else [],
            "may_make_report": request.user.has_perm("analysis.add_report"),
            "may_pay": request.user.has_perm(MAY_PAY)
            and version is not None
            and bool(version.spec.get("bonus")),
        }
        return super().change_view(request, object_id, form_url, context)

    def export(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        version = get_object_or_404(self.get_queryset(request), pk=pk)
        actor = request.user if request.user.is_authenticated else None
        try:
            dataset = dataset_export(
                version=version, simulated=request.POST.get("kind") == "simulated", actor=actor
            )
        except StudyError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(reverse("admin:export_exportedversion_change", args=[pk]))
        if "report" in request.POST and request.user.has_perm("analysis.add_report"):
            report = report_request(dataset=dataset, actor=actor)
            return HttpResponseRedirect(reverse("admin:analysis_report_change", args=[report.pk]))
        return HttpResponseRedirect(reverse("admin:analysis_dataset_change", args=[dataset.pk]))

    def payments(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Hand out the payment list; it names people, so it needs the permission for that and is written down."""
        if not (self.has_view_permission(request) and request.user.has_perm(MAY_PAY)):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        version = get_object_or_404(self.get_queryset(request), pk=pk)
        actor = request.user if request.user.is_authenticated else None
        try:
            text = payment_list(version=version, actor=actor)
        except StudyError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(reverse("admin:export_exportedversion_change", args=[pk]))
        name = f"payments-{version.study.slug}-v{version.number}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)


def _datasets(version: ExportedVersion) -> QuerySet[Dataset]:
    return Dataset.objects.filter(study=version.study.slug, version=version.number)
