"""The experimenter's view of cases, predictors, jobs and explanations: everything to look at, nothing to change."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from explainers.admin import intake, progress
from explainers.core.errors import ExplainersError
from explainers.models import (
    Case,
    CaseSet,
    Explanation,
    Gate,
    Job,
    MethodGate,
    Prediction,
    Predictor,
    Reference,
    Rendering,
)
from explainers.selectors import case_panel, gate_of_method, rendering_bytes
from explainers.services import jobs_cancel, jobs_retry

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
    change_list_template = "explainers/admin/predictors.html"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("bring/<slug:what>/", wrap(intake.bring_view), name="explainers_bring"),
            *super().get_urls(),
        ]


@admin.register(Reference)
class ReferenceAdmin(LookOnly):
    list_display = ["name", "case_set", "has_outcomes", "created_at"]
    list_select_related = ["case_set"]

    @admin.display(boolean=True, description="outcomes")
    def has_outcomes(self, reference: Reference) -> bool:
        return bool(reference.labels)


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
    actions = ["retry", "cancel"]
    change_list_template = "explainers/admin/jobs.html"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("progress/", wrap(progress.progress_view), name="explainers_job_progress"),
            *super().get_urls(),
        ]

    @admin.action(description="Cancel jobs that are not done", permissions=["retry"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        count = jobs_cancel(keys=list(queryset.values_list("key", flat=True)))
        self.message_user(request, f"{count} jobs are cancelled.", messages.SUCCESS)

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
        "gate",
        "predictor",
    ]
    list_filter = ["gates__light", "method", "predictor", "target_class"]
    list_select_related = ["case", "predictor"]
    search_fields = ["key", "case__key"]
    readonly_fields = ["as_participants_see_it", "gate_in_words"]

    class Media:
        css = {"all": ["explainers/bars.css", "explainers/renderings.css"]}

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Explanation]":
        found: QuerySet[Explanation] = super().get_queryset(request).prefetch_related("gates")
        return found

    @admin.display(description="gate")
    def gate(self, explanation: Explanation) -> str:
        return ", ".join(gate.light for gate in explanation.gates.all()) or "not examined"

    def gate_in_words(self, explanation: Explanation) -> SafeString:
        return format_html_join("", "{}", ((gate_preview(gate.verdict),) for gate in explanation.gates.all()))

    def as_participants_see_it(self, explanation: Explanation) -> SafeString:
        rendering = explanation.renderings.order_by("-pk").first()
        return rendering_preview(rendering) if rendering else SafeString("It has not been drawn yet.")


@admin.register(Rendering)
class RenderingAdmin(LookOnly):
    list_display = ["explanation", "digest", "spec_digest", "created_at"]
    list_select_related = ["explanation"]
    readonly_fields = ["as_participants_see_it"]

    class Media:
        css = {"all": ["explainers/bars.css", "explainers/renderings.css"]}

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


@admin.register(Gate)
class GateAdmin(LookOnly):
    list_display = ["explanation", "light", "gate_version", "created_at"]
    list_filter = ["light", "explanation__method"]
    list_select_related = ["explanation"]
    readonly_fields = ["in_words"]

    def in_words(self, gate: Gate) -> SafeString:
        return gate_preview(gate.verdict)


@admin.register(MethodGate)
class MethodGateAdmin(LookOnly):
    list_display = ["method", "predictor", "target_declared", "against", "gate_version", "created_at"]
    list_filter = ["method", "predictor"]
    list_select_related = ["predictor", "against"]
    readonly_fields = ["in_words"]

    class Media:
        css = {"all": ["explainers/bars.css", "explainers/renderings.css", "explainers/gate.css"]}

    def in_words(self, check: MethodGate) -> SafeString:
        return method_preview(check)


WORST = 6
STABLE = {
    "seed": "another seed of the method",
    "noise": "a small change of the case",
    "training": "the predictor trained anew",
}


def gate_preview(verdict: dict[str, Any]) -> SafeString:
    """Say a verdict: the light, the reasons, the numbers, what was not computed."""
    lines = [("light", verdict["light"]), *(("reason", reason) for reason in verdict["reasons"])]
    lines += gate_numbers(verdict)
    return format_html("<table>{}</table>", format_html_join("", GATE_ROW, lines))


def gate_numbers(verdict: dict[str, Any]) -> list[tuple[str, str]]:
    """Return every number of a verdict, and why others were not computed, as lines of a table."""
    lines = []
    for name, value in sorted(verdict.get("numbers", {}).items()):
        parts = value.items() if isinstance(value, dict) else [("", value)]
        lines += [(f"{name} {word}".strip(), number_text(number)) for word, number in parts]
    return lines + [(f"{name}: not computed", why) for name, why in verdict.get("not_computed", {}).items()]


def method_preview(check: MethodGate) -> SafeString:
    """Say what the gate has of a method: light, reasons, spread over the cases, and the worst of them drawn."""
    rows = Explanation.objects.select_related("predictor").filter(
        predictor=check.predictor_id,
        method=check.method,
        method_version=check.method_version,
        target_declared=check.target_declared,
        control_kind="",
    )
    same = [row for row in rows if row.parameters == check.parameters]
    if not same:
        return SafeString("There are no explanations by this method yet.")
    gate = gate_of_method(explanations=same)
    return mark_safe(render_to_string("explainers/admin/_gate.html", {"gate": gate_shown(gate)}))  # noqa: S308


def gate_shown(gate: dict[str, Any]) -> dict[str, Any]:
    """Return the gate of a method with what its page needs: the three stabilities in words, the worst cases drawn."""
    worst = [each for each in gate["cases"] if each["light"] != "green"][:WORST]
    rows = Explanation.objects.in_bulk([each["key"] for each in worst], field_name="key")
    for each in worst:
        explanation = rows[each["key"]]
        rendering = explanation.renderings.order_by("-pk").first()
        each |= {"pk": explanation.pk, "seen": rendering_preview(rendering) if rendering else ""}
    stable = [(STABLE[word], found) for word, found in gate["stability"].items() if word in STABLE]
    return {**gate, "worst": worst, "stable": stable, "lines": gate_numbers(gate)}


def number_text(value: Any) -> str:
    """Write a number of the gate for a person."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


GATE_ROW = '<tr><th scope="row">{}</th><td>{}</td></tr>'
