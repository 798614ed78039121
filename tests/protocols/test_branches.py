"""Which items are asked, on which page, in which order: pure, and the same whenever it is asked again."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studies.errors import FileInvalid
from studies.questionnaires import (
    get_questionnaire,
    in_language,
    questionnaire_names,
    read_questionnaire,
    with_wording,
)
from studies.questionnaires.paging import is_shown, items_of_page, page_count

HEAD = """
name = "mine"
version = "1"
title = "My questions"
reference = "Own items."
doi = ""
licence = "CC0 1.0"
scoring = "none"
kind = "choice"
"""
OPTIONS = 'options = [{value = "yes", label = "Yes"}, {value = "no", label = "No"}]\n'
TWO_PAGES = (
    HEAD
    + f'[[items]]\nid = "smokes"\ntext = "Do you smoke?"\n{OPTIONS}'
    + '[[items]]\nid = "how_many"\ntext = "How many?"\nkind = "numeric"\nminimum = 0\npage_break = true\n'
    + 'show_if = {item = "smokes", is = ["yes"]}\n'
    + '[[items]]\nid = "why"\ntext = "Why?"\nkind = "text"\nrequired = false\n'
)
WORDS = {f"item_{n}": f"Statement number {n}." for n in range(1, 13)}


def params(text: str = TWO_PAGES) -> dict[str, Any]:
    return read_questionnaire(text.encode(), name="mine").params()


def wording(items: dict[str, str], head: str = 'source = "The paper, table 3."\n') -> bytes:
    return (head + "[items]\n" + "".join(f'{name} = "{text}"\n' for name, text in items.items())).encode()


def asked(page: int, answers: dict[tuple[str, str], Any]) -> list[str]:
    return [item["id"] for item in items_of_page(params(), page, answers=answers, key="k")]


def test_an_item_is_asked_only_after_the_answer_that_it_depends_on() -> None:
    assert page_count(params()) == 2
    assert asked(0, {}) == ["smokes"]
    assert asked(1, {("mine", "smokes"): "yes"}) == ["how_many", "why"]
    assert asked(1, {("mine", "smokes"): "no"}) == ["why"]
    assert asked(1, {("mine", "smokes"): None}) == ["why"]


@pytest.mark.parametrize(
    ("answer", "shown"), [(17, False), (18, True), (65, True), (66, False), ("30", False)]
)
def test_a_condition_may_be_a_range(answer: Any, shown: bool) -> None:
    item = {"id": "a", "show_if": [{"questionnaire": "q", "item": "age", "at_least": 18, "at_most": 65}]}
    assert is_shown(item, {("q", "age"): answer}) is shown


def test_a_random_order_is_the_same_for_the_same_person_and_differs_between_people() -> None:
    items = [{"id": name} for name in "abcd"]
    drawn = {"items": items, "order": "random"}

    def order(key: str) -> str:
        return "".join(item["id"] for item in items_of_page(drawn, 0, answers={}, key=key))

    assert order("p1") == order("p1")
    assert len({order(f"p{n}") for n in range(400)}) == 24


def test_every_order_of_items_is_about_equally_frequent() -> None:
    drawn = {"items": [{"id": name} for name in "abc"], "order": "random"}
    counts = dict.fromkeys(permutations("abc"), 0)
    for n in range(3000):
        counts[tuple(i["id"] for i in items_of_page(drawn, 0, answers={}, key=f"seed:{n}"))] += 1  # type: ignore[index]
    chi_square = sum((count - 500) ** 2 / 500 for count in counts.values())
    assert chi_square < 20.5  # the 0.999 quantile with five degrees of freedom


@given(st.text(max_size=20), st.permutations(list("abcdef")))
def test_the_order_depends_on_the_key_and_not_on_how_the_file_lists_the_items(
    key: str, listed: list[str]
) -> None:
    def order(names: list[str]) -> list[str]:
        drawn = {"items": [{"id": name} for name in names], "order": "random"}
        return [item["id"] for item in items_of_page(drawn, 0, answers={}, key=key)]

    assert order(listed) == order(list("abcdef"))


BAD = {
    "a condition on the same page": (TWO_PAGES.replace("page_break = true\n", ""), "must stand on an earlier page"),
    "a condition on nothing": (TWO_PAGES.replace('item = "smokes"', 'item = "drinks"'), "no item 'drinks'"),
    "an answer that is not offered": (TWO_PAGES.replace('is = ["yes"]', 'is = ["maybe"]'), "not one of the options"),
    "a range of a choice": (TWO_PAGES.replace('is = ["yes"]', "at_least = 2"), "is no number"),
    "a condition without an answer": (TWO_PAGES.replace(', is = ["yes"]', ""), "Say after which answers"),
    "a scored item that not all are asked": (TWO_PAGES.replace('"none"', '"mean"'), "is asked of everybody"),
    "a slider between its steps": (
        HEAD + '[[items]]\nid = "a"\ntext = "How?"\nkind = "slider"\nminimum = 0\nmaximum = 100\nstep = 7\n',
        "whole number of steps",
    ),
    "words for some points only": (
        HEAD + '[[items]]\nid = "a"\ntext = "H?"\nkind = "ordinal"\nminimum = 1\nmaximum = 7\nanchors = ["a","b","c"]',
        "one for each point",
    ),
    "no wording and no owner": (TWO_PAGES.replace("Do you smoke?", ""), "has no wording"),
    "half a translation": (
        TWO_PAGES + '[translations.de]\nsource = "A friend"\n[translations.de.items]\nsmokes = "Rauchen Sie?"\n',
        "The item 'how_many' is missing",
    ),
    "a translation of what is not there": (
        TWO_PAGES + '[translations.de]\nsource = "A friend"\n[translations.de.items]\nsmoke = "Rauchen Sie?"\n',
        "no item 'smoke'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_it_refuses(name: str) -> None:
    text, words = BAD[name]
    with pytest.raises(FileInvalid) as refused:
        read_questionnaire(text.encode(), name="mine")
    assert words in str(refused.value)


def test_a_study_brings_the_wording_that_is_not_bundled() -> None:
    found = with_wording(get_questionnaire("tias"), wording(WORDS), name="w.toml")
    assert found.lacks_wording == ()
    assert found.items[11].text == "Statement number 12."
    assert found.params()["wording_source"] == "The paper, table 3."


@pytest.mark.parametrize(
    ("instrument", "items", "words"),
    [
        ("tias", dict(list(WORDS.items())[:11]), "The item 'item_12' is missing"),
        ("tias", {**WORDS, "item_13": "More."}, "There is no item 'item_13'"),
        ("s_tias", {"trust": "I do trust it."}, "is bundled"),
    ],
)
def test_wording_that_does_not_fit_is_refused(instrument: str, items: dict[str, str], words: str) -> None:
    with pytest.raises(FileInvalid) as refused:
        with_wording(get_questionnaire(instrument), wording(items), name="w.toml")
    assert words in str(refused.value)


def test_a_study_brings_a_further_language() -> None:
    german = '[translations.de]\nsource = "Published."\nheading = "Die KI"\nintro = "Denken Sie an die KI."\n'
    german += 'anchors = ["gar nicht", "völlig"]\n'
    german += '[translations.de.items]\nconfident = "A1"\nreliable = "A2"\ntrust = "A3"'
    found = with_wording(get_questionnaire("s_tias"), f'source = "x y z"\n{german}'.encode(), name="w.toml")
    shown = in_language(found.params(), "de")
    assert shown["title"] == "Die KI"
    assert [item["text"] for item in shown["items"]] == ["A1", "A2", "A3"]
    assert shown["items"][0]["anchors"] == ["gar nicht", "völlig"]


@pytest.mark.parametrize("name", questionnaire_names())
def test_a_translation_changes_words_and_nothing_that_is_recorded(name: str) -> None:
    original = get_questionnaire(name).params()
    for language in original["translations"]:
        shown = in_language(original, language)
        for item, other in zip(original["items"], shown["items"], strict=True):
            same = ("id", "kind", "minimum", "maximum", "reverse", "required", "page", "show_if")
            assert {key: item[key] for key in same} == {key: other[key] for key in same}
            assert [o["value"] for o in item["options"]] == [o["value"] for o in other["options"]]
            assert other["text"] != item["text"]


def test_a_language_that_is_not_there_leaves_the_words_as_they_are() -> None:
    assert in_language(params(), "fr") == params()
