"""The experimenter's lists of studies, versions and the audit trail; the pages behind them are in ``adminviews``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from studies.design import adminviews, gallerypage, gatepage
from studies.design.models import StaffAction, Study, StudyVersion

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = admin.ModelAdmin


class LookOnly(Base):
    """Nothing is added, changed or deleted through Django's own forms: services do that, and they leave a trail."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Study)
class StudyAdmin(LookOnly):
    list_display = ["slug", "title", "owner", "created_at"]
    list_select_related = ["owner"]
    search_fields = ["slug", "title"]
    change_list_template = "design/admin/studies.html"
    fields = ["slug", "title", "owner", "created_at", "all_versions"]
    readonly_fields = ["all_versions"]

    @admin.display(description="versions")
    def all_versions(self, study: Study) -> SafeString:
        rows = (
            (
                reverse("admin:design_studyversion_change", args=[version.pk]),
                version.number,
                version.recruitment.state if version.launched_at else "not launched",
            )
            for version in study.versions.order_by("-number").select_related("recruitment")
        )
        return format_html(
            "<ul>{}</ul>", format_html_join("", '<li><a href="{}">version {}</a>: {}</li>', rows)
        )

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("import/", wrap(adminviews.study_import_view), name="design_study_import"),
            path("cases/", wrap(adminviews.case_import_view), name="design_cases_import"),
            path("gallery/", wrap(gallerypage.gallery_view), name="design_gallery"),
            path(
                "gallery/<slug:name>.zip", wrap(gallerypage.gallery_files_view), name="design_gallery_files"
            ),
            *super().get_urls(),
        ]


@admin.register(StudyVersion)
class StudyVersionAdmin(LookOnly):
    list_display = ["__str__", "created_at", "launched_at", "state"]
    list_select_related = ["study", "recruitment"]
    list_filter = ["recruitment__state"]
    search_fields = ["study__slug", "digest"]
    ordering = ["-pk"]

    @admin.display(description="recruitment")
    def state(self, version: StudyVersion) -> str:
        return version.recruitment.state if version.launched_at else "not launched"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return adminviews.version_view(request, int(object_id) if object_id.isdecimal() else 0)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "<int:pk>/do/<slug:action>/",
                wrap(adminviews.version_action_view),
                name="design_version_action",
            ),
            path("<int:pk>/gate/", wrap(gatepage.gate_view), name="design_version_gate"),
            *super().get_urls(),
        ]


@admin.register(StaffAction)
class StaffActionAdmin(LookOnly):
    list_display = ["at", "actor", "verb", "study", "detail"]
    list_select_related = ["actor", "study"]
    list_filter = ["verb"]
    date_hierarchy = "at"
    ordering = ["-pk"]
