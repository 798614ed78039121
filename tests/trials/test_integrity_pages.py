"""What the browser is given, byte for byte: truth never early (I10), controls see nothing (I11), concealment (I2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from django.http import HttpResponse

from studies.design.models import StudyVersion
from studies.enrolment.models import Participant
from tests.factories import CONDITIONS, WHOLE_FLOW, step, trials_step
from tests.trials.person import Person

Study = Callable[..., StudyVersion]
Arrive = Callable[..., Person]
STRATA = {"strata": ["expertise"], "stratum_keys": ["expertise=novice", "expertise=expert"]}
SESSIONS = 50
# Random in every reply, and the same for everybody: the masked CSRF token, the nonce, the word of a visit.
RANDOM = re.compile(
    rb'(name="csrfmiddlewaretoken" value|name="nonce" value|data-token|name="visit" value)="[^"]*"'
    rb"|(csrftoken|assay_s)=[\w-]+|expires=[^;]+"
)


def wire(reply: HttpResponse) -> bytes:
    """Return everything that went over the wire: status, headers, cookies and body."""
    head = [f"{reply.status_code}", *(f"{name}: {value}" for name, value in sorted(reply.items()))]
    head += [cookie.OutputString() for cookie in reply.cookies.values()]
    return "\n".join(head).encode() + b"\n\n" + reply.content


def settled(reply: HttpResponse) -> bytes:
    return RANDOM.sub(b"", wire(reply))


def truth_canary(number: int) -> str:
    return f"{0xC0FFEE00BEEF0000 + number * 7919:016x}"


def test_the_truth_is_in_no_byte_before_its_answer(study: Study, person: Arrive) -> None:
    """I10: 50 whole sessions; the truth of practice appears in its feedback, that of trials never."""
    version = study(flow=WHOLE_FLOW, **STRATA, slots=SESSIONS, truth=truth_canary)
    canaries = [truth_canary(number).encode() for number in range(8)]
    told = 0
    for number in range(SESSIONS):
        somebody = person(version).go_to("done", level="expert" if number % 2 else "novice")
        for reply in somebody.replies:
            found = [canary for canary in canaries if canary in wire(reply)]
            is_feedback = b'data-kind="feedback"' in reply.content
            assert len(found) == is_feedback, (found, reply.content)
            told += len(found)
    assert told == SESSIONS * 2


def test_what_reports_call_a_condition_is_on_no_page(study: Study, person: Arrive) -> None:
    conditions = {"ig": {**CONDITIONS["ig"], "label": "label-canary"}}
    somebody = person(study(flow=WHOLE_FLOW, **STRATA, conditions=conditions)).go_to("done")
    assert [reply for reply in somebody.replies if b"label-canary" in wire(reply)] == []


def test_flipping_the_truth_changes_no_byte_until_the_answer(
    study: Study, person: Arrive, settings: Any
) -> None:
    """I10, differential: the same session with the other truth differs in nothing but the feedback."""
    sessions = []
    for truth in ("benign", "malignant"):
        somebody = person(
            study(
                slug="cells",
                flow=WHOLE_FLOW,
                **STRATA,
                truth=lambda _number, truth=truth: truth,
                conditions={"ig": CONDITIONS["ig"]},
            )
        ).go_to("done")
        sessions.append([settled(reply) for reply in somebody.replies[:-1]])
        wipe()
    different = [i for i, (a, b) in enumerate(zip(*sessions, strict=True)) if a != b]
    feedback = [i for i, body in enumerate(sessions[0]) if b'data-kind="feedback"' in body]
    assert different == feedback
    assert len(feedback) == 2


def wipe() -> None:
    """Take the study away as a rollback would, so that the next one is made under the same keys."""
    from django.db import transaction

    from tests.trials.conftest import forget_everything

    transaction.savepoint_rollback(SAVEPOINTS.pop())
    forget_everything()
    SAVEPOINTS.append(transaction.savepoint())


SAVEPOINTS: list[str] = []


@pytest.fixture(autouse=True)
def savepoint(db: None) -> Iterator[None]:
    from django.db import transaction

    SAVEPOINTS[:] = [transaction.savepoint()]
    yield
    SAVEPOINTS.clear()


def advice_canary(number: int) -> str:
    return f"{0xADD1CE0000000000 + number * 104729:016x}"


def fragment_canary(name: str, number: int) -> str:
    return f"<p>{name}-{0xF4A6000000000000 + number * 15485863:016x}</p>"


def test_a_condition_without_advice_or_explanation_gets_no_byte_of_them(study: Study, person: Arrive) -> None:
    """I11: canaries in every prediction and every explanation; each condition sees its own and no other's."""
    version = study(flow=WHOLE_FLOW, **STRATA, slots=24, advice_label=advice_canary, fragment=fragment_canary)
    seen: dict[str, set[str]] = {}
    for number in range(24):
        somebody = person(version).go_to("done", level="expert" if number % 2 else "novice")
        condition = Participant.objects.order_by("-pk")[0].assignment.condition
        text = b"".join(wire(reply) for reply in somebody.replies).decode()
        kinds = {"advice": "add1ce", "ig": "<p>ig-", "placebo": "<p>shuffled_ig-", "scores": "18.63"}
        seen.setdefault(condition, set()).update(kind for kind, canary in kinds.items() if canary in text)
    assert seen == {
        "unaided": set(),
        "ai": {"advice"},
        "ig": {"advice", "ig"},
        "placebo": {"advice", "placebo"},
    }


def test_advice_and_explanation_are_not_sent_before_the_first_answer(study: Study, person: Arrive) -> None:
    version = study(conditions={"ig": CONDITIONS["ig"]}, advice_label=advice_canary, fragment=fragment_canary)
    somebody = person(version).go_to("done")
    pages = [reply.content.decode() for reply in somebody.replies]
    for before, after in pairwise(pages):
        if "Your first answer<" in before:
            assert "add1ce" not in before
            assert "f4a6" not in before
            assert "add1ce" in after
            assert "f4a6" in after


def test_what_the_condition_does_not_show_of_the_advice_is_not_sent(study: Study, person: Arrive) -> None:
    shown = {"advice": {"show": ["confidence"], "source": "ai"}, "explanations": []}
    somebody = person(study(conditions={"odd": shown}, advice_label=advice_canary)).go_to("done")
    text = b"".join(wire(reply) for reply in somebody.replies).decode()
    assert "81 %" in text
    assert "add1ce" not in text


def test_all_bytes_are_equal_between_conditions_until_advice_is_shown(study: Study, person: Arrive) -> None:
    """I2: bytes, headers, sizes and cookies up to the first stage of the first trial, in every condition."""
    sessions: dict[str, list[bytes]] = {}
    for name, condition in CONDITIONS.items():
        version = study(flow=WHOLE_FLOW, **STRATA, conditions={name: condition})
        somebody = person(version).go_to("trial", stage="Your first answer")
        sessions[name] = [settled(reply) for reply in somebody.replies]
        wipe()
    first, *others = sessions.values()
    assert all(other == first for other in others)
    assert len(first) == 8


def test_the_name_of_the_condition_and_of_the_explanation_leaves_in_no_byte(
    study: Study, person: Arrive
) -> None:
    named = {**CONDITIONS["ig"]["explanations"][0], "name": "zz_secret"}
    secret = {"advice": CONDITIONS["ai"]["advice"], "explanations": [named]}
    somebody = person(study(flow=WHOLE_FLOW, **STRATA, conditions={"zeta_condition": secret})).go_to("done")
    text = b"".join(wire(reply) for reply in somebody.replies).decode()
    ids = [Participant.objects.get().public_id]
    for word in ("zeta_condition", "zz_secret", "integrated_gradients", "cells-mlp", "cell-0", *ids):
        assert word not in text


def test_breaks_and_progress_do_not_tell_the_condition(study: Study, person: Arrive) -> None:
    """I2: between an unaided and an aided person, the words of progress are the same up to what only one has."""
    flow = [step("consent", text="consent"), step("allocate"), trials_step(2, breaks_every=1)]
    labels = {}
    for name in ("unaided", "ig"):
        somebody = person(study(flow=flow, conditions={name: CONDITIONS[name]})).go_to("done")
        labels[name] = [re.findall(r'class="where">([^<]*)', r.content.decode()) for r in somebody.replies]
        wipe()
    assert labels["unaided"] == labels["ig"]


def test_a_damaged_picture_is_never_shown_and_the_answer_is_kept(
    study: Study, person: Arrive, settings: Any
) -> None:
    """I13: one byte of the stored rendering is flipped; the person gets a calm page, and goes on when it is mended."""
    from studies.design.models import ShownExplanation
    from studies.trials.models import Presentation, TrialResponse

    somebody = person(study(conditions={"ig": CONDITIONS["ig"]})).go_to("trial")
    case = somebody_case()
    digest = ShownExplanation.objects.get(case_id=case).rendering_digest
    file = settings.ASSAY_STORE / digest[:2] / digest
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b"table", b"tablf"))
    somebody.send(decision="benign", confidence="70")
    assert somebody.reply.status_code == 503
    assert "tablf" not in somebody.text
    assert TrialResponse.objects.count() == 2
    assert not Presentation.objects.filter(stage="final").exists()
    file.write_bytes(whole)
    assert "Your final answer" in somebody.look().text


def somebody_case() -> int:
    from studies.trials.models import Trial

    return Trial.objects.order_by("trial_index")[0].case_id
