"""What may be read before exporting: how many people of each kind a version holds."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from studies.design.models import StudyVersion
from studies.enrolment.models import Participant


@dataclass(frozen=True)
class Collected:
    """How many participants a version has, real and simulated."""

    real: int
    simulated: int


def collected_counts(*, version: StudyVersion) -> Collected:
    """Count the participants of a version by kind."""
    rows = (
        Participant.objects.filter(version=version)
        .exclude(state=Participant.State.INVITED)
        .values_list("is_simulated")
        .annotate(Count("pk"))
    )
    counts = dict(rows)
    return Collected(real=counts.get(False, 0), simulated=counts.get(True, 0))
