"""The quality gate before a launch: what is examined, and the written reasons to show what it has a red light for."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from explainers.models import Predictor
from explainers.selectors import gate_is_red, gate_problems, gates_by_method, job_progress
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
    accepted = set(GateOverride.objects.filter(version=version).values_list("gate", flat=True))
    return gate_problems(keys=explanation_keys(version), accepted=accepted)


@transaction.atomic
def gate_override(
    *, version: StudyVersion, gate: str, reason: str, actor: User | None = None
) -> GateOverride:
    """Keep the reason why explanations with a red light are shown all the same; it is audited and never changes."""
    if version.launched_at is not None:
        raise OverrideRefused("The version is launched: what it shows is decided.")
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise OverrideRefused(
            f"Write the reason in at least {SHORTEST_REASON} characters: it will be read with the results."
        )
    found = {each["gate_id"]: each for each in gates_by_method(keys=explanation_keys(version))}
    if gate not in found or not gate_is_red(found[gate]):
        raise OverrideRefused("This has no red light, so there is nothing to override.")
    if GateOverride.objects.filter(version=version, gate=gate).exists():
        raise OverrideRefused("A reason was written already.")
    about = f"{found[gate]['method']} on {found[gate]['predictor']}, target {found[gate]['target_declared']}"
    kept = GateOverride.objects.create(
        version=version, gate=gate, about=about[:200], reason=reason[:4000], actor=actor
    )
    detail = {
        "version": version.number,
        "about": about,
        "reasons": found[gate]["reasons"],
        "reason": kept.reason,
    }
    action_record(verb="gate_override", study=version.study, actor=actor, detail=detail)
    return kept


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
