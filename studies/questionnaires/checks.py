"""What a schema cannot say of a questionnaire: that its parts fit each other. Every check yields all its faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from studies.errors import Fault

POINTS = 20
RANGED = ("ordinal", "numeric", "slider")
Document = Mapping[str, Any]


def cross_faults(document: Document, *, name: str) -> Iterator[Fault]:
    """Check a document that fits the schema."""
    if document["name"] != name:
        yield Fault(0, "name", f"The file is called '{name}.toml': the name must be '{name}'.")
    ids = [item["id"] for item in document["items"]]
    for index, item in enumerate(document["items"]):
        if item["id"] in ids[:index]:
            yield Fault(0, f"items[{index}].id", f"The id '{item['id']}' is taken by an earlier item.")
        yield from _item_faults(document, item, where=f"items[{index}]")
    listed = {"reverse": document.get("reverse", []), **document.get("subscales", {})}
    for where, members in listed.items():
        for member in set(members) - set(ids):
            yield Fault(0, where, f"There is no item '{member}'.")
    yield from _scoring_faults(document)
    yield from _stratum_faults(document, ids)
    yield from _branch_faults(document)


def translation_faults(document: Document, translations: Mapping[str, Document]) -> Iterator[Fault]:
    """Check that each translation has every word that people read, and none of something that is not there.

    Parameters
    ----------
    document : mapping
        The questionnaire in its own language: ``heading``, ``intro``, ``anchors`` and ``items``.
    translations : mapping
        By language.

    Yields
    ------
    Fault
    """
    for language, words in translations.items():
        where = f"translations.{language}"
        for key in ("heading", "intro"):
            if document.get(key) and not words.get(key):
                yield Fault(0, where, f"'{key}' is missing.")
        items = {item["id"]: item for item in document["items"]}
        for key in ("items", "item_anchors", "units", "options"):
            for stranger in sorted(set(words.get(key, {})) - set(items)):
                yield Fault(0, f"{where}.{key}", f"There is no item '{stranger}'.")
        for item in items.values():
            yield from _word_faults(document, item, words, where=where)


def of(document: Document, item: Mapping[str, Any], key: str) -> Any:
    """Return what an item says, or else what the file says for all."""
    return item.get(key, document.get(key))


def pages(items: Sequence[Mapping[str, Any]]) -> list[int]:
    """Return the page of each item, from 0."""
    found, page = [], 0
    for index, item in enumerate(items):
        page += bool(index and item.get("page_break"))
        found.append(page)
    return found


def conditions_of(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the conditions of an item, whether one or several are written."""
    found = item.get("show_if", [])
    return list(found) if isinstance(found, list) else [found]


def _item_faults(document: Document, item: Mapping[str, Any], *, where: str) -> Iterator[Fault]:
    kind = of(document, item, "kind")
    if kind is None:
        yield Fault(
            0, f"{where}.kind", "Say how the item is answered: ordinal, choice, numeric, slider or text."
        )
    if not item["text"] and not document.get("owner"):
        yield Fault(0, f"{where}.text", "The item has no wording: write it, or say in 'owner' whose it is.")
    values = [option["value"] for option in item.get("options", [])]
    if kind == "choice" and not values:
        yield Fault(0, f"{where}.options", "A choice needs its options.")
    if len(set(values)) != len(values):
        yield Fault(0, f"{where}.options", "Two options have the same value.")
    yield from _range_faults(document, item, kind=kind, where=where)


def _range_faults(document: Document, item: Mapping[str, Any], *, kind: str, where: str) -> Iterator[Fault]:
    low, high = of(document, item, "minimum"), of(document, item, "maximum")
    if kind == "ordinal":
        whole = all(isinstance(end, int) for end in (low, high))
        if not whole or not 0 <= low < high <= low + POINTS:
            yield Fault(
                0,
                where,
                f"An ordinal item needs whole numbers from 0, a minimum below its maximum, {POINTS} apart at most.",
            )
            return
    if kind == "slider":
        step = of(document, item, "step") or 1
        if low is None or high is None or low >= high or (high - low) / step % 1:
            yield Fault(
                0, where, "A slider needs a minimum below its maximum, a whole number of steps apart."
            )
    words = of(document, item, "anchors") or ()
    if kind in RANGED and len(words) > 2 and (kind != "ordinal" or len(words) != high - low + 1):
        yield Fault(
            0, f"{where}.anchors", "Give two anchors for the ends, or one for each point of an ordinal item."
        )


def _scoring_faults(document: Document) -> Iterator[Fault]:
    for place, item in enumerate(document["items"]):
        low, high = of(document, item, "minimum"), of(document, item, "maximum")
        if of(document, item, "kind") == "numeric" and low is not None and high is not None and low > high:
            yield Fault(0, f"items[{place}]", "The minimum is above the maximum.")
        if document["scoring"] == "none":
            continue
        if of(document, item, "kind") in ("text", "choice") or low is None or high is None:
            yield Fault(
                0,
                f"items[{place}]",
                "An item of a scored instrument needs a number with minimum and maximum (or scoring = 'none').",
            )
        if item.get("show_if"):
            yield Fault(
                0, f"items[{place}].show_if", "Every item of a scored instrument is asked of everybody."
            )


def _stratum_faults(document: Document, ids: list[str]) -> Iterator[Fault]:
    stratum = document.get("stratum")
    if stratum is None:
        return
    if stratum not in ids:
        yield Fault(0, "stratum", f"There is no item '{stratum}'.")
        return
    item = document["items"][ids.index(stratum)]
    is_asked = item.get("required", True) and not item.get("show_if")
    if of(document, item, "kind") != "choice" or item.get("prefer_not") or not is_asked:
        yield Fault(
            0,
            "stratum",
            "The stratum must be a required choice without 'prefer_not' that everybody is asked.",
        )


def _branch_faults(document: Document) -> Iterator[Fault]:
    page_of: dict[str, int] = {}
    by_id = {item["id"]: item for item in document["items"]}
    for place, (item, page) in enumerate(zip(document["items"], pages(document["items"]), strict=True)):
        for condition in conditions_of(item):
            where, asked = f"items[{place}].show_if", condition["item"]
            if not {"is", "at_least", "at_most"} & set(condition):
                yield Fault(0, where, f"Say after which answers to '{asked}': is, at_least or at_most.")
            if condition.get("questionnaire", document["name"]) != document["name"]:
                continue
            if asked not in by_id:
                yield Fault(0, where, f"There is no item '{asked}'.")
            elif page_of.get(asked, page) >= page:
                yield Fault(
                    0,
                    where,
                    f"'{asked}' must stand on an earlier page: write page_break = true between them.",
                )
            else:
                yield from _answer_faults(document, by_id[asked], condition, where=where)
        page_of.setdefault(item["id"], page)


def _answer_faults(
    document: Document, asked: Mapping[str, Any], condition: Mapping[str, Any], *, where: str
) -> Iterator[Fault]:
    options = [option["value"] for option in asked.get("options", [])]
    for answer in condition.get("is", []):
        if options and answer not in options:
            yield Fault(0, where, f"'{answer}' is not one of the options of '{asked['id']}'.")
    if of(document, asked, "kind") in ("choice", "text") and {"at_least", "at_most"} & set(condition):
        yield Fault(0, where, f"'{asked['id']}' is no number: say which answers with 'is'.")


def _word_faults(
    document: Document, item: Mapping[str, Any], words: Document, *, where: str
) -> Iterator[Fault]:
    name = item["id"]
    if name not in words.get("items", {}):
        yield Fault(0, f"{where}.items", f"The item '{name}' is missing.")
    if item.get("unit") and name not in words.get("units", {}):
        yield Fault(0, f"{where}.units", f"The unit of '{name}' is missing.")
    wanted = {option["value"] for option in item.get("options") or ()}
    given = set(words.get("options", {}).get(name, {}))
    for value in sorted(wanted - given):
        yield Fault(0, f"{where}.options.{name}", f"The option '{value}' is missing.")
    for value in sorted(given - wanted):
        yield Fault(0, f"{where}.options.{name}", f"There is no option '{value}'.")
    anchors = of(document, item, "anchors") or ()
    ranged = of(document, item, "kind") in RANGED
    there = words.get("item_anchors", {}).get(name, words.get("anchors") or ())
    if ranged and len(anchors) != len(there):
        yield Fault(
            0, f"{where}.anchors", f"'{name}' has {len(anchors)} anchors, its translation {len(there)}."
        )
