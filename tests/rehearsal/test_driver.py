"""The driver behaves as a patient person with a bad line, and never puts up with a broken application."""

from __future__ import annotations

import random
from collections.abc import Callable

import httpx
import pytest

from studies.rehearsal import driver
from studies.rehearsal.driver import ServerFailed, Visit
from studies.rehearsal.knowledge import CaseKnown, Knowledge
from studies.rehearsal.policies import POLICIES, Policy, PolicyChoice
from studies.rehearsal.questions import PageUnexpected, Part, Question
from studies.rehearsal.reader import Held, PageRead, read_page
from tests.rehearsal.test_reader import TRIAL

WELCOME = (
    '<html><body data-kind="welcome"><main><form method="post"><h1>Hello</h1></form></main></body></html>'
)
DONE = '<html><body data-kind="done"><main><h1>Thank you</h1><p data-completion-code>ABC</p></main></body></html>'
KNOWLEDGE = Knowledge({(("Texture", "19.4 grey levels"),): CaseKnown("benign", "malignant")})
Door = Callable[[httpx.Request], httpx.Response]


def policy(name: str = "follow", **parameters: float) -> Policy:
    maker = PolicyChoice(name, parameters).maker(knowledge=KNOWLEDGE, positive="malignant")
    return maker(random.Random(1))


def live(answer: Door, chosen: Policy | None = None) -> driver.Life:
    """Enter, meet one trial, and let ``answer`` reply to what is sent for it."""

    def door(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/i/":
            post = request.method == "POST"
            return (
                httpx.Response(303, headers={"Location": "/s/x/"})
                if post
                else httpx.Response(200, text=WELCOME)
            )
        return httpx.Response(200, text=TRIAL) if request.method == "GET" else answer(request)

    with httpx.Client(transport=httpx.MockTransport(door)) as client:
        return Visit(client, "http://localhost").live("/i/", policy=chosen or policy())


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "RETRY_PAUSE_S", 0)


def test_a_life_ends_with_the_completion_code() -> None:
    assert live(lambda _: httpx.Response(200, text=DONE)) == driver.Life("done", 2, "follow", "ABC")


def test_a_lost_answer_is_sent_again_with_the_same_nonce() -> None:
    sent: list[bytes] = []

    def lose_two(request: httpx.Request) -> httpx.Response:
        sent.append(request.content)
        if len(sent) < 3:
            raise httpx.ReadError("the line is cut")
        return httpx.Response(200, text=DONE)

    assert live(lose_two).end == "done"
    assert len(set(sent)) == 1
    assert b"nonce=n1" in sent[0]


def test_an_application_that_never_answers_is_a_failure() -> None:
    def silent(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there")

    with pytest.raises(ServerFailed, match="did not answer 5 times"):
        live(silent)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_error_is_never_retried(status: int) -> None:
    asked = []
    with pytest.raises(ServerFailed, match=f"answered {status}"):
        live(lambda request: asked.append(request) or httpx.Response(status))
    assert len(asked) == 1


def test_refused_answers_are_a_failure() -> None:
    wrong = TRIAL.replace("</legend>", '</legend><p class="wrong">Choose one of the answers.</p>', 1)
    with pytest.raises(PageUnexpected, match=r"were refused: Choose one of the answers\."):
        live(lambda _: httpx.Response(422, text=wrong))


def test_a_conflict_is_a_failure() -> None:
    with pytest.raises(PageUnexpected, match="409 instead of 200"):
        live(lambda _: httpx.Response(409, text=DONE))


def test_a_page_that_comes_again_is_a_failure() -> None:
    with pytest.raises(PageUnexpected, match="came again after it was answered"):
        live(lambda _: httpx.Response(200, text=TRIAL))


def test_following_sends_the_value_behind_the_label_of_the_advice() -> None:
    assert policy("follow").answer(read_page(TRIAL))["decision"] == "m1"


def test_never_following_sends_the_own_opinion() -> None:
    assert policy("never_follow", skill=1).answer(read_page(TRIAL))["decision"] == "b0"


def test_confidence_above_the_threshold_is_followed() -> None:
    page = read_page(TRIAL)
    assert policy("by_confidence", threshold=0.9, follow_rate=0, skill=1).answer(page)["decision"] == "m1"
    assert policy("by_confidence", threshold=0.95, follow_rate=0, skill=1).answer(page)["decision"] == "b0"


def test_an_explanation_that_fits_shows_that_the_advice_is_wrong() -> None:
    fits = read_page(TRIAL.replace("away from", "towards"))
    assert policy("explanation_helped", detects=1, follow_rate=1).answer(fits)["decision"] == "b0"


def test_an_explanation_that_does_not_fit_helps_nobody() -> None:
    placebo = read_page(TRIAL)
    assert policy("explanation_helped", detects=1, follow_rate=1).answer(placebo)["decision"] == "m1"


def test_an_unknown_case_is_refused() -> None:
    with pytest.raises(PageUnexpected, match=r"a case that nobody brought: Texture 9\.4"):
        policy("never_follow").answer(read_page(TRIAL.replace("19.4", "9.4")))


def test_a_question_that_no_policy_knows_is_refused() -> None:
    strange = TRIAL.replace('data-kind="percent"', 'data-kind="strange"').replace("confidence", "feeling")
    with pytest.raises(PageUnexpected, match="of the kind 'strange'"):
        policy().answer(read_page(strange))


@pytest.mark.parametrize("text", ["nobody", "follow:skil=1", "follow:skill=high", "follow:rng=1"])
def test_a_policy_or_parameter_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no policy|no parameter|not parameter=number"):
        PolicyChoice.parse(text)


def test_the_same_seed_decides_in_the_same_way() -> None:
    page = read_page(TRIAL)
    for name in POLICIES:
        assert policy(name).answer(page) == policy(name).answer(page)


def test_without_patience_only_what_has_to_be_seen_is_waited_for() -> None:
    held = tuple(Held(str(n), "", 30, is_coming=True, is_required=n == 1) for n in range(3))
    page = PageRead("trial", "Case 1", held=held)
    assert policy().asks_for(page) == list(held)
    assert policy(patience=0).asks_for(page) == [held[1]]


def test_a_policy_answers_the_decision_wherever_it_stands_on_the_page() -> None:
    decision = Question(
        "decision",
        "choice",
        "Which?",
        (Part("decision", "radio", options=(("benign", "Benign"), ("malignant", "Malignant"))),),
    )
    first = Question("likely", "probabilities", "How likely?", (Part("likely.benign", "number"),))
    page = PageRead("trial", "Case 1", questions=(first, decision))
    assert policy().other(page, "Benign") == "Malignant"
    assert policy("random").decide(page, CaseKnown("benign", "malignant")) in ("Benign", "Malignant")
