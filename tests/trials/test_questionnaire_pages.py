"""A questionnaire of several pages with branches, as a person meets it: the server decides what is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from studies.design.models import StudyVersion
from studies.enrolment.models import Participant
from studies.questionnaires import get_questionnaire, read_questionnaire
from studies.questionnaires.paging import items_of_page
from studies.trials.advance import missing_answers
from studies.trials.models import StepResponse
from studies.trials.sitting import Sitting
from tests.factories import step, trials_step
from tests.protocols.test_branches import TWO_PAGES
from tests.trials.person import Person

Study = Callable[..., StudyVersion]
Arrive = Callable[..., Person]
CONSENT, ALLOCATE = step("consent", text="consent"), step("allocate")
GIVEN = StepResponse.Given


def asking(*instruments: dict[str, Any]) -> list[dict[str, Any]]:
    return [CONSENT, *(step("questionnaire", **params) for params in instruments), ALLOCATE, trials_step(1)]


def smoking() -> dict[str, Any]:
    return read_questionnaire(TWO_PAGES.encode(), name="mine").params()


def test_the_next_page_asks_what_the_answer_calls_for(study: Study, person: Arrive) -> None:
    somebody = person(study(flow=asking(smoking()))).answer()
    assert list(somebody.fields) == ["smokes"]
    assert "How many?" not in somebody.text
    somebody.answer(smokes="yes")
    assert (somebody.kind, list(somebody.fields)) == ("questionnaire", ["how_many", "why"])


def test_an_item_that_was_not_asked_is_not_taken(study: Study, person: Arrive) -> None:
    somebody = person(study(flow=asking(smoking()))).answer().answer(smokes="no")
    assert list(somebody.fields) == ["why"]
    somebody.send(how_many="3", why="")
    assert somebody.reply.status_code == 422
    assert not StepResponse.objects.filter(item="how_many").exists()


def test_a_page_without_anything_to_ask_is_left_out(study: Study, person: Arrive) -> None:
    params = smoking()
    params["items"] = [item for item in params["items"] if item["id"] != "why"]
    somebody = person(study(flow=asking(params))).answer().answer(smokes="no")
    assert somebody.kind == "trial"
    assert missing_answers(Sitting(Participant.objects.get())) == ["answers of trials"]


def test_the_answer_of_an_earlier_questionnaire_decides(study: Study, person: Arrive) -> None:
    later = get_questionnaire("understanding").params()
    later["items"][0]["show_if"] = [{"questionnaire": "mine", "item": "smokes", "is": ["yes"]}]
    flow = asking(smoking(), later)
    assert person(study(flow=flow)).answer().answer(smokes="no").answer(why="x").kind == "trial"


def test_a_reload_shows_the_same_page_in_the_same_order(study: Study, person: Arrive) -> None:
    params = {**get_questionnaire("trust_xai").params(), "order": "random"}
    somebody = person(study(flow=asking(params))).answer()
    order = list(somebody.fields)
    assert list(somebody.look().fields) == order
    assert sorted(order) == sorted(item["id"] for item in params["items"])


def test_the_order_that_was_shown_is_recorded_and_can_be_drawn_again(study: Study, person: Arrive) -> None:
    params = {**get_questionnaire("trust_xai").params(), "order": "random"}
    version = study(flow=asking(params))
    somebody = person(version).answer()
    shown = list(somebody.fields)
    somebody.answer()
    stored = StepResponse.objects.order_by("position").values_list("item", flat=True)
    key = f"{version.allocation_seed}:items:{Participant.objects.get().public_id}:1"
    assert list(stored) == shown == [i["id"] for i in items_of_page(params, 0, answers={}, key=key)]


def test_what_was_left_open_and_what_people_would_not_say_are_told_apart(
    study: Study, person: Arrive
) -> None:
    params = get_questionnaire("demographics").params()
    params["items"][1]["required"] = False
    person(study(flow=asking(params))).answer().send(age_group="prefer_not", education="master", gender="")
    stored = dict(StepResponse.objects.values_list("item", "given"))
    assert stored == {"age_group": GIVEN.PREFER_NOT, "gender": GIVEN.LEFT_OPEN, "education": GIVEN.ANSWER}


def test_a_number_may_be_refused_though_browsers_send_its_empty_field_too(
    study: Study, person: Arrive
) -> None:
    params = get_questionnaire("professional_experience").params()
    params["items"][1] |= {"prefer_not": True, "page": 0, "show_if": []}
    somebody = person(study(flow=asking(params))).answer()
    somebody.send(role="none", years=["", "prefer_not"])
    assert StepResponse.objects.get(item="years").given == GIVEN.PREFER_NOT


def test_a_slider_takes_its_steps_and_nothing_between(study: Study, person: Arrive) -> None:
    params = get_questionnaire("nasa_tlx").params()
    somebody = person(study(flow=asking(params))).answer()
    answers = {item["id"]: "50" for item in params["items"]}
    somebody.send(**{**answers, "effort": "52"})
    assert somebody.reply.status_code == 422
    assert "in steps of 5" in somebody.text
    somebody.send(**answers)
    assert set(StepResponse.objects.values_list("value", flat=True)) == {50}


def test_every_point_has_its_word(study: Study, person: Arrive) -> None:
    somebody = person(study(flow=asking(get_questionnaire("trust_xai").params()))).answer()
    labels = somebody.page.xpath("//fieldset[@data-field='wary']//label")
    assert [" ".join(label.text_content().split()) for label in labels][:2] == [
        "1 \u2013 I disagree strongly",
        "2 \u2013 I disagree somewhat",
    ]
