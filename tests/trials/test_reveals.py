"""What is held back leaves the server when it is due and not a byte of it before; every reveal is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from studies.design.models import StudyVersion
from studies.trials.models import Event, PresentedItem, TrialResponse
from tests.factories import AI, IG, step, trials_step
from tests.trials.person import SWAP, Person
from tests.trials.test_integrity_pages import advice_canary, fragment_canary, wire

Study = Callable[..., StudyVersion]
Arrive = Callable[..., Person]
ON_REQUEST = {"kind": "on_request", "delay_s": 0, "required": False}
AFTER_10_S = {"kind": "after_delay", "delay_s": 10, "required": False}
AFTER_INITIAL = {"kind": "after_initial", "delay_s": 0, "required": False}
SECOND = {**IG, "name": "second", "method": "saliency"}


def condition(*, advice: Mapping[str, Any] | None = AI, explanations: Any = (IG,), **more: Any) -> Any:
    return {"one": {"advice": advice, "explanations": list(explanations), **more}}


@pytest.fixture
def at_trial(study: Study, person: Arrive) -> Callable[..., Person]:
    """Somebody at the first trial of a study with one condition; canaries stand in everything that could leave."""

    def come(protocol: str = "decision", *, shown: Any, cases: int = 2, **changes: Any) -> Person:
        version = study(
            flow=[step("consent", text="consent"), step("allocate"), trials_step(cases, protocol, **changes)],
            conditions=shown,
            advice_label=advice_canary,
            fragment=fragment_canary,
        )
        return person(version).go_to("trial")

    return come


def ask(somebody: Person, number: int | str, *, swap: bool = True, **more: str) -> Person:
    body = {"nonce": somebody.nonce, "reveal": str(number), **more}
    reply = somebody.client.post(f"{somebody.url}reveal", body, headers=SWAP if swap else {})
    somebody.replies.append(reply)
    return somebody


def leaks(somebody: Person) -> set[str]:
    """Say what the last reply lets out."""
    sent = wire(somebody.reply)
    found = {"advice"} if any(advice_canary(n).encode() in sent for n in range(8)) else set()
    return found | {
        name for name in ("ig", "second") if any(fragment_canary(name, n).encode() in sent for n in range(8))
    }


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    moment = timezone.now() + timedelta(seconds=seconds)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)


def test_nothing_of_what_is_shown_on_request_is_in_a_byte_before_it_was_asked_for(at_trial: Any) -> None:
    somebody = at_trial(shown=condition(advice={**AI, "reveal": ON_REQUEST}, explanations=[IG, SECOND]))
    assert leaks(somebody) == {"ig", "second"}
    assert leaks(somebody.look()) == {"ig", "second"}
    assert leaks(ask(somebody, 0)) == {"advice", "ig", "second"}


def test_each_explanation_is_asked_for_by_itself(at_trial: Any) -> None:
    held = [{**IG, "reveal": ON_REQUEST}, {**SECOND, "reveal": ON_REQUEST}]
    somebody = at_trial(shown=condition(explanations=held))
    assert leaks(somebody) == {"advice"}
    assert leaks(ask(somebody, 2)) == {"advice", "second"}
    assert leaks(somebody.look()) == {"advice", "second"}
    assert leaks(ask(somebody, 1)) == {"advice", "ig", "second"}


def test_what_was_asked_for_is_recorded_with_digest_and_moment_once(at_trial: Any) -> None:
    somebody = at_trial(shown=condition(explanations=[{**IG, "reveal": ON_REQUEST}]))
    ask(ask(somebody, 1), 1).look()
    (item,) = PresentedItem.objects.filter(item="explanation")
    at_once = PresentedItem.objects.exclude(item="explanation")
    assert (item.name, len(item.digest), len(item.rendering_digest)) == ("ig", 64, 64)
    assert item.revealed_at is not None
    assert item.revealed_at > item.presentation.presented_at
    assert {other.revealed_at for other in at_once} == {None}
    (event,) = Event.objects.filter(kind="revealed")
    assert (event.payload["panel"], event.payload["how"]) == (1, "on_request")


def test_the_next_case_holds_it_back_again(at_trial: Any) -> None:
    somebody = at_trial(shown=condition(explanations=[{**IG, "reveal": ON_REQUEST}]))
    assert leaks(ask(somebody, 1)) == {"advice", "ig"}
    assert leaks(somebody.answer()) == {"advice"}


def test_before_its_delay_is_over_the_server_refuses_whatever_the_browser_says(
    at_trial: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody = at_trial(shown=condition(advice={**AI, "reveal": AFTER_10_S}, explanations=[]))
    later(monkeypatch, 9)
    assert leaks(ask(somebody, 0)) == set()
    assert somebody.reply.status_code == 425
    assert Event.objects.filter(kind="reveal_refused").count() == 1
    later(monkeypatch, 2)
    assert leaks(ask(somebody, 0)) == {"advice"}
    assert somebody.reply.status_code == 200


def test_when_its_delay_is_over_a_page_that_is_loaded_again_shows_it(
    at_trial: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody = at_trial(shown=condition(explanations=[{**IG, "reveal": AFTER_10_S}]))
    later(monkeypatch, 11)
    assert leaks(somebody.look()) == {"advice", "ig"}
    assert PresentedItem.objects.get(item="explanation").revealed_at is not None
    assert Event.objects.get(kind="revealed").payload["how"] == "after_delay"


def test_a_request_has_to_wait_as_well_where_the_study_says_so(
    at_trial: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = {**IG, "reveal": {"kind": "on_request", "delay_s": 5, "required": False}}
    somebody = at_trial(shown=condition(explanations=[held]))
    assert leaks(ask(somebody, 1)) == {"advice"}
    later(monkeypatch, 6)
    assert leaks(somebody.look()) == {"advice"}
    assert leaks(ask(somebody, 1)) == {"advice", "ig"}


def test_what_comes_after_an_own_answer_makes_a_stage_of_its_own(at_trial: Any) -> None:
    somebody = at_trial(shown=condition(advice={**AI, "reveal": AFTER_INITIAL}, explanations=[IG]))
    assert leaks(somebody) == {"ig"}
    assert leaks(somebody.answer(decision="malignant")) == {"advice", "ig"}
    assert "Your first answer" in somebody.text
    somebody.answer(decision="benign")
    first = TrialResponse.objects.order_by("pk").filter(field="decision")
    assert [(r.stage, r.value) for r in first] == [("initial", "malignant"), ("final", "benign")]


def test_an_explanation_may_follow_the_answer_that_was_given_with_the_advice(at_trial: Any) -> None:
    somebody = at_trial(shown=condition(explanations=[{**IG, "reveal": AFTER_INITIAL}, SECOND]))
    assert leaks(somebody) == {"advice", "second"}
    assert leaks(somebody.answer()) == {"advice", "ig", "second"}


def test_an_answer_waits_for_what_has_to_be_looked_at_first(at_trial: Any) -> None:
    held = {**IG, "reveal": {**ON_REQUEST, "required": True}}
    somebody = at_trial(shown=condition(explanations=[held]))
    somebody.send(decision="benign", confidence="60")
    assert somebody.reply.status_code == 422
    assert "Look at what is still to be shown" in somebody.text
    assert leaks(somebody) == {"advice"}
    assert somebody.page.xpath("//input[@value='benign']/@checked")
    ask(somebody, 1).answer()
    assert somebody.reply.status_code == 200


def test_a_rule_on_the_confidence_leaves_no_place_for_what_it_leaves_out(at_trial: Any) -> None:
    held = {**IG, "reveal": ON_REQUEST, "when": {"ai_confidence": {"below": 0.5}}}
    somebody = at_trial(shown=condition(explanations=[held]))
    assert somebody.page.xpath("//*[@data-held]") == []
    assert leaks(ask(somebody, 1)) == {"advice"}


def test_the_feedback_does_not_tell_advice_that_nobody_asked_for(at_trial: Any) -> None:
    shown = condition(advice={**AI, "reveal": ON_REQUEST}, explanations=[])
    somebody = at_trial(shown=shown, feedback=True).answer()
    assert somebody.kind == "feedback"
    assert leaks(somebody) == set()
    ask(somebody.answer(), 0).answer()
    assert somebody.kind == "feedback"
    assert leaks(somebody) == {"advice"}


def test_without_a_script_the_page_comes_back_with_what_was_filled_in(at_trial: Any) -> None:
    somebody = at_trial(shown=condition(explanations=[{**IG, "reveal": ON_REQUEST}]))
    ask(somebody, 1, swap=False, decision="malignant", confidence="55")
    assert leaks(somebody) == {"advice", "ig"}
    assert somebody.page.xpath("//input[@value='malignant']/@checked")
    assert somebody.page.xpath("//input[@name='confidence']/@value") == ["55"]


@pytest.mark.parametrize("number", ["-1", "9", "x", "", "1" * 40, "٣"])
def test_what_is_no_part_of_the_page_is_asked_for_in_vain(at_trial: Any, number: str) -> None:
    somebody = at_trial(shown=condition(explanations=[{**IG, "reveal": ON_REQUEST}]))
    assert leaks(ask(somebody, number)) == {"advice"}
    assert somebody.reply.status_code == 200


def test_a_request_of_a_page_that_is_over_gets_the_page_that_is_there(at_trial: Any) -> None:
    somebody = at_trial(shown=condition(explanations=[{**IG, "reveal": ON_REQUEST}]))
    old = somebody.nonce
    somebody.answer()
    reply = somebody.client.post(f"{somebody.url}reveal", {"nonce": old, "reveal": "1"}, headers=SWAP)
    assert reply.status_code == 409
    assert b"data-held" in reply.content


def test_a_stranger_reveals_nothing(at_trial: Any, client: Any) -> None:
    somebody = at_trial(shown=condition(explanations=[{**IG, "reveal": ON_REQUEST}]))
    reply = client.post(f"{somebody.url}reveal", {"nonce": somebody.nonce, "reveal": "1"})
    assert reply.status_code in (403, 410)
    assert PresentedItem.objects.filter(item="explanation").count() == 0


def test_the_first_pressed_button_by_enter_submits_the_answer(at_trial: Any) -> None:
    somebody = at_trial(shown=condition(explanations=[{**IG, "reveal": ON_REQUEST}]))
    first = somebody.page.xpath("//form//*[@type='submit']")[0]
    assert first.get("formaction") is None
    assert first.get("name") is None
