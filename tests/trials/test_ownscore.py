"""The own score in a text: two numbers of the participant, told only where the study file puts them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from studies.design.models import GroundTruth, StudyVersion
from studies.design.studyfile import study_read
from studies.enrolment.models import Participant
from studies.errors import FileInvalid
from studies.trials.models import Trial
from tests.design.scene import SIDE_FILES, STUDY
from tests.factories import CONDITIONS, OPTIONS, step, trials_step
from tests.trials.person import Person

Study = Callable[..., StudyVersion]
Arrive = Callable[..., Person]
TOLD = "<p>You were right in {own_right} of {own_judged} cases.</p>"
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
    "in a consent": ("consent.md", b"{own_right} right", "only instructions and a debrief can"),
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
