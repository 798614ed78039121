"""Questionnaires are data: the bundled ones say what their sources say, and a bad file is refused with every fault."""

from __future__ import annotations

import pytest

from studies.errors import FileInvalid
from studies.questionnaires import get_questionnaire, questionnaire_names, read_questionnaire

GOOD = """
name = "mine"
version = "1"
title = "My scale"
reference = "Own items."
doi = ""
licence = "CC0 1.0"
scoring = "mean"
kind = "ordinal"
minimum = 1
maximum = 5
anchors = ["no", "yes"]
reverse = ["b"]
[subscales]
all = ["a", "b"]
[[items]]
id = "a"
text = "First?"
[[items]]
id = "b"
text = "Second?"
"""


def test_s_tias_is_the_published_instrument() -> None:
    found = get_questionnaire("s_tias")
    assert [item.text for item in found.items] == [
        "I am confident in the AI assistant.",
        "The AI assistant is reliable.",
        "I can trust the AI assistant.",
    ]
    assert {(i.minimum, i.maximum, i.anchors, i.reverse) for i in found.items} == {
        (1, 7, ("not at all", "extremely"), False)
    }
    assert (found.doi, found.licence, found.scoring) == ("10.3389/frai.2025.1582880", "CC BY 4.0", "mean")


def test_expertise_has_a_stratum_of_two_levels_that_everybody_answers() -> None:
    found = get_questionnaire("expertise")
    item = found.item(found.stratum or "")
    assert [option["value"] for option in item.options] == ["under_5", "5_or_more"]
    assert item.required
    assert not item.prefer_not


def test_an_unknown_questionnaire_is_refused_with_those_there_are() -> None:
    with pytest.raises(LookupError, match="s_tias"):
        get_questionnaire("nasa")


def test_items_inherit_what_the_file_says_for_all() -> None:
    first, second = read_questionnaire(GOOD.encode(), name="mine").items
    assert (first.minimum, first.maximum, first.anchors, first.subscale) == (1, 5, ("no", "yes"), "all")
    assert (first.reverse, second.reverse) == (False, True)


BAD = {
    "no toml": ("name =", "no readable TOML"),
    "another name": (GOOD.replace('"mine"', '"yours"'), "the name must be 'mine'"),
    "an unknown key": (GOOD.replace("scoring", "skoring"), "skoring"),
    "an item twice": (GOOD.replace('id = "b"', 'id = "a"'), "taken by an earlier item"),
    "a reversed item that is not there": (GOOD.replace('reverse = ["b"]', 'reverse = ["c"]'), "no item 'c'"),
    "a subscale of nothing": (GOOD.replace('["a", "b"]', '["a", "z"]'), "no item 'z'"),
    "no range": (GOOD.replace("maximum = 5", ""), "minimum below its maximum"),
    "a range upside down": (GOOD.replace("maximum = 5", "maximum = 0"), "minimum below its maximum"),
    "a choice of nothing": (GOOD.replace('"ordinal"', '"choice"'), "needs its options"),
    "no kind": (GOOD.replace('kind = "ordinal"', ""), "how the item is answered"),
    "a bad doi": (GOOD.replace('doi = ""', 'doi = "see paper"'), "see paper"),
    "a stratum that is not there": (GOOD.replace("[subscales]", 'stratum = "z"\n[subscales]'), "no item 'z'"),
    "a stratum that is no choice": (
        GOOD.replace("[subscales]", 'stratum = "a"\n[subscales]'), "must be a required choice",
    ),
    "too much": (GOOD + "#" * 200_000, "larger than"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_it_refuses(name: str) -> None:
    text, words = BAD[name]
    with pytest.raises(FileInvalid) as refused:
        read_questionnaire(text.encode(), name="mine")
    assert words in str(refused.value)


def test_it_reports_every_fault() -> None:
    bad = GOOD.replace('reverse = ["b"]', 'reverse = ["c"]').replace('id = "b"', 'id = "a"')
    with pytest.raises(FileInvalid) as refused:
        read_questionnaire(bad.encode(), name="mine")
    assert {fault.where for fault in refused.value.faults} == {"all", "items[1].id", "reverse"}


@pytest.mark.parametrize("name", questionnaire_names())
def test_the_step_of_a_questionnaire_is_plain_data_with_the_heading_as_its_title(name: str) -> None:
    found = get_questionnaire(name)
    params = found.params()
    assert (params["title"], params["instrument"]) == (found.heading, found.title)
    assert [item["id"] for item in params["items"]] == [item.id for item in found.items]
