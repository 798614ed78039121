"""The own score in a text: two numbers of the participant, told only where the study file puts them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from studies.design.models import GroundTruth, StudyVersion
from studies.design.studyfile import study_read
from studies.enrolment.models import Participant
from studies.errors import FileInvalid
from studies.trials.models import Trial
from tests.design.scene import SIDE_FILES, STUDY
from tests.factories import CONDITIONS, OPTIONS, TRUST_ITEMS, step, trials_step
from tests.trials.person import Person

Study = Callable[..., StudyVersion]
Arrive = Callable[..., Person]
TOLD = "<p>You were right in {own_right} of {own_judged} cases.</p>"
FEELING = b"""
name = "feeling"
version = "1"
title = "Feeling"
intro = "About {own_judged} cases."
reference = "Own items of this study."
doi = ""
licence = "CC0"
scoring = "none"
[[items]]
id = "a"
text = "You had {own_right} of {own_judged}. How do you feel?"
kind = "text"
[translations.de]
source = "Own translation of this study."
heading = "Gefuehl"
intro = "Zu den Aufgaben."
[translations.de.items]
a = "Du hattest {own_right} richtig. Wie fuehlst du dich?"
"""
CHECK = {"after": 1, "case": "cell-7"}


def test_a_text_tells_the_score_so_far_without_practice_and_checks(study: Study, person: Arrive) -> None:
    """Cases are benign and malignant in turn: the key is read again from the rows of the trials."""
    flow = [
        step("consent", text="consent"), step("allocate"),
        step("practice", cases=1, feedback=False, protocol="decision"),
        trials_step(3, protocol="decision", attention_checks=[CHECK]),
        step("instructions", text="instructions"),
        trials_step(2, protocol="judge_advisor"),
        step("debrief", text="debrief", consent=False),
    ]  # fmt: skip
    version = study(
        flow=flow, conditions={"ai": CONDITIONS["ai"]}, extra_cases=2,
        texts={"instructions": TOLD, "debrief": TOLD},
    )  # fmt: skip
    somebody = person(version)
    somebody.go_to("instructions", decision="malignant")
    truth = dict(GroundTruth.objects.values_list("case_id", "value"))
    met = Trial.objects.filter(participant=Participant.objects.get(), is_practice=False, check_number=None)
    for page, steps in (("instructions", [3]), ("debrief", [3, 5])):
        somebody.go_to(page, decision="malignant")
        cases = list(met.filter(step_index__in=steps).values_list("case_id", flat=True))
        right = sum(truth[case] == OPTIONS[1] for case in cases)
        assert len(cases) == 3 * (page == "instructions") + 5 * (page == "debrief")
        assert f"You were right in {right} of {len(cases)} cases." in somebody.text


def test_a_text_without_the_placeholders_is_sent_as_it_is(study: Study, person: Arrive) -> None:
    flow = [
        step("consent", text="consent"), step("allocate"), trials_step(1),
        step("debrief", text="debrief", consent=False),
    ]  # fmt: skip
    somebody = person(study(flow=flow, conditions={"ai": CONDITIONS["ai"]})).go_to("debrief")
    assert "<p>The debrief.</p>" in somebody.text


WRONG = {
    "before any trials": ("instructions.md", b"{own_right} right", "before there are any trials"),
    "in a consent": (
        "consent.md",
        b"{own_right} right",
        "only instructions, a questionnaire and a debrief can",
    ),
    "by another name": ("debrief.md", b"{own_score} right", "has {own_score}"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_score_that_cannot_be_told_is_refused(what: str) -> None:
    name, text, sentence = WRONG[what]
    with pytest.raises(FileInvalid) as refused:
        study_read(STUDY, files={**SIDE_FILES, name: text})
    assert [sentence in fault.message for fault in refused.value.faults] == [True]


def test_a_debrief_may_tell_the_score() -> None:
    told = study_read(STUDY, files={**SIDE_FILES, "debrief.md": b"You had {own_right} of {own_judged}."})
    assert "<p>You had {own_right} of {own_judged}.</p>" in {text.html.strip() for text in told.texts}


def test_a_questionnaire_asks_with_the_own_score_in_its_words(study: Study, person: Arrive) -> None:
    item = {
        **TRUST_ITEMS[0],
        "text": "You had {own_right} of {own_judged} right. How do you feel about that?",
    }
    asked = step("questionnaire", name="feeling", version="1", title="Your result", items=[item],
                 intro="It is about {own_judged} cases.")  # fmt: skip
    flow = [
        step("consent", text="consent"), step("allocate"), trials_step(3, protocol="decision"), asked,
        step("debrief", text="debrief", consent=False),
    ]  # fmt: skip
    somebody = person(study(flow=flow, conditions={"ai": CONDITIONS["ai"]}))
    somebody.go_to("questionnaire", decision="malignant")
    truth = dict(GroundTruth.objects.values_list("case_id", "value"))
    right = sum(truth[case] == OPTIONS[1] for case in Trial.objects.values_list("case_id", flat=True))
    assert f"You had {right} of 3 right. How do you feel about that?" in somebody.text
    assert "It is about 3 cases." in somebody.text
    assert "{own" not in somebody.text
    somebody.go_to("debrief")


def test_the_words_of_a_questionnaire_are_checked_in_every_language() -> None:
    flow = STUDY.replace("use: s_tias", "use: feeling.toml")
    assert study_read(flow, files={**SIDE_FILES, "feeling.toml": FEELING})
    for wrong, sentence in (
        (FEELING.replace(b"{own_judged}", b"{own_cases}"), "The questionnaire 'feeling' has {own_cases}"),
        (FEELING.replace(b"hattest {own_right}", b"hattest {own_punkte}"), "has {own_punkte}"),
    ):
        with pytest.raises(FileInvalid, match=re.escape(sentence)):
            study_read(flow, files={**SIDE_FILES, "feeling.toml": wrong})


def test_a_score_of_trials_without_right_answers_is_refused() -> None:
    start = STUDY.index("  - trials: {protocol: judge_advisor")
    end = STUDY.index("  - questionnaire: {use: s_tias")
    rated = "  - trials: {stages: [{name: rate, items: [case], fields: [{name: x, kind: percent, label: Nice?}]}]}\n"
    source = STUDY[:start] + rated + STUDY[end:]
    source = source.replace(
        "measure: accuracy, contrasts: [ig - ai, ig - placebo], all: true",
        "measure: s_tias, contrast: ig - ai",
    )
    assert study_read(source, files=SIDE_FILES)
    with pytest.raises(FileInvalid, match="no trial before it asks what can be right or wrong"):
        study_read(source, files={**SIDE_FILES, "debrief.md": b"You had {own_right} of {own_judged}."})
