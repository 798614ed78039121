"""What the page of a version says of allocation and recruitment; who gets what next is nobody's to see."""

from __future__ import annotations

from typing import Any

from studies.design.models import AllocationCounter, AllocationSlot, StudyVersion
from studies.design.sessions import pause_limit_s
from studies.design.spec import StudySpec
from studies.design.strata import list_keys

METHODS = {
    "permuted_blocks": "Permuted blocks of random size, drawn at launch, one list for each stratum.",
    "simple": "Simple draws by the ratio, made at launch, one list for each stratum.",
    "minimisation": "Minimisation over the strata with a random element; its random numbers are drawn at launch.",
}


def recruitment_words(spec: StudySpec) -> list[str]:
    """Return how places are given out, in sentences."""
    rules = spec.recruitment
    found = [METHODS[rules.method], f"{rules.slots} people are to complete."]
    if rules.over_recruit:
        found.append(f"Up to {rules.over_recruit} more may be under way to make up for those who leave.")
    if rules.lease_s:
        after = "may still finish" if rules.returning == "may_finish" else "find their place given away"
        found.append(
            f"After {duration_words(rules.lease_s)} without a sign of life a place is given out again from the next "
            f"slot; those who come back later {after}."
        )
    for what, quotas in (("condition", rules.condition_quotas), ("stratum", rules.stratum_quotas)):
        found += [f"At most {quota} in the {what} {name}." for name, quota in quotas.items()]
    if limit := pause_limit_s(spec):
        found.append(f"Who does not answer for {duration_words(limit)} is out.")
    return found


def allocation_table(version: StudyVersion, spec: StudySpec) -> list[dict[str, Any]]:
    """Return a row for each list of slots: places, how many are held, and how many were given out in all."""
    counters = AllocationCounter.objects.filter(version=version, purpose=AllocationSlot.Purpose.REAL)
    found = {counter.stratum: counter for counter in counters}
    rows = []
    for key in list_keys(spec):
        counter = found.get(key)
        rows.append(
            {
                "stratum": "all" if key in ("", AllocationCounter.ALL) else key,
                "places": counter.capacity if counter else spec.recruitment.places,
                "held": counter.next - counter.freed if counter else None,
                "given": counter.next if counter else None,
            }
        )
    return rows


def duration_words(seconds: int) -> str:
    """Return a length of time in the largest unit that fits it whole, or in hours."""
    for length, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= length and seconds % length == 0:
            count = seconds // length
            return f"{count} {name}{'s' if count > 1 else ''}"
    return f"{seconds / 3600:.3g} hours"
