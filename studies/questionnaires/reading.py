"""Reads one questionnaire from TOML and checks it against its schema; every fault is reported, not only the first."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from studies.errors import Fault, FileInvalid
from studies.questionnaires.checks import (
    RANGED,
    conditions_of,
    cross_faults,
    of,
    pages,
    translation_faults,
)
from studies.questionnaires.instrument import Item, Questionnaire

MAXIMUM_BYTES = 200_000


def read_questionnaire(data: bytes, *, name: str) -> Questionnaire:
    """Read a questionnaire.

    Parameters
    ----------
    data : bytes
        TOML 1.0 in UTF-8, at most 200 kB.
    name : str
        The name that the file promises; it must be the ``name`` inside.

    Returns
    -------
    Questionnaire

    Raises
    ------
    FileInvalid
        With every fault. Faults of the TOML itself carry their line; later ones name the item.

    Examples
    --------
    >>> read_questionnaire(b'name = "x"', name="x")
    Traceback (most recent call last):
    ...
    studies.errors.FileInvalid: x.toml was refused, nothing of it was stored:
      the file: 'doi' is a required property
      the file: 'items' is a required property
      the file: 'licence' is a required property
      the file: 'reference' is a required property
      the file: 'scoring' is a required property
      the file: 'title' is a required property
      the file: 'version' is a required property
    """
    document = read_toml(data, name=f"{name}.toml")
    faults = list(schema_faults(document))
    if not faults:
        faults = [*cross_faults(document, name=name), *_translation_faults(document)]
    if faults:
        raise FileInvalid(f"{name}.toml", faults)
    return _questionnaire(document)


def read_toml(data: bytes, *, name: str) -> dict[str, Any]:
    """Return what a TOML file says.

    Parameters
    ----------
    data : bytes
        At most 200 kB.
    name : str
        Name of the file.

    Returns
    -------
    dict

    Raises
    ------
    FileInvalid
        When it is too large, no UTF-8 or no TOML.

    Examples
    --------
    >>> read_toml(b"a = 1", name="x.toml")
    {'a': 1}
    """
    try:
        if len(data) > MAXIMUM_BYTES:
            raise ValueError(f"the file is larger than {MAXIMUM_BYTES:,} bytes")
        return tomllib.loads(data.decode("utf-8"))
    except ValueError as error:  # TOML syntax and UTF-8 errors are ValueErrors too
        raise FileInvalid(name, [Fault(0, "the file", f"This is no readable TOML: {error}.")]) from error


def schema_faults(document: Mapping[str, Any], *, definition: str = "") -> Iterator[Fault]:
    """Yield what does not fit the schema, or one definition of it.

    Parameters
    ----------
    document : mapping
        As read from TOML.
    definition : str
        Name under ``$defs``; empty for a whole questionnaire.

    Yields
    ------
    Fault
    """
    for error in _validator(definition).iter_errors(document):
        deepest = best_match(iter([error])) or error
        yield Fault(0, _where(deepest.absolute_path), deepest.message)


@cache
def _validator(definition: str) -> Draft202012Validator:
    text = (files("studies.questionnaires") / "questionnaire.schema.json").read_text("utf-8")
    schema = json.loads(text)
    if definition:
        schema = {"$defs": schema["$defs"], "$ref": f"#/$defs/{definition}"}
    return Draft202012Validator(schema)


def _where(path: Any) -> str:
    found = ""
    for part in path:
        found += f"[{part}]" if isinstance(part, int) else f".{part}" if found else str(part)
    return found or "the file"


def _translation_faults(document: Mapping[str, Any]) -> Iterator[Fault]:
    heading = document.get("heading", document["title"])
    yield from translation_faults({**document, "heading": heading}, document.get("translations", {}))


def _questionnaire(document: Mapping[str, Any]) -> Questionnaire:
    subscale_of = {
        member: subscale for subscale, members in document.get("subscales", {}).items() for member in members
    }
    return Questionnaire(
        name=document["name"],
        version=document["version"],
        title=document["title"],
        heading=document.get("heading", document["title"]),
        intro=document.get("intro", ""),
        reference=document["reference"],
        doi=document["doi"],
        licence=document["licence"],
        owner=document.get("owner", ""),
        order=document.get("order", "fixed"),
        scoring=document["scoring"],
        stratum=document.get("stratum"),
        items=tuple(
            _item(document, item, subscale=subscale_of.get(item["id"], ""), page=page)
            for item, page in zip(document["items"], pages(document["items"]), strict=True)
        ),
        translations=document.get("translations", {}),
    )


def _item(document: Mapping[str, Any], item: Mapping[str, Any], *, subscale: str, page: int) -> Item:
    kind = of(document, item, "kind")
    ranged = kind in RANGED
    return Item(
        id=item["id"],
        text=item["text"],
        kind=kind,
        minimum=of(document, item, "minimum") if ranged else None,
        maximum=of(document, item, "maximum") if ranged else None,
        step=(of(document, item, "step") or 1) if kind == "slider" else None,
        unit=item.get("unit", ""),
        anchors=tuple(of(document, item, "anchors") or ()) if ranged else (),
        options=tuple(item.get("options", ())),
        reverse=item["id"] in document.get("reverse", []),
        subscale=subscale,
        required=item.get("required", True),
        prefer_not=item.get("prefer_not", False),
        page=page,
        show_if=tuple({"questionnaire": document["name"], **c} for c in conditions_of(item)),
    )
