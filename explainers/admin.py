"""The experimenter's view of cases, predictors, jobs and explanations: everything to look at, nothing to change."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from explainers.core.errors import ExplainersError
from explainers.models import Case, CaseSet, Explanation, Job, Prediction, Predictor, Rendering
from explainers.selectors import case_panel, rendering_bytes
from explainers.services import jobs_retry

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = admin.ModelAdmin


class LookOnly(Base):
    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(CaseSet)
class CaseSetAdmin(LookOnly):
    list_display = ["name", "number_of_cases", "licence", "created_at", "digest"]

    @admin.display(description="cases")
    def number_of_cases(self, case_set: CaseSet) -> int:
        return case_set.cases.count()


@admin.register(Case)
class CaseAdmin(LookOnly):
    list_display = ["key", "case_set", "position"]
    list_filter = ["case_set"]
    list_select_related = ["case_set"]
    search_fields = ["key"]
    fields = ["case_set", "key", "position", "panel", "digest"]
    readonly_fields = ["panel"]

    def panel(self, case: Case) -> SafeString:
        lines = (
            (row["label"], row["value"], row["unit"], row["reference"], row["flag"])
            for row in case_panel(case)
        )
        return format_html("<table>{}</table>", format_html_join("", PANEL_ROW, lines))


PANEL_ROW = '<tr><th scope="row">{}</th><td>{} {}</td><td>{}</td><td>{}</td></tr>'


@admin.register(Predictor)
class PredictorAdmin(LookOnly):
    list_display = ["name", "kind", "architecture", "features", "classes", "created_at"]


@admin.register(Prediction)
class PredictionAdmin(LookOnly):
    list_display = ["case", "predictor", "label", "confidence"]
    list_filter = ["predictor", "label"]
    list_select_related = ["case", "predictor"]
    search_fields = ["case__key"]


@admin.register(Job)
class JobAdmin(LookOnly):
    list_display = [
        "kind",
        "method",
        "case",
        "state",
        "attempt",
        "error",
        "claimed_by",
        "lease_until",
        "sent_at",
    ]
    list_filter = ["state", "kind", "method", "predictor"]
    list_select_related = ["case"]
    search_fields = ["key", "case__key"]
    actions = ["retry"]

    @admin.action(description="Try failed jobs again, with what they need", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        count = jobs_retry(keys=list(queryset.values_list("key", flat=True)))
        self.message_user(request, f"{count} jobs are queued again.", messages.SUCCESS)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("explainers.change_job")


@admin.register(Explanation)
class ExplanationAdmin(LookOnly):
    list_display = [
        "case",
        "method",
        "control_kind",
        "target_class",
        "target_declared",
        "completeness_error",
        "predictor",
    ]
    list_filter = ["method", "predictor", "target_class"]
    list_select_related = ["case", "predictor"]
    search_fields = ["key", "case__key"]
    readonly_fields = ["as_participants_see_it"]

    class Media:
        css = {"all": ["explainers/bars.css"]}

    def as_participants_see_it(self, explanation: Explanation) -> SafeString:
        rendering = explanation.renderings.order_by("-pk").first()
        return rendering_preview(rendering) if rendering else SafeString("It has not been drawn yet.")


@admin.register(Rendering)
class RenderingAdmin(LookOnly):
    list_display = ["explanation", "digest", "spec_digest", "created_at"]
    list_select_related = ["explanation"]
    readonly_fields = ["as_participants_see_it"]

    class Media:
        css = {"all": ["explainers/bars.css"]}

    def as_participants_see_it(self, rendering: Rendering) -> SafeString:
        return rendering_preview(rendering)


def rendering_preview(rendering: Rendering) -> SafeString:
    """Return the stored fragment, verified; the renderer has escaped every text in it."""
    try:
        _, fragment = rendering_bytes(
            explanation_id=rendering.explanation_id, spec_digest=rendering.spec_digest
        )
    except ExplainersError as error:
        return format_html("{}", str(error))
    return mark_safe(fragment.decode("utf-8"))  # noqa: S308 - bytes of our own renderer, named by their digest
