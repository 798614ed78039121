"""Datasets and reports in the admin: one button makes a report, and it opens in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse

from analysis.downloads import download, report_page
from analysis.models import Dataset, Report
from analysis.selectors import dataset_file, report_file
from analysis.services import report_request

if TYPE_CHECKING:
    DatasetBase = admin.ModelAdmin[Dataset]
    ReportBase = admin.ModelAdmin[Report]
else:
    DatasetBase = ReportBase = admin.ModelAdmin

REFRESH_S = 2


class Frozen:
    """What is only read here: it is made by the study's own services, never typed in."""

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Dataset)
class DatasetAdmin(Frozen, DatasetBase):
    list_display = ("study", "version", "kind", "participants", "trials", "created_at", "short_digest")
    list_filter = ("is_simulated", "study")
    fields = (
        "study",
        "version",
        "kind",
        "participants",
        "trials",
        "created_at",
        "created_by",
        "digest",
        "plan_digest",
    )
    readonly_fields = fields
    change_form_template = "analysis/dataset.html"

    @admin.display(description="participants are")
    def kind(self, dataset: Dataset) -> str:
        return "simulated" if dataset.is_simulated else "real"

    @admin.display
    def participants(self, dataset: Dataset) -> int:
        return dataset.rows("participants")

    @admin.display
    def trials(self, dataset: Dataset) -> int:
        return dataset.rows("trials")

    @admin.display(description="digest")
    def short_digest(self, dataset: Dataset) -> str:
        return dataset.digest[:12]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/report/", view(self.make_report), name="analysis_dataset_report"),
            path("<int:pk>/files/<str:name>", view(self.send_file), name="analysis_dataset_file"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        dataset = self.get_object(request, object_id)
        context = {
            **(extra_context or {}),
            "files": sorted(dataset.manifest["files"]) if dataset else [],
            "reports": list(dataset.reports.all()) if dataset else [],
            "may_make_report": request.user.has_perm("analysis.add_report"),
        }
        return super().change_view(request, object_id, form_url, context)

    def make_report(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perms(["analysis.view_dataset", "analysis.add_report"]):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        dataset = get_object_or_404(Dataset, pk=pk)
        report = report_request(
            dataset=dataset, actor=request.user if request.user.is_authenticated else None
        )
        self.log_change(request, dataset, f"Asked for report {report.pk}.")
        messages.info(request, "The report is being made by a worker; this page shows when it is there.")
        return HttpResponseRedirect(reverse("admin:analysis_report_change", args=[report.pk]))

    def send_file(self, request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
        if not request.user.has_perm("analysis.view_dataset"):
            raise PermissionDenied
        dataset = get_object_or_404(Dataset, pk=pk)
        found = dataset_file(dataset, name=name)
        if found is None:
            raise Http404
        self.log_change(request, dataset, f"Downloaded {name}.")
        return download(found)


@admin.register(Report)
class ReportAdmin(Frozen, ReportBase):
    list_display = ("dataset", "state", "attempt", "created_at", "finished_at", "assay_version")
    list_filter = ("state",)
    list_select_related = ("dataset",)
    fields = (
        "dataset", "state", "error", "attempt", "created_at", "finished_at", "requested_by",
        "assay_version", "plan_digest", "digest",
    )  # fmt: skip
    readonly_fields = fields
    change_form_template = "analysis/report.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/open/", view(self.open_report), name="analysis_report_open"),
            path("<int:pk>/files/<str:name>", view(self.send_file), name="analysis_report_file"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        report = self.get_object(request, object_id)
        waiting = report is not None and report.state in {Report.State.QUEUED, Report.State.RUNNING}
        context = {
            **(extra_context or {}),
            "waiting": waiting,
            "done": report is not None and report.state == Report.State.DONE,
            "failed": report is not None and report.state == Report.State.FAILED,
            "files": sorted(report.manifest.get("files", {})) if report else [],
            "dataset_files": sorted(report.dataset.manifest["files"]) if report else [],
            "may_make_report": request.user.has_perm("analysis.add_report"),
            "may_view_dataset": request.user.has_perm("analysis.view_dataset"),
        }
        response = super().change_view(request, object_id, form_url, context)
        if waiting:
            response.headers["Refresh"] = str(REFRESH_S)
        return response

    def open_report(self, request: HttpRequest, pk: int) -> HttpResponse:
        return report_page(self._found(request, pk))

    def send_file(self, request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
        report = self._found(request, pk)
        found = report_file(report, name=name)
        if found is None:
            raise Http404
        self.log_change(request, report, f"Downloaded {name}.")
        return download(found)

    def _found(self, request: HttpRequest, pk: int) -> Report:
        if not request.user.has_perm("analysis.view_report"):
            raise PermissionDenied
        return get_object_or_404(Report, pk=pk, state=Report.State.DONE)
