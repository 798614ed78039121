"""Attention checks in the study file: what fits, what is refused at its line, and that no case plan knows them."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from studies.design.attention import AttentionCheck, check_cases, with_checks
from studies.design.content import case_pool, content_of
from studies.design.models import PlannedTrial
from studies.design.services import version_launch
from studies.design.services.problems import version_problems
from studies.design.studyfile import study_read
from studies.errors import FileInvalid
from studies.questionnaires.paging import items_of_page
from studies.trials.content import forget, planned_cases
from tests.design.scene import SIDE_FILES, STUDY, prepared

TRIALS = "- trials: {protocol: judge_advisor, breaks_every: 4}"
SCALE = "{use: s_tias, only: [ai, ig, placebo]}"
ASKS = (
    "attention_checks: [{after: 2, case: c5}, {after: 8, case: c9, text: Choose 'benign'., answer: benign}]"
)


def with_trials(more: str) -> str:
    assert STUDY.count(TRIALS) == 1
    return STUDY.replace(TRIALS, f"- trials: {{protocol: judge_advisor, breaks_every: 4, {more}}}")


def with_items(more: str) -> str:
    assert STUDY.count(SCALE) == 1
    return STUDY.replace(SCALE, f"{{use: s_tias, {more}}}")


WRONG = {
    "a place after the last trial": (with_trials("attention_checks: [{after: 9, case: c1}]"), 27, "0 to 8"),
    "checks out of order": (
        with_trials("attention_checks: [{after: 4, case: c1}, {after: 2, case: c2}]"), 27, "order in which they come",
    ),
    "the same case twice": (
        with_trials("attention_checks: [{after: 2, case: c1}, {after: 4, case: c1}]"), 27, "check of this step already",
    ),
    "an answer without its text": (
        with_trials("attention_checks: [{after: 2, case: c1, answer: benign}]"), 27, "Write both, or neither",
    ),
    "an answer that is no option": (
        with_trials("attention_checks: [{after: 2, case: c1, answer: benin, text: Choose it.}]"), 27,
        "Did you mean 'benign'?",
    ),
    "a number of checks": (with_trials("attention_checks: 2"), 27, "a list"),
    "an item that is not there": (
        with_items("attention_checks: [{after: conf, text: Choose 2., answer: 2}]"), 29, "no item 'conf'",
    ),
    "a point beyond the scale": (
        with_items("attention_checks: [{after: confident, text: Choose 9., answer: 9}]"), 29, "from 1 to 7",
    ),
    "pay that pages promise and checks would not keep": (
        with_trials("attention_checks: [{after: 2, case: c1}]")
        .replace("scale: percent", "scale: percent, scoring: binarised")
        .replace("plan:", "bonus: {currency: GBP, per_prize: 0.2}\nplan:"), 31, "attention_checks: true",
    ),
    "pay for checks that are not there": (
        STUDY.replace("plan:", "bonus: {currency: GBP, per_correct: 1, attention_checks: true}\nplan:"), 31,
        "have no attention checks",
    ),
    "a rule that counts checks where there are none": (
        STUDY.replace("n: 18", "n: 18\n  sensitivity: [{without: {attention_failed: {above: 0}}}]"), 34,
        "no attention checks",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_check_that_does_not_fit_is_refused_at_its_line(what: str) -> None:
    source, line, sentence = WRONG[what]
    with pytest.raises(FileInvalid) as refused:
        study_read(source, files=SIDE_FILES)
    assert [(fault.line, sentence in fault.message) for fault in refused.value.faults] == [(line, True)]


def test_trials_that_ask_nothing_right_or_wrong_hold_no_check() -> None:
    study = with_trials("attention_checks: [{after: 2, case: c1}]").replace(
        "protocol: judge_advisor", "protocol: preference"
    )
    with pytest.raises(FileInvalid) as refused:
        study_read(study, files=SIDE_FILES)
    assert any("nothing that has a right answer" in fault.message for fault in refused.value.faults)


def test_a_file_without_checks_is_the_document_that_it_was() -> None:
    document = study_read(STUDY, files=SIDE_FILES).document
    assert "attention" not in str(document)


def test_an_item_check_stands_after_its_item_in_the_document() -> None:
    source = with_items("attention_checks: [{after: confident, text: Please choose 2., answer: 2}]")
    flow = study_read(source, files=SIDE_FILES).document["flow"]
    (items,) = [
        s["params"]["items"] for s in flow if s["kind"] == "questionnaire" and s["params"]["name"] == "s_tias"
    ]
    place = [item["id"] for item in items].index("confident")
    check, beside = items[place + 1], items[place]
    assert (check["id"], check["text"], check["instructed"]) == ("attention_1", "Please choose 2.", 2)
    assert (check["minimum"], check["maximum"], check["anchors"]) == (
        beside["minimum"], beside["maximum"], beside["anchors"],
    )  # fmt: skip


def test_in_a_random_order_a_check_stays_right_after_its_item() -> None:
    items: list[dict[str, Any]] = [{"id": name} for name in "abcdef"]
    items.insert(3, {"id": "attention_1", "beside": "c"})
    orders = set()
    for person in range(40):
        shown = items_of_page({"items": items, "order": "random"}, 0, answers={}, key=str(person))
        names = [item["id"] for item in shown]
        assert names[names.index("attention_1") - 1] == "c"
        orders.add(tuple(names))
        # A second computation of the order: by the digest of key and item, as it always was.
        own = sorted("abcdef", key=lambda name: hashlib.sha256(f"{person}:{name}".encode()).digest())
        assert [name for name in names if name != "attention_1"] == own
    assert len(orders) > 20


def test_checks_are_put_in_by_how_many_trials_come_before() -> None:
    checks = [
        AttentionCheck(0, "x"),
        AttentionCheck(2, "y"),
        AttentionCheck(2, "z"),
        AttentionCheck(9, "last"),
    ]
    found = list(with_checks(["1", "2", "3"], checks, lambda number, _beside: checks[number].case))
    assert found == ["x", "1", "2", "y", "z", "3", "last"]


@pytest.mark.django_db
def test_no_plan_has_the_case_of_a_check_and_every_plan_meets_it() -> None:
    forget()
    version = prepared(with_trials(ASKS))
    content = content_of(version)
    apart = check_cases(content.spec.steps)
    assert apart == {("small-cases", "c5"), ("small-cases", "c9")}
    pool = case_pool(content.spec, cases=content.cases(), predictors=content.known_predictors)
    keys = {case.pk: case.key for case in content.cases()}
    assert len(keys) - len(pool) == 2
    version_launch(version=version, seed="a seed for tests")
    dealt = set(PlannedTrial.objects.values_list("case__key", flat=True))
    assert not dealt & {"c5", "c9"}
    (step,) = [s for s in content.spec.steps if "attention_checks" in s.params]
    for plan in range(3):
        met = planned_cases(version.pk, plan, step.index)
        assert [(trial.trial_index, keys[trial.case_id]) for trial in met if trial.check is not None] == [
            (2, "c5"), (9, "c9"),
        ]  # fmt: skip
        assert [trial.trial_index for trial in met] == list(range(10))
    forget()


@pytest.mark.django_db
def test_a_check_whose_case_is_not_there_stops_the_launch() -> None:
    version = prepared(with_trials("attention_checks: [{after: 2, case: c99}]"))
    assert any(
        "'c99' of an attention check is not in the case set" in text
        for text in version_problems(version=version)
    )
