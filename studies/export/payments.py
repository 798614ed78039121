"""The payment list: who is owed what, by the name under which the recruitment site knows them."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from io import StringIO
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from studies.design.models import StudyVersion
from studies.design.pay import Counted, PayRules
from studies.design.selectors import version_spec
from studies.design.services.audit import action_record
from studies.enrolment.models import Completion, Identifier, Participant
from studies.errors import StudyError
from studies.export.csvsafe import safe_text
from studies.trials.earnings import Earned, earned_by

COLUMNS = (
    "known_as", "name", "status", "completion_code", "right", "scored", "prizes", "base", "bonus", "total", "currency",
)  # fmt: skip
NOBODY = (Participant.State.INVITED,)


class NothingToPay(StudyError):
    """A version has no rules of payment."""

    code = "nothing_to_pay"


@transaction.atomic
def payment_list(*, version: StudyVersion, actor: AbstractBaseUser | None) -> str:
    """Return the payment list of the real participants as CSV, and leave a line in the audit trail.

    Who completed is paid what was computed then, whatever became of their answers since; who did not is paid for the
    answers that are there. Whoever erased everything has no name left and is found by the completion code.
    """
    if PayRules.of(version_spec(version.pk).document) is None:
        raise NothingToPay(f"{version} pays nothing by rule: its study file has no 'bonus'.")
    text = StringIO()
    lines = csv.writer(text)
    lines.writerow(COLUMNS)
    count = 0
    for row in payment_rows(version):
        lines.writerow([_spelled(row[name]) for name in COLUMNS])
        count += 1
    detail = {"version": version.number, "participants": count}
    action_record(verb="payment_list", study=version.study, actor=actor, detail=detail)
    return text.getvalue()


def payment_rows(version: StudyVersion) -> Iterator[Mapping[str, Any]]:
    """Yield a row for each real participant who gave consent, in the order of coming."""
    rules = PayRules.of(version_spec(version.pk).document)
    assert rules is not None
    consented = {"consents__occasion": "start", "consents__given": True}
    people = list(
        Participant.objects.filter(version=version, is_simulated=False, **consented)
        .exclude(state__in=NOBODY)
        .order_by("pk")
    )
    completions = {c.participant_id: c for c in Completion.objects.filter(participant__in=people)}
    kept = {pk: completion for pk, completion in completions.items() if completion.bonus is not None}
    others = {person.pk: person.pk in completions for person in people if person.pk not in kept}
    earned = dict(earned_by(version, participants=others))
    names = _names(people)
    for person in people:
        completion = completions.get(person.pk)
        paid = _as_completed(rules, kept[person.pk]) if person.pk in kept else earned[person.pk]
        kind, name = names.get(person.pk, ("", ""))
        yield {
            "known_as": kind,
            "name": name,
            "status": person.state,
            "completion_code": completion.code if completion else "",
            "right": paid.counted.right,
            "scored": paid.counted.scored,
            "prizes": paid.counted.prizes,
            "base": paid.base,
            "bonus": paid.bonus,
            "total": paid.base + paid.bonus,
            "currency": rules.currency,
        }


def _as_completed(rules: PayRules, completion: Completion) -> Earned:
    counted = Counted(
        right=completion.right or 0, scored=completion.scored or 0, prizes=completion.prizes or 0
    )
    return Earned(counted, rules.fixed(counted), rules.rounded(completion.bonus or Decimal(0)))


def _names(people: list[Participant]) -> dict[int, tuple[str, str]]:
    """Return the outside name of each participant; of several, the one whose kind comes first."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    rows = Identifier.objects.filter(participant__in=people).values_list("participant_id", "kind", "value")
    for pk, kind, value in rows:
        found[pk].append((kind, value))
    return {pk: min(names) for pk, names in found.items()}


def _spelled(value: Any) -> str:
    return safe_text(value) if isinstance(value, str) else str(value)
