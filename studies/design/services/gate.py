"""The quality gate before a launch: what is examined, and the written reasons to show what it has a red light for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from explainers.models import Predictor
from explainers.selectors import gate_accepts, gate_problems, gate_red, gates_by_method, job_progress
from explainers.services import gates_request
from studies.design.content import content_of
from studies.design.models import GateOverride, PreparedExplanation, StudyVersion
from studies.design.services.audit import action_record
from studies.errors import StudyError

SHORTEST_REASON = 20


class OverrideRefused(StudyError):
    """There is nothing to override, or no reason that could be read later."""

    code = "override_refused"


def explanation_keys(version: StudyVersion) -> list[str]:
    """Return the keys of every explanation that was asked for."""
    keys = PreparedExplanation.objects.filter(version=version).values_list("key", flat=True)
    return sorted(set(keys))


def gates_prepare(version: StudyVersion) -> int:
    """Have every explanation examined, and return how many examinations are still to come; failed ones are over."""
    wanted = gates_request(keys=explanation_keys(version), against=_second_checkpoint(version))
    progress = job_progress(keys=wanted)
    return progress["queued"] + progress["running"]


def gate_problems_of(version: StudyVersion) -> list[str]:
    """Say what the gate has against a launch, without what somebody wrote a reason for."""
    return gate_problems(keys=explanation_keys(version), accepted=gate_accepted(version))


def gate_accepted(version: StudyVersion) -> set[str]:
    """Return the names of all red that somebody wrote a reason for."""
    written = GateOverride.objects.filter(version=version)
    return set().union(*(gate_accepts(gate_id=each.gate, covers=each.covers) for each in written))


def gate_overrides(version: StudyVersion) -> list[dict[str, Any]]:
    """Return every written reason as plain data: of what, which measures and cases it covers, of how many, by whom."""
    return [
        {
            "about": each.about,
            "measures": each.covers.get("measures", []),
            "cases": [case["case"] for case in each.covers.get("cases", [])],
            "examined": each.covers.get("examined"),
            "reasons": each.covers.get("reasons", []),
            "reason": each.reason,
            "actor": each.actor.get_username() if each.actor else None,
            "at": each.created_at.isoformat(),
        }
        for each in GateOverride.objects.filter(version=version).select_related("actor").order_by("pk")
    ]


@transaction.atomic
def gate_override(
    *, version: StudyVersion, gate: str, reason: str, actor: User | None = None
) -> GateOverride:
    """
    Keep the reason why explanations with a red light are shown all the same; it is audited and never changes.

    It covers what is red now, measure by measure and case by case; what turns red later needs a reason of its own.
    """
    if version.launched_at is not None:
        raise OverrideRefused("The version is launched: what it shows is decided.")
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise OverrideRefused(
            f"Write the reason in at least {SHORTEST_REASON} characters: it will be read with the results."
        )
    found = {each["gate_id"]: each for each in gates_by_method(keys=explanation_keys(version))}
    red = gate_red(found[gate], accepted=gate_accepted(version)) if gate in found else {}
    if not (red.get("measures") or red.get("cases")):
        raise OverrideRefused("This has no red light without a reason, so there is nothing to override.")
    told = found[gate]
    about = f"{told['method']} on {told['predictor']}, target {told['target_declared']}, cases of {told['case_set']}"
    kept = GateOverride.objects.create(
        version=version,
        gate=gate,
        about=about[:300],
        covers={**red, "examined": len(told["cases"]), "reasons": told["reasons"]},
        reason=reason[:4000],
        actor=actor,
    )
    detail = {
        "version": version.number,
        "about": about,
        "measures": red["measures"],
        "cases": [each["case"] for each in red["cases"]],
        "examined": len(told["cases"]),
        "reasons": told["reasons"],
        "reason": kept.reason,
    }
    action_record(verb="gate_override", study=version.study, actor=actor, detail=detail)
    return kept


def gates_override(
    *, version: StudyVersion, reasons: Mapping[str, str], actor: User | None = None
) -> list[GateOverride]:
    """Keep a reason for every method that has red lights and for which one is given, by the name of the method."""
    accepted = gate_accepted(version)
    red = [
        gate
        for gate in gates_by_method(keys=explanation_keys(version))
        if gate["method"] in reasons
        and any(gate_red(gate, accepted=accepted)[kind] for kind in ("measures", "cases"))
    ]
    return [
        gate_override(version=version, gate=gate["gate_id"], reason=reasons[gate["method"]], actor=actor)
        for gate in red
    ]


def _second_checkpoint(version: StudyVersion) -> Predictor | None:
    """Return another predictor of the study that was trained for the same: stability is measured against it."""
    content = content_of(version)
    own = next(iter(content.known_predictors.values()), None)
    if own is None:
        return None
    others = Predictor.objects.filter(
        name__in=content.spec.document["predictors"].values(), kind=Predictor.Kind.TRAINED
    ).exclude(pk=own.pk)
    alike = [p for p in others.order_by("pk") if (p.features, p.classes) == (own.features, own.classes)]
    return alike[0] if alike else None
