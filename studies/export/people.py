"""Who is in a dataset: real or simulated participants, under pseudonyms that no other export shares."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db.models import QuerySet

from studies.design.models import AllocationCounter, StudyVersion
from studies.design.spec import StudySpec
from studies.enrolment.models import Consent, Participant

PEOPLE_AT_ONCE = 200
REFUSED = "consent_after_debrief_refused"
ERASED = "erased"


@dataclass(frozen=True)
class Person:
    """One participant as the tables know them; ``withheld`` says why none of their answers leave."""

    pk: int
    participant_id: str
    state: str
    started_at: datetime
    moved_at: datetime
    stratum: str
    slot: int | None
    plan: int | None
    condition: str | None
    withheld: str = ""
    language: str = ""

    def seconds(self, moment: datetime | None) -> float | None:
        """Return a moment as seconds from this participant's start; clocks that were set back give 0."""
        return None if moment is None else max(0.0, (moment - self.started_at).total_seconds())


@dataclass(frozen=True)
class Scope:
    """What one export covers. ``key`` makes the pseudonyms and is thrown away with this object."""

    version: StudyVersion
    simulated: bool
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    @cached_property
    def spec(self) -> StudySpec:
        return StudySpec.of(self.version.spec)

    @property
    def heads(self) -> dict[str, object]:
        return {"study": self.version.study.slug, "study_version": self.version.number}

    def pseudonym(self, *parts: object) -> str:
        """Return a random-looking name, the same for the same parts within this export only."""
        text = ":".join(str(part) for part in parts)
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()[:16]

    def people(self) -> Iterator[list[Person]]:
        """Yield everybody in batches, in the order of the pseudonyms: the order of arrival does not leave."""
        pks = self._participants().values_list("pk", flat=True)
        order = sorted((self.pseudonym("participant", pk), pk) for pk in pks)
        for start in range(0, len(order), PEOPLE_AT_ONCE):
            batch = {pk: name for name, pk in order[start : start + PEOPLE_AT_ONCE]}
            yield self._read(batch)

    def people_with_answers(self) -> Iterator[list[Person]]:
        """Yield those whose answers may leave, in batches."""
        for people in self.people():
            if kept := [person for person in people if not person.withheld]:
                yield kept

    def _participants(self) -> QuerySet[Participant]:
        everybody = Participant.objects.filter(version=self.version, is_simulated=self.simulated)
        return everybody.exclude(state=Participant.State.INVITED)

    def _read(self, batch: dict[int, str]) -> list[Person]:
        refused = set(
            Consent.objects.filter(participant__in=batch, occasion="after_debrief", given=False).values_list(
                "participant_id", flat=True
            )
        )
        rows = Participant.objects.filter(pk__in=batch).values(
            "pk", "state", "started_at", "moved_at", "stratum", "language",
            "assignment__condition", "assignment__slot__seq", "assignment__slot__stratum",
            "assignment__plan", "assignment__slot__plan",
        )  # fmt: skip
        found = {row["pk"]: row for row in rows}
        people = []
        for pk, name in batch.items():
            row = found[pk]
            erased = row["state"] == Participant.State.ERASED
            slot_stratum = row["assignment__slot__stratum"]
            people.append(
                Person(
                    pk=pk,
                    participant_id=name,
                    state=row["state"],
                    started_at=row["started_at"],
                    moved_at=row["moved_at"],
                    stratum=row["stratum"] if slot_stratum in (None, AllocationCounter.ALL) else slot_stratum,
                    slot=row["assignment__slot__seq"],
                    plan=_first(row["assignment__plan"], row["assignment__slot__plan"]),
                    condition=row["assignment__condition"],
                    language=row["language"] or self.spec.languages[0],
                    withheld=REFUSED if pk in refused else ERASED if erased else "",
                )
            )
        return people


def _first(own: int | None, of_slot: int | None) -> int | None:
    return of_slot if own is None else own
