"""Which items of a questionnaire are asked on a page, and in which order. Pure: the caller brings the answers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

Params = Mapping[str, Any]
Item = Mapping[str, Any]
Answers = Mapping[tuple[str, str], Any]


def page_count(params: Params) -> int:
    """Return how many pages a questionnaire has.

    Parameters
    ----------
    params : mapping
        As ``Questionnaire.params`` makes them; those of older versions have one page.

    Returns
    -------
    int

    Examples
    --------
    >>> page_count({"items": [{"id": "a", "page": 0}, {"id": "b", "page": 1}]})
    2
    """
    return 1 + max((item.get("page", 0) for item in params["items"]), default=0)


def items_of_page(params: Params, page: int, *, answers: Answers, key: str) -> list[Item]:
    """Return the items that somebody is asked on a page, in the order in which they stand.

    Parameters
    ----------
    params : mapping
        As ``Questionnaire.params`` makes them.
    page : int
        From 0.
    answers : mapping
        What was answered on earlier pages, by (questionnaire, item).
    key : str
        Names the person and the place; with ``order = "random"`` the order depends on nothing else, so that whoever
        knows the key can replay it.

    Returns
    -------
    list of mapping

    Examples
    --------
    >>> items = [{"id": "a"}, {"id": "b", "show_if": [{"questionnaire": "q", "item": "z", "is": ["yes"]}]}]
    >>> [item["id"] for item in items_of_page({"items": items}, 0, answers={}, key="")]
    ['a']
    """
    items = [item for item in params["items"] if item.get("page", 0) == page and is_shown(item, answers)]
    if params.get("order") == "random":
        # What stands beside another item stays right after it: the order is stable.
        items.sort(
            key=lambda item: hashlib.sha256(f"{key}:{item.get('beside', item['id'])}".encode()).digest()
        )
    return items


def is_shown(item: Item, answers: Answers) -> bool:
    """Say whether an item is asked after these answers: every condition holds; without an answer none does.

    Parameters
    ----------
    item : mapping
        With ``show_if``, if it has conditions.
    answers : mapping
        By (questionnaire, item).

    Returns
    -------
    bool

    Examples
    --------
    >>> item = {"id": "years", "show_if": [{"questionnaire": "q", "item": "age", "at_least": 18}]}
    >>> is_shown(item, {("q", "age"): 30}), is_shown(item, {("q", "age"): 17}), is_shown(item, {})
    (True, False, False)
    """
    return all(
        _holds(condition, answers.get((condition["questionnaire"], condition["item"])))
        for condition in item.get("show_if") or ()
    )


def has_branches(items: Sequence[Item]) -> bool:
    """Say whether any item depends on an earlier answer.

    Parameters
    ----------
    items : sequence of mapping
        Items.

    Returns
    -------
    bool

    Examples
    --------
    >>> has_branches([{"id": "a"}])
    False
    """
    return any(item.get("show_if") for item in items)


def _holds(condition: Mapping[str, Any], answer: Any) -> bool:
    if answer is None:
        return False
    if "is" in condition and answer not in condition["is"]:
        return False
    if "at_least" in condition or "at_most" in condition:
        if isinstance(answer, str):
            return False
        return bool(condition.get("at_least", answer) <= answer <= condition.get("at_most", answer))
    return True
