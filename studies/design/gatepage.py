"""The experimenter's page of the quality gate of a version: a light per method, the worst cases, written reasons."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from explainers.admin import gate_shown
from explainers.selectors import gate_red, gates_by_method
from studies.design import adminviews
from studies.design.localisation import localisation_of
from studies.design.models import GateOverride, StudyVersion
from studies.design.services.gate import SHORTEST_REASON, explanation_keys, gate_accepted, gate_override
from studies.errors import StudyError


@require_http_methods(["GET", "POST"])
def gate_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what the gate has of every method; POST keeps the reason why a red light is no obstacle."""
    adminviews.require(request, adminviews.MAY_SEE)
    version = get_object_or_404(StudyVersion.objects.select_related("study"), pk=pk)
    if request.method == "POST":
        adminviews.require(request, adminviews.MAY_LAUNCH)
        try:
            kept = gate_override(
                version=version,
                gate=request.POST.get("gate", ""),
                reason=request.POST.get("reason", ""),
                actor=adminviews.staff(request),
            )
            messages.success(request, f"The reason is kept: {kept.about}.")
        except StudyError as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:design_version_gate", args=[version.pk]))
    context = {
        "title": f"Quality gate of {version}",
        "version": version,
        "gates": _gates(version),
        "may_override": request.user.has_perm(adminviews.MAY_LAUNCH) and version.launched_at is None,
        "shortest": SHORTEST_REASON,
    }
    return adminviews.page(request, "design/admin/gate.html", context)


def _gates(version: StudyVersion) -> list[dict[str, Any]]:
    written = list(GateOverride.objects.filter(version=version).select_related("actor").order_by("pk"))
    accepted = gate_accepted(version)
    return [
        {
            **gate_shown(gate),
            "open": gate_red(gate, accepted=accepted),
            "localisation": localisation_of(keys=gate["keys"]),
            "overrides": [each for each in written if each.gate == gate["gate_id"]],
        }
        for gate in gates_by_method(keys=explanation_keys(version))
    ]
