"""Confidence paid by the binarised scoring rule: told in words, drawn from the recorded seed, on every list."""

from __future__ import annotations

import csv
from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest

from analysis.core.stream import random_below, random_words, sub_seed
from studies.design.models import GroundTruth, StudyVersion
from studies.enrolment.models import Completion, Participant
from studies.export.payments import payment_list
from studies.trials.models import TrialResponse
from tests.factories import CONDITIONS, SHORT_FLOW, step, trials_step
from tests.trials.person import Person

Study = Callable[..., StudyVersion]
Arrive = Callable[..., Person]
PAID = {"decision": {"confidence_paid": True}, "bonus": {"currency": "EUR", "per_prize": 0.2}}
MILLION = 1_000_000


def prizes_again(person: Participant, seed: str) -> int:
    """Draw every prize a second time from the rows of the database and the seed."""
    truth = dict(GroundTruth.objects.values_list("case_id", "value"))
    won = 0
    answers = {
        (r.trial_id, r.field): r
        for r in TrialResponse.objects.filter(
            trial__participant=person, trial__is_practice=False, stage="final"
        )
    }
    for (trial_id, field), row in answers.items():
        if field == "confidence":
            trial = row.trial
            is_right = answers[trial_id, "decision"].value == truth[trial.case_id]
            chance = 1 - (is_right - row.value) ** 2
            words = random_words(sub_seed(seed, "binarised", person.pk, trial.step_index, trial.trial_index))
            won += random_below(words, MILLION) / MILLION >= 1 - chance
    return won


def test_prizes_are_those_of_the_seed_and_stand_on_every_list(study: Study, person: Arrive) -> None:
    flow = [*SHORT_FLOW[:2], trials_step(8)]
    version = study(flow=flow, conditions={"ai": CONDITIONS["ai"]}, **PAID)
    found = set()
    for sure in ("20", "55", "97"):
        somebody = person(version, PROLIFIC_PID=f"p{sure}").go_to(
            "done", decision="malignant", confidence=sure
        )
        who = Participant.objects.get(identifiers__value=f"p{sure}")
        won = prizes_again(who, version.allocation_seed)
        completion = Completion.objects.get(participant=who)
        assert (completion.prizes, completion.bonus) == (won, Decimal("0.2") * won)
        assert f"Prizes won: {won}, each EUR 0.20." in somebody.text
        found.add(won)
    assert max(found) > 0
    rows = {row["name"]: row for row in csv.DictReader(StringIO(payment_list(version=version, actor=None)))}
    assert {name: (row["prizes"], row["bonus"]) for name, row in rows.items()} == {
        f"p{sure}": (str(c.prizes), str(c.bonus))
        for sure in ("20", "55", "97")
        for c in [Completion.objects.get(participant__identifiers__value=f"p{sure}")]
    }


def test_only_the_page_of_the_paid_answer_tells_of_the_prize(study: Study, person: Arrive) -> None:
    flow = [
        *SHORT_FLOW[:2],
        step("practice", cases=1, feedback=False, protocol="judge_advisor"),
        trials_step(1),
    ]
    somebody = person(study(flow=flow, conditions={"ai": CONDITIONS["ai"]}, **PAID)).go_to("done")
    told = ["You can win EUR 0.20 here." in reply.content.decode() for reply in somebody.replies]
    # Door, consent, practice (2 pages), initial answer, final answer, end.
    assert told[-2:] == [True, False]
    assert sum(told) == 1


@pytest.mark.parametrize(("pay", "label"), [(PAID, "0 = surely wrong"), ({}, "0 = a pure guess")])
def test_a_paid_confidence_is_asked_as_a_probability_of_being_right(
    study: Study, person: Arrive, pay: dict[str, Any], label: str
) -> None:
    """The rule takes 0 as 'surely wrong'; on the scale that is not paid 0 is a guess."""
    flow = [*SHORT_FLOW[:2], trials_step(1)]
    pages = person(study(flow=flow, conditions={"ai": CONDITIONS["ai"]}, **pay)).go_to("done").replies
    assert sum(label in reply.content.decode() for reply in pages) == 2


def test_a_confidence_that_is_not_paid_wins_nothing_and_tells_nothing(study: Study, person: Arrive) -> None:
    somebody = person(study(bonus={"currency": "EUR", "per_prize": 0.2, "base": 1})).go_to("done")
    assert not any(b"You can win" in reply.content for reply in somebody.replies)
    assert Completion.objects.get().prizes == 0


@pytest.mark.parametrize(("belief", "best"), [(0.1, 10), (0.5, 50), (0.8, 80)])
def test_no_other_number_gives_a_better_chance_than_the_own_belief(belief: float, best: int) -> None:
    def chance(number: int) -> float:
        said = number / 100
        return belief * (1 - (1 - said) ** 2) + (1 - belief) * (1 - said**2)

    assert max(range(101), key=chance) == best
