"""Questionnaires in a study file: own wording, conditions on other questionnaires, scores in the plan."""

from __future__ import annotations

import pytest

from studies.design.studyfile import study_read
from studies.errors import Fault, FileInvalid
from tests.design.scene import SIDE_FILES, STUDY

WORDING = b'source = "The paper"\n[items]\n' + b"".join(
    b'item_%d = "Statement %d."\n' % (n, n) for n in range(1, 13)
)
TIAS = "use: tias, wording: tias-wording.toml"
BRANCH = b"""
name = "mine"
version = "1"
title = "Mine"
reference = "Own items."
doi = ""
licence = "CC0"
scoring = "none"
[[items]]
id = "a"
text = "How?"
kind = "text"
show_if = {questionnaire = "expertise", item = "role", is = ["student"]}
"""


def faults(source: str, **files: bytes) -> list[Fault]:
    with pytest.raises(FileInvalid) as refused:
        study_read(source, files={**SIDE_FILES, **files})
    return refused.value.faults


def test_an_instrument_without_wording_is_refused_with_what_to_bring() -> None:
    found = faults(STUDY.replace("use: s_tias", "use: tias"))
    assert [fault.line for fault in found] == [29]
    assert "wording: tias-wording.toml" in found[0].message
    assert "item_12" in found[0].message


def test_the_wording_beside_the_study_file_becomes_part_of_the_version() -> None:
    found = study_read(STUDY.replace("use: s_tias", TIAS), files={**SIDE_FILES, "tias-wording.toml": WORDING})
    params = found.spec.steps[9].params
    assert params["items"][0]["text"] == "Statement 1."
    assert params["wording_source"] == "The paper"


def test_wording_that_lacks_an_item_is_refused_with_its_name_and_line() -> None:
    bad = WORDING.replace(b'item_3 = "Statement 3."\n', b"")
    found = faults(STUDY.replace("use: s_tias", TIAS), **{"tias-wording.toml": bad})
    assert [(fault.line, "The item 'item_3' is missing" in fault.message) for fault in found] == [(29, True)]


def test_a_wording_that_is_not_there_is_named() -> None:
    assert "no file 'tias-wording.toml'" in faults(STUDY.replace("use: s_tias", TIAS))[0].message


def test_an_item_may_depend_on_a_questionnaire_that_was_asked_before() -> None:
    source = STUDY.replace("use: s_tias", "use: mine.toml")
    assert (
        study_read(source, files={**SIDE_FILES, "mine.toml": BRANCH})
        .spec.steps[9]
        .params["items"][0]["show_if"]
    )


@pytest.mark.parametrize(("old", "new"), [(b'"expertise"', b'"demographics"'), (b'"role"', b'"rolle"')])
def test_an_item_that_depends_on_what_nobody_was_asked_is_refused(old: bytes, new: bytes) -> None:
    source = STUDY.replace("use: s_tias", "use: mine.toml")
    found = faults(source, **{"mine.toml": BRANCH.replace(old, new)})
    assert "which no earlier step asks" in found[0].message


def test_a_score_may_be_planned_of_a_questionnaire_of_ones_own() -> None:
    own = BRANCH.replace(b'"mine"', b'"nasa_tlx"')
    source = STUDY.replace("use: s_tias", "use: nasa_tlx.toml")
    source = source.replace("plan:\n", "plan:\n  secondary: [{measure: nasa_tlx, contrast: ig - ai}]\n")
    assert study_read(source, files={**SIDE_FILES, "nasa_tlx.toml": own}).spec.plan["secondary"]
