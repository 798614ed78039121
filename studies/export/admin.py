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
from studies.export.coding import asks_text, coders_of, codes_bring, texts_sheet
from studies.export.models import ExportedVersion
from studies.export.payments import payment_list
from studies.export.selectors import collected_counts
from studies.export.services import dataset_export

if TYPE_CHECKING:
    Base = admin.ModelAdmin[ExportedVersion]
else:
    Base = admin.ModelAdmin

MAY_PAY = "enrolment.reveal_identifier"
MAY_CODE = "export.code_texts"
MOST_BYTES = 20_000_000  # of a file of codes
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
            path("<int:pk>/texts/", wrap(self.texts), name="export_version_texts"),
            path("<int:pk>/codes/", wrap(self.codes), name="export_version_codes"),
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
            "may_code": request.user.has_perm(MAY_CODE) and version is not None and asks_text(version),
            "kinds_collected": _kinds(version) if version else [],
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
        return _csv(text, name=f"payments-{version.study.slug}-v{version.number}.csv")

    def texts(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Hand out the free texts for coding, without condition and person; it is written down."""
        version = self._to_code(request, pk)
        if isinstance(version, HttpResponse):
            return version
        simulated = request.POST.get("kind") == "simulated"
        try:
            text = texts_sheet(version=version, simulated=simulated, actor=_actor(request))
        except StudyError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(reverse("admin:export_exportedversion_change", args=[pk]))
        return _csv(text, name=f"texts-{version.study.slug}-v{version.number}.csv")

    def codes(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take in the file of one coder."""
        version = self._to_code(request, pk)
        if isinstance(version, HttpResponse):
            return version
        file = request.FILES.get("codes")
        if file is None or (file.size or 0) > MOST_BYTES:
            messages.error(request, "Choose the file of codes (CSV, at most 20 MB).")
        else:
            try:
                count = codes_bring(
                    version=version,
                    simulated=request.POST.get("kind") == "simulated",
                    coder=request.POST.get("coder", ""),
                    content=file.read(),
                    actor=_actor(request),
                )
                messages.success(request, f"{count} codes were brought in; the next export has them.")
            except StudyError as error:
                messages.error(request, error.message)
        return HttpResponseRedirect(reverse("admin:export_exportedversion_change", args=[pk]))

    def _to_code(self, request: HttpRequest, pk: int) -> ExportedVersion | HttpResponse:
        if not (self.has_view_permission(request) and request.user.has_perm(MAY_CODE)):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        return get_object_or_404(self.get_queryset(request), pk=pk)


def _csv(text: str, *, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)


def _actor(request: HttpRequest) -> Any:
    return request.user if request.user.is_authenticated else None


def _kinds(version: ExportedVersion) -> list[tuple[str, dict[str, int]]]:
    """Return the kinds of participants of whom there is anybody, real ones first, each with its coders."""
    counts = collected_counts(version=version)
    return [
        (kind, coders_of(version, simulated=kind == "simulated"))
        for kind, count in (("real", counts.real), ("simulated", counts.simulated))
        if count
    ]


def _datasets(version: ExportedVersion) -> QuerySet[Dataset]:
    return Dataset.objects.filter(study=version.study.slug, version=version.number)
