"""What lies beside the tables: the locked plan, and the allocation as far as it may be told."""

from __future__ import annotations

from io import StringIO
from typing import Any

from analysis.core.digest import digest_of
from studies.design.models import AllocationCounter, AllocationSlot, Recruitment
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
    purpose = AllocationSlot.Purpose.REHEARSAL if scope.simulated else AllocationSlot.Purpose.REAL
    counters = AllocationCounter.objects.filter(version=scope.version, purpose=purpose)
    claimed = dict(counters.exclude(stratum=AllocationCounter.ALL).values_list("stratum", "next"))
    over = _recruitment_is_over(scope)
    slots = AllocationSlot.objects.filter(version=scope.version, purpose=purpose).order_by("stratum", "seq")
    told = [
        {"stratum": stratum, "slot": seq, "block": block, "condition": condition}
        for stratum, seq, block, condition in slots.values_list("stratum", "seq", "block", "condition")
        if over or seq < claimed.get(stratum, 0)
    ]
    sizes: dict[str, int] = {}
    for stratum in slots.values_list("stratum", flat=True):
        sizes[stratum] = sizes.get(stratum, 0) + 1
    return {
        "method": allocation["method"],
        "conditions": [condition.name for condition in scope.spec.conditions],
        "ratio": list(scope.spec.ratio),
        "block_multiples": list(allocation["block_multiples"]),
        "strata": {stratum: {"slots": count} for stratum, count in sorted(sizes.items())},
        "seed": scope.version.allocation_seed if over else "",
        "list": told,
    }


def _recruitment_is_over(scope: Scope) -> bool:
    state = Recruitment.objects.filter(version=scope.version).values_list("state", flat=True).first()
    taken = AllocationCounter.objects.filter(version=scope.version, purpose=AllocationSlot.Purpose.REAL)
    # Closed before anybody came may open again: only a study that had real people and was closed is over.
    return state == Recruitment.State.CLOSED and taken.filter(next__gt=0).exists()
