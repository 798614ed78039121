"""Reads one questionnaire from TOML and checks it against its schema; every fault is reported, not only the first."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator

from studies.errors import Fault, FileInvalid

MAXIMUM_BYTES = 200_000


@dataclass(frozen=True)
class Item:
    """One question of a questionnaire, with everything that the page and the scoring need.

    Parameters
    ----------
    id, text : str
        Recorded name and wording.
    kind : str
        ``ordinal`` (whole number from ``minimum`` to ``maximum``), ``choice``, ``numeric`` or ``text``.
    reverse : bool
        Whether the item counts as ``minimum + maximum - value``.
    """

    id: str
    text: str
    kind: str
    minimum: int | None
    maximum: int | None
    anchors: tuple[str, ...]
    options: tuple[Mapping[str, str], ...]
    reverse: bool
    subscale: str
    required: bool
    prefer_not: bool


@dataclass(frozen=True)
class Questionnaire:
    """An instrument as data: what is asked, where it comes from, how it is scored.

    Parameters
    ----------
    title : str
        What the instrument is called in the literature; participants read ``heading``.
    stratum : str or None
        Item whose answer is a stratum of the allocation.
    """

    name: str
    version: str
    title: str
    heading: str
    intro: str
    reference: str
    doi: str
    licence: str
    scoring: str
    stratum: str | None
    items: tuple[Item, ...]

    def item(self, name: str) -> Item:
        """Return the item of that id."""
        return next(item for item in self.items if item.id == name)

    def params(self) -> dict[str, Any]:
        """Return the parameters of a step: plain data, so that a version is self-contained.

        ``title`` is what people read there, ``instrument`` what the literature calls it.
        """
        document: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        heading = document.pop("heading")
        return document | {"title": heading, "instrument": self.title}


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
    document = _toml(data, name=name)
    faults = [
        Fault(0, _where(error.absolute_path), error.message) for error in _validator().iter_errors(document)
    ]
    if not faults:
        faults = list(_cross_faults(document, name=name))
    if faults:
        raise FileInvalid(f"{name}.toml", faults)
    return _questionnaire(document)


@cache
def _validator() -> Draft202012Validator:
    text = (files("studies.questionnaires") / "questionnaire.schema.json").read_text("utf-8")
    return Draft202012Validator(json.loads(text))


def _toml(data: bytes, *, name: str) -> dict[str, Any]:
    try:
        if len(data) > MAXIMUM_BYTES:
            raise ValueError(f"the file is larger than {MAXIMUM_BYTES:,} bytes")
        return tomllib.loads(data.decode("utf-8"))
    except ValueError as error:  # TOML syntax and UTF-8 errors are ValueErrors too
        raise FileInvalid(
            f"{name}.toml", [Fault(0, "the file", f"This is no readable TOML: {error}.")]
        ) from error


def _where(path: Any) -> str:
    found = ""
    for part in path:
        found += f"[{part}]" if isinstance(part, int) else f".{part}" if found else str(part)
    return found or "the file"


def _cross_faults(document: Mapping[str, Any], *, name: str) -> Iterator[Fault]:
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
    yield from _stratum_faults(document, ids)


def _stratum_faults(document: Mapping[str, Any], ids: list[str]) -> Iterator[Fault]:
    stratum = document.get("stratum")
    if stratum is None:
        return
    if stratum not in ids:
        yield Fault(0, "stratum", f"There is no item '{stratum}'.")
        return
    item = document["items"][ids.index(stratum)]
    if _of(document, item, "kind") != "choice" or item.get("prefer_not") or not item.get("required", True):
        yield Fault(
            0,
            "stratum",
            "The stratum must be a required choice without 'prefer_not': everyone needs a stratum.",
        )


def _item_faults(document: Mapping[str, Any], item: Mapping[str, Any], *, where: str) -> Iterator[Fault]:
    kind = _of(document, item, "kind")
    if kind is None:
        yield Fault(0, f"{where}.kind", "Say how the item is answered: ordinal, choice, numeric or text.")
    values = [option["value"] for option in item.get("options", [])]
    if kind == "choice" and not values:
        yield Fault(0, f"{where}.options", "A choice needs its options.")
    if len(set(values)) != len(values):
        yield Fault(0, f"{where}.options", "Two options have the same value.")
    if kind == "ordinal":
        low, high = _of(document, item, "minimum"), _of(document, item, "maximum")
        if low is None or high is None or not low < high <= low + 20:
            yield Fault(
                0, where, "An ordinal item needs a minimum below its maximum, 20 points apart at most."
            )


def _of(document: Mapping[str, Any], item: Mapping[str, Any], key: str) -> Any:
    return item.get(key, document.get(key))


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
        scoring=document["scoring"],
        stratum=document.get("stratum"),
        items=tuple(_item(document, item, subscale_of) for item in document["items"]),
    )


def _item(document: Mapping[str, Any], item: Mapping[str, Any], subscale_of: Mapping[str, str]) -> Item:
    kind = _of(document, item, "kind")
    ranged = kind in ("ordinal", "numeric")
    return Item(
        id=item["id"],
        text=item["text"],
        kind=kind,
        minimum=_of(document, item, "minimum") if ranged else None,
        maximum=_of(document, item, "maximum") if ranged else None,
        anchors=tuple(_of(document, item, "anchors") or ()) if ranged else (),
        options=tuple(item.get("options", ())),
        reverse=item["id"] in document.get("reverse", []),
        subscale=subscale_of.get(item["id"], ""),
        required=item.get("required", True),
        prefer_not=item.get("prefer_not", False),
    )
