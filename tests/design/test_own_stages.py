"""Stages and fields written in a study file: what is carried out, and the line and sentence of what cannot be."""

from __future__ import annotations

import pytest

from studies.design.spec import StudySpec
from studies.design.studyfile import study_read
from studies.errors import FileInvalid
from tests.design.scene import SIDE_FILES, STUDY

OWN = """\
  - trials:
      stages:
        - name: initial
          items: [case]
          fields: [decision, confidence]
        - name: final
          items: [case, own_answer, advice, explanations]
          fields:
            - decision
            - {name: drugs, kind: several, label: Which ones?, options: [a, b], nothing: None of these, truth: drugs}
        - name: why
          items: [case, advice]
          only_if: differs_from_advice
          fields: [{name: reason, kind: text, label: Why do you differ?}]
"""
BEFORE = "  - trials: {protocol: judge_advisor, breaks_every: 4}\n"
LINE = STUDY[: STUDY.index(BEFORE)].count("\n") + 1


def with_stages(text: str = OWN) -> str:
    return STUDY.replace(BEFORE, text)


def test_stages_become_what_trials_show_and_ask() -> None:
    spec = StudySpec.of(study_read(with_stages(), files=SIDE_FILES).document)
    step = next(step for step in spec.steps if step.params.get("protocol") == "own_stages")
    stages = spec.stages(step, "ai")
    assert [stage.name for stage in stages] == ["initial", "final", "why"]
    assert stages[1].items == ("case", "own_answer", "advice")
    assert [field.kind for field in stages[1].fields] == ["choice", "several"]
    assert stages[1].fields[1].scored_against == "drugs"


def test_practice_asks_what_the_trials_ask() -> None:
    spec = StudySpec.of(study_read(with_stages(), files=SIDE_FILES).document)
    practice = next(step for step in spec.steps if step.kind == "practice")
    assert [stage.name for stage in spec.stages(practice, "ig")] == ["initial", "final", "why"]


# What is wrong: the change, how many lines below "- trials" it stands, a part of the sentence.
WRONG: dict[str, tuple[str, str, int, str]] = {
    "an unknown kind": ("kind: several", "kind: many", 9, "many"),
    "no options": ("options: [a, b], ", "", 9, "needs options"),
    "the same option twice": ("options: [a, b]", "options: [a, a]", 9, "same value"),
    "an option of another kind": ("kind: text,", "kind: text, unit: mm,", 13, "has no 'unit'"),
    "nothing without a place": ("kind: text,", "kind: text, nothing: No reason,", 13, "has no 'nothing'"),
    "the name of the study's own": ("name: drugs", "name: decision", 9, "name of the study's own"),
    "a stage twice": ("name: why", "name: initial", 10, "Two stages have the name 'initial'"),
    "a field twice": ("fields: [decision, confidence]", "fields: [decision, decision]", 4, "asks twice"),
    "an own answer at first": ("items: [case]", "items: [case, own_answer]", 3, "no own answer"),
    "a rule before the decision": (
        "- name: initial\n", "- name: initial\n          only_if: agrees_with_advice\n", 3, "asks for the decision",
    ),
    "a score of nothing": ("kind: text,", "kind: text, score: graded,", 13, "nothing to score"),
    "words with a truth": ("kind: text,", "kind: text, truth: words,", 13, "no reference answer"),
    "a credit without grades": ("truth: drugs", "truth: drugs, credit: f1", 9, "write score: graded"),
    "an unknown credit": ("truth: drugs", "truth: drugs, score: graded, credit: f2", 9, "jaccard, f1, partial"),
    "more than there are": ("kind: several,", "kind: several, maximum: 3,", 9, "not as many"),
    "a scale without ends": ("kind: text,", "kind: ordinal,", 13, "a minimum and a maximum"),
    "a scale of too many points": ("kind: text,", "kind: ordinal, minimum: 0, maximum: 30,", 13, "at most 11"),
    "bounds the wrong way round": ("kind: text,", "kind: numeric, minimum: 5, maximum: 1,", 13, "less than"),
    "an unknown item": ("items: [case, advice]", "items: [case, advise]", 11, "advise"),
    "a protocol besides": ("  - trials:\n", "  - trials:\n      protocol: decision\n", 2, "leave one of both out"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_carried_out_is_told_at_its_line(name: str) -> None:
    old, new, below, part = WRONG[name]
    assert OWN.count(old) == 1, old
    with pytest.raises(FileInvalid) as refused:
        study_read(with_stages(OWN.replace(old, new)), files=SIDE_FILES)
    told = [(fault.line - LINE, fault.message) for fault in refused.value.faults]
    assert any(line == below and part in message for line, message in told), told
