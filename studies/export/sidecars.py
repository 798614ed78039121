"""What lies beside the tables: the locked plan, and the allocation as far as it may be told."""

from __future__ import annotations

from io import StringIO
from typing import Any

from django.db.models import Count, QuerySet

from analysis.core.digest import digest_of
from analysis.core.stream import sub_seed
from studies.design.models import AllocationCounter, AllocationSlot, Recruitment
from studies.design.services.launch import seed_bytes
from studies.design.slots import arm_names
from studies.enrolment.models import Assignment
from studies.export.factors import placement_document
from studies.export.people import Scope


def plan_document(scope: Scope) -> dict[str, Any]:
    """Return the locked plan with its digest and the options of the decision."""
    version, spec = scope.version, scope.spec
    plan = dict(spec.plan)
    return {
        "assay_plan": 1,
        "study": version.study.slug,
        "title": spec.title,
        "version": version.number,
        "digest": digest_of(plan),
        "locked_at": version.launched_at.isoformat() if version.launched_at else None,
        "plan": plan,
        "decision": {
            "options": [option.value for option in spec.decision.options],
            "positive": spec.decision.positive,
        },
    }


def plan_text(scope: Scope) -> str:
    """Return the plan as YAML, in the order in which it was written."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.default_flow_style = None
    yaml.width = 110
    text = StringIO()
    yaml.dump(plan_document(scope), text)
    return text.getvalue()


def allocation_document(scope: Scope) -> dict[str, Any]:
    """Return how conditions were allocated; what has not been given out yet stays concealed while people may come."""
    allocation = scope.spec.document["allocation"]
    recruitment = scope.spec.recruitment
    over = _recruitment_is_over(scope)
    told = {
        "method": allocation["method"],
        "conditions": arm_names(scope.spec),
        "ratio": list(scope.spec.ratio),
        "strata": {stratum: {"slots": count} for stratum, count in sorted(_list_sizes(scope).items())},
        "slots": recruitment.slots,
        "over_recruit": recruitment.over_recruit,
        "quotas": {
            "conditions": dict(recruitment.condition_quotas),
            "strata": dict(recruitment.stratum_quotas),
        },
        "lease_s": recruitment.lease_s,
        "placement": placement_document(scope.spec),
        "seed": _seed_told(scope) if over else "",
    }
    if recruitment.method == "minimisation":
        rule = {"probability": recruitment.probability, "imbalance": recruitment.imbalance}
        return told | {"minimisation": rule, "list": _minimised(scope)}
    return told | {"block_multiples": list(allocation["block_multiples"]), "list": _listed(scope, over=over)}


def _purpose(scope: Scope) -> str:
    return AllocationSlot.Purpose.REHEARSAL if scope.simulated else AllocationSlot.Purpose.REAL


def _slots(scope: Scope) -> QuerySet[AllocationSlot]:
    return AllocationSlot.objects.filter(version=scope.version, purpose=_purpose(scope))


def _list_sizes(scope: Scope) -> dict[str, int]:
    return dict(_slots(scope).values_list("stratum").annotate(Count("pk")).order_by())


def _listed(scope: Scope, *, over: bool) -> list[dict[str, Any]]:
    """Return the places of the lists; one that was given to nobody was passed over: its condition was full."""
    counters = AllocationCounter.objects.filter(version=scope.version, purpose=_purpose(scope))
    claimed = dict(counters.values_list("stratum", "next"))
    rows = _slots(scope).order_by("stratum", "seq")
    found = []
    for stratum, seq, block, condition, holder in rows.values_list(
        "stratum", "seq", "block", "condition", "assignment__pk"
    ):
        is_given = seq < claimed.get(stratum, 0)
        if over or is_given:
            row = {"stratum": stratum, "slot": seq, "block": block, "condition": condition}
            found.append(row | ({"passed_over": True} if is_given and holder is None else {}))
    return found


def _minimised(scope: Scope) -> list[dict[str, Any]]:
    """Return what minimisation gave to whom, in the order in which they came."""
    given = Assignment.objects.filter(slot__in=_slots(scope)).order_by("slot__seq")
    return [
        {"stratum": stratum, "slot": seq, "block": None, "condition": condition, "copy": copy}
        for stratum, seq, condition, copy in given.values_list(
            "participant__stratum", "slot__seq", "condition", "copy"
        )
    ]


def _seed_told(scope: Scope) -> str:
    """Return the seed from which the lists of this purpose can be drawn again."""
    seed: str = scope.version.allocation_seed
    return sub_seed(seed_bytes(seed), "rehearsal").hex() if scope.simulated else seed


def _recruitment_is_over(scope: Scope) -> bool:
    state = Recruitment.objects.filter(version=scope.version).values_list("state", flat=True).first()
    taken = AllocationCounter.objects.filter(version=scope.version, purpose=AllocationSlot.Purpose.REAL)
    # Closed before anybody came may open again: only a study that had real people and was closed is over.
    return state == Recruitment.State.CLOSED and taken.filter(next__gt=0).exists()
