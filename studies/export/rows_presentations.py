"""Rows of the table ``presentations``: everything that was on a screen, when, and what was taken of it."""

from __future__ import annotations

from collections.abc import Iterator

from studies.export.casefacts import CaseFacts
from studies.export.doses import Row, dose_columns, doses_of
from studies.export.people import Scope
from studies.export.rows_trials import long_place, trials_of
from studies.trials.models import PresentedItem


def presentation_rows(scope: Scope, facts: CaseFacts) -> Iterator[Row]:
    """Yield one row for each thing that was on a screen; what came to sight later has its own moment."""
    for people in scope.people_with_answers():
        places = {trial["pk"]: trial for trial in trials_of(people)}
        persons = {person.pk: person for person in people}
        doses = doses_of(list(persons))
        items = PresentedItem.objects.filter(presentation__trial__in=list(places))
        for item in (
            items.order_by("presentation__trial_id", "presentation_id", "position")
            .values(
                "presentation__trial_id", "presentation__stage", "presentation__presented_at", "revealed_at",
                "position", "item", "name", "digest", "rendering_digest",
            )
            .iterator()
        ):  # fmt: skip
            trial = places[item["presentation__trial_id"]]
            person = persons[trial["participant_id"]]
            condition = scope.spec.condition(trial["condition"] or person.condition or "")
            yield long_place(scope, person, trial, facts) | {
                "stage": item["presentation__stage"],
                "position": item["position"],
                "item": item["item"],
                "name": item["name"] or None,
                "digest": item["digest"] or None,
                "rendering_digest": item["rendering_digest"] or None,
                "presented_s": person.seconds(item["revealed_at"] or item["presentation__presented_at"]),
                **dose_columns(condition, dict(item), doses),
            }
