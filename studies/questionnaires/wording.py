"""The words of a questionnaire: those that a study brings itself, and those in another language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from studies.errors import Fault, FileInvalid
from studies.questionnaires.checks import translation_faults
from studies.questionnaires.instrument import Item, Questionnaire
from studies.questionnaires.reading import read_toml, schema_faults


def with_wording(questionnaire: Questionnaire, data: bytes, *, name: str) -> Questionnaire:
    """Put the wording that a study brings into an instrument.

    Parameters
    ----------
    questionnaire : Questionnaire
        Its items may lack their text.
    data : bytes
        TOML: ``source``, then ``[items]`` with ``id = "wording"`` for an instrument whose text is not bundled, and
        ``[translations.LANGUAGE]`` for further languages.
    name : str
        Name of the file.

    Returns
    -------
    Questionnaire
        With ``wording_source``.

    Raises
    ------
    FileInvalid
        With every fault: an item that is missing, unknown, or bundled already (its wording is the instrument's).

    Examples
    --------
    >>> from studies.questionnaires import get_questionnaire
    >>> with_wording(get_questionnaire("s_tias"), b'source = "none"', name="w.toml").wording_source
    'none'
    """
    document = read_toml(data, name=name)
    faults = list(schema_faults(document, definition="brought"))
    if faults:
        raise FileInvalid(name, faults)
    brought = _brought(questionnaire, document)
    faults = [
        *_faults(questionnaire, document),
        *translation_faults(_as_document(brought), brought.translations),
    ]
    if faults:
        raise FileInvalid(name, faults)
    return brought


def in_language(params: Mapping[str, Any], language: str) -> Mapping[str, Any]:
    """Return the parameters of a step with the words of a language; without a translation they are as they were.

    Parameters
    ----------
    params : mapping
        As ``Questionnaire.params`` makes them.
    language : str
        Such as ``de``.

    Returns
    -------
    mapping

    Examples
    --------
    >>> in_language({"title": "Trust", "items": []}, "de")["title"]
    'Trust'
    """
    words = (params.get("translations") or {}).get(language)
    if words is None:
        return params
    return {
        **params,
        "title": words.get("heading") or params["title"],
        "intro": words.get("intro", ""),
        "items": [_translated(item, words) for item in params["items"]],
    }


def _translated(item: Mapping[str, Any], words: Mapping[str, Any]) -> dict[str, Any]:
    name = item.get("beside", item["id"])
    labels = words.get("options", {}).get(name, {})
    anchors = words.get("item_anchors", {}).get(name, words.get("anchors"))
    return {
        **item,
        "text": item["text"] if "beside" in item else words["items"][name],
        "unit": words.get("units", {}).get(name, item.get("unit", "")),
        "anchors": anchors if item.get("anchors") else item.get("anchors"),
        "options": [
            {"value": option["value"], "label": labels.get(option["value"], option["label"])}
            for option in item.get("options") or ()
        ],
    }


def _brought(questionnaire: Questionnaire, document: Mapping[str, Any]) -> Questionnaire:
    given = document.get("items", {})

    def worded(item: Item) -> Item:
        anchors = tuple(document.get("anchors", ())) if item.minimum is not None else ()
        return replace(item, text=item.text or given.get(item.id, ""), anchors=item.anchors or anchors)

    return replace(
        questionnaire,
        heading=document.get("heading", questionnaire.heading),
        intro=document.get("intro", questionnaire.intro),
        items=tuple(worded(item) for item in questionnaire.items),
        translations={**questionnaire.translations, **document.get("translations", {})},
        wording_source=document["source"],
    )


def _faults(questionnaire: Questionnaire, document: Mapping[str, Any]) -> Iterator[Fault]:
    wanted, given = set(questionnaire.lacks_wording), set(document.get("items", {}))
    ids = {item.id for item in questionnaire.items}
    for name in sorted(wanted - given):
        yield Fault(0, "items", f"The item '{name}' is missing.")
    for name in sorted(given - ids):
        yield Fault(0, "items", f"There is no item '{name}'. There are: {', '.join(sorted(ids))}.")
    for name in sorted((given & ids) - wanted):
        yield Fault(
            0,
            f"items.{name}",
            "The wording of this item is bundled: bring a questionnaire of your own to change it.",
        )


def _as_document(questionnaire: Questionnaire) -> dict[str, Any]:
    params = questionnaire.params()
    return {"heading": questionnaire.heading, "intro": questionnaire.intro, "items": params["items"]}
