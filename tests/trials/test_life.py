"""B12: whatever people do with their pages, in any order, what is stored is what a simple ledger of it says.

The machine acts as several people at once: it starts, answers, repeats, goes back, answers from tabs that were left
open, reloads, sends what is no answer, forges, leaves, and lets days pass. After every step the database is held
against the ledger: every answer that was accepted is there once and as it was given, and nothing else is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from django.test import Client
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from studies.enrolment.models import Assignment, Completion, Participant
from studies.trials.models import StepResponse, Submission, Trial, TrialResponse
from tests.factories import TRUST_ITEMS, launched_version, step, trials_step
from tests.trials.conftest import forget_everything
from tests.trials.person import Person

FLOW = [
    step("consent", text="consent"),
    step("instructions", text="instructions"),
    step("allocate"),
    step("practice", cases=1, feedback=True, protocol="decision"),
    trials_step(2, breaks_every=1),
    step("questionnaire", name="s_tias", version="1", title="Trust", items=TRUST_ITEMS),
    step("debrief", text="debrief"),
]
PEOPLE, SLOTS, HOURS = 3, 4, 24
ACTIVE = {Participant.State.ENROLLED, Participant.State.ALLOCATED}
Answers = dict[str, str]


@dataclass
class Tab:
    """A page that was open once: its nonce, what it asked, and what kind of page it was."""

    nonce: str
    fields: dict[str, list[str]]
    kind: str

    def filled(self, turn: int) -> Answers:
        return {name: _value(name, offered, turn) for name, offered in self.fields.items()}


@dataclass
class Life:
    """One person, and the ledger of what the server accepted from them."""

    person: Person
    pk: int
    accepted: dict[str, Answers] = field(default_factory=dict)
    answers: list[tuple[str, Any]] = field(default_factory=list)
    items: list[tuple[str, Any]] = field(default_factory=list)
    tabs: list[Tab] = field(default_factory=list)
    place: tuple[int, ...] = (0, 0, 0)
    hours_away: float = 0.0
    has_left: bool = False
    is_over: bool = False

    def row(self) -> Participant:
        return Participant.objects.get(pk=self.pk)

    def open_tab(self) -> Tab:
        self.person.look()
        self.is_over |= self.must_be_over()
        tab = Tab(self.person.nonce, self.person.fields, self.person.kind)
        self.tabs.append(tab)
        return tab

    def must_be_over(self) -> bool:
        return self.hours_away > HOURS and not self.has_left and self.place[0] > 0 and not self.is_done()

    def is_done(self) -> bool:
        return Completion.objects.filter(participant_id=self.pk).exists()

    def may_answer(self) -> bool:
        return not (self.has_left or self.is_over or self.is_done())


def _value(name: str, offered: list[str], turn: int) -> str:
    if name == "consent":
        return "given"
    return offered[turn % len(offered)] if offered else str(40 + 10 * (turn % 5))


def _stored(name: str, value: str) -> Any:
    return int(value) / 100 if name == "confidence" else value


class Lives(RuleBasedStateMachine):
    """People who do whatever they like."""

    def __init__(self) -> None:
        super().__init__()
        forget_everything()
        # Rolled back at the end: what is stored may not be deleted.
        self.rolled_back = transaction.atomic()
        self.rolled_back.__enter__()
        self.version = launched_version(
            flow=FLOW, slots=SLOTS, pause={"maximum_s": HOURS * 3600}, withdrawal="keep"
        )
        self.lives: list[Life] = []

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.rolled_back.__exit__(None, None, None)
        forget_everything()

    def life(self, who: int) -> Life:
        return self.lives[who % len(self.lives)]

    @precondition(lambda self: len(self.lives) < PEOPLE)
    @rule()
    def somebody_starts(self) -> None:
        person = Person(Client(), self.version.study.slug).start()
        self.lives.append(Life(person, Participant.objects.order_by("-pk")[0].pk))

    @precondition(lambda self: self.lives)
    @rule(who=st.integers(0, PEOPLE - 1), turn=st.integers(0, 9), pages=st.integers(1, 5), swap=st.booleans())
    def answers_the_next_pages(self, who: int, turn: int, pages: int, swap: bool) -> None:
        life = self.life(who)
        for _ in range(pages):
            tab = life.open_tab()
            if life.may_answer():
                self._send(life, tab, tab.filled(turn), swap=swap)

    @precondition(lambda self: self.lives)
    @rule(
        who=st.integers(0, PEOPLE - 1), which=st.integers(0, 99), turn=st.integers(0, 9), swap=st.booleans()
    )
    def answers_from_a_tab_that_was_open(self, who: int, which: int, turn: int, swap: bool) -> None:
        life = self.life(who)
        if life.tabs:
            tab = life.tabs[which % len(life.tabs)]
            self._send(life, tab, tab.filled(turn), swap=swap)

    @precondition(lambda self: any(life.accepted for life in self.lives))
    @rule(who=st.integers(0, PEOPLE - 1), which=st.integers(0, 99), swap=st.booleans())
    def sends_an_answer_again(self, who: int, which: int, swap: bool) -> None:
        life = self.life(who)
        if life.accepted:
            nonce = list(life.accepted)[which % len(life.accepted)]
            life.person.send(nonce=nonce, swap=swap, **life.accepted[nonce])
            life.is_over |= life.must_be_over()
            assert life.person.reply.status_code == (200 if swap else 303)

    @precondition(lambda self: self.lives)
    @rule(who=st.integers(0, PEOPLE - 1))
    def reloads(self, who: int) -> None:
        life = self.life(who)
        first = life.open_tab()
        assert (first.nonce, first.kind) == (life.open_tab().nonce, life.person.kind)

    @precondition(lambda self: self.lives)
    @rule(who=st.integers(0, PEOPLE - 1))
    def sends_what_is_no_answer(self, who: int) -> None:
        life = self.life(who)
        tab = life.open_tab()
        if life.may_answer():
            life.person.send(nonce=tab.nonce, decision="both", nonsense="1")
            assert life.person.reply.status_code == 422

    @precondition(lambda self: self.lives)
    @rule(who=st.integers(0, PEOPLE - 1), other=st.integers(0, PEOPLE - 1))
    def forges_a_page(self, who: int, other: int) -> None:
        life, victim = self.life(who), self.life(other)
        theirs = victim.open_tab()
        if life is not victim and theirs.nonce:
            life.person.send(nonce=theirs.nonce, **theirs.filled(1))
            life.is_over |= life.must_be_over()
            assert life.person.reply.status_code == 409

    @precondition(lambda self: self.lives)
    @rule(who=st.integers(0, PEOPLE - 1), doubts=st.integers(0, 9))
    def leaves(self, who: int, doubts: int) -> None:
        life = self.life(who)
        if doubts:
            life.person.client.get(f"{life.person.url}withdraw")
            return
        life.person.client.post(f"{life.person.url}withdraw", {"confirm": "withdraw"})
        life.has_left = True

    @rule(hours=st.sampled_from([1, 1, 1, 2, 2, 3, 13, 25]))
    def time_passes(self, hours: int) -> None:
        Participant.objects.update(moved_at=F("moved_at") - timedelta(hours=hours))
        for life in self.lives:
            life.hours_away += hours

    def _send(self, life: Life, tab: Tab, answers: Answers, *, swap: bool) -> None:
        known = life.accepted.get(tab.nonce)
        life.person.look()
        life.is_over |= life.must_be_over()
        is_current = bool(tab.nonce) and life.may_answer() and tab.nonce == life.person.nonce
        life.person.send(nonce=tab.nonce, swap=swap, **answers)
        status = life.person.reply.status_code
        if known is not None:
            assert status == ((200 if swap else 303) if known == answers else 409)
        elif not is_current:
            assert status == 409
        else:
            assert status == (200 if swap else 303), life.person.text
            self._enter(life, tab, answers)

    def _enter(self, life: Life, tab: Tab, answers: Answers) -> None:
        life.accepted[tab.nonce] = answers
        life.hours_away = 0.0
        rows = [(name, _stored(name, value)) for name, value in answers.items()]
        if tab.kind == "trial":
            life.answers += rows
        elif tab.kind == "questionnaire":
            life.items += [(name, int(value)) for name, value in answers.items()]

    @invariant()
    def what_is_stored_is_what_was_accepted(self) -> None:
        for life in self.lives:
            mine = TrialResponse.objects.filter(trial__participant=life.pk).order_by("pk")
            assert list(mine.values_list("field", "value")) == life.answers
            items = StepResponse.objects.filter(participant=life.pk).order_by("pk")
            assert list(items.values_list("item", "value")) == life.items
            assert set(Submission.objects.filter(participant=life.pk).values_list("nonce", flat=True)) == set(
                life.accepted
            )

    @invariant()
    def nobody_goes_back(self) -> None:
        for life in self.lives:
            row = life.row()
            place = (row.step_index, row.trial_index, row.stage_index)
            assert place >= life.place
            life.place = place

    @invariant()
    def a_slot_is_one_persons_and_holds_one_schedule(self) -> None:
        slots = list(Assignment.objects.values_list("slot_id", flat=True))
        assert len(slots) == len(set(slots))
        for life in self.lives:
            has_slot = Assignment.objects.filter(participant=life.pk).count()
            assert has_slot <= 1
            assert Trial.objects.filter(participant=life.pk).count() == 3 * has_slot

    @invariant()
    def the_state_is_what_happened(self) -> None:
        for life in self.lives:
            state, is_done = life.row().state, life.is_done()
            assert is_done == (state == Participant.State.COMPLETED) or life.has_left
            if life.has_left and not is_done:
                assert state == Participant.State.WITHDRAWN
            elif life.is_over:
                assert state == Participant.State.EXPIRED
            elif not is_done:
                assert state in ACTIVE


def _life(*, runs: int, steps: int, is_drawn_anew: bool) -> None:
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            derandomize=not is_drawn_anew,
            # A counter-example is shrunk for minutes: the long suite has the time.
            phases=list(Phase) if is_drawn_anew else [Phase.generate],
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.django_db
def test_whatever_people_do_what_is_stored_is_what_was_accepted() -> None:
    _life(runs=20, steps=30, is_drawn_anew=False)


@pytest.mark.long
@pytest.mark.django_db
def test_whatever_people_do_in_many_long_lives_what_is_stored_is_what_was_accepted() -> None:
    _life(runs=2000, steps=50, is_drawn_anew=True)
