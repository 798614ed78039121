"""What a questionnaire is: an instrument and its items, as frozen data. Reading a file is ``reading.py``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Item:
    """One question of a questionnaire, with everything that the page and the scoring need.

    Parameters
    ----------
    id, text : str
        Recorded name and wording.
    kind : str
        ``ordinal`` (whole number from ``minimum`` to ``maximum``), ``choice``, ``numeric``, ``slider`` (number from
        ``minimum`` to ``maximum`` in steps of ``step``) or ``text``.
    anchors : tuple of str
        The words at both ends, or one for each point.
    reverse : bool
        Whether the item counts as ``minimum + maximum - value``.
    page : int
        On which page of the questionnaire it stands, from 0.
    show_if : tuple of mapping
        Conditions on earlier answers that must all hold: ``questionnaire``, ``item`` and ``is``, ``at_least`` or
        ``at_most``; see ``paging.is_shown``.
    """

    id: str
    text: str
    kind: str
    minimum: float | None
    maximum: float | None
    step: float | None
    unit: str
    anchors: tuple[str, ...]
    options: tuple[Mapping[str, str], ...]
    reverse: bool
    subscale: str
    required: bool
    prefer_not: bool
    page: int = 0
    show_if: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Questionnaire:
    """An instrument as data: what is asked, where it comes from, how it is scored.

    Parameters
    ----------
    title : str
        What the instrument is called in the literature; participants read ``heading``.
    owner : str
        Whose the wording is, where it is not bundled.
    order : str
        ``fixed`` or ``random`` (within each page, anew for each participant).
    scoring : str
        ``mean`` or ``sum`` of the items, or ``none``.
    stratum : str or None
        Item whose answer is a stratum of the allocation.
    translations : mapping
        By language: ``source``, ``heading``, ``intro``, ``anchors``, ``items``, ``item_anchors``, ``units``,
        ``options``.
    wording_source : str
        Where the wording is from that a study brought itself.
    """

    name: str
    version: str
    title: str
    heading: str
    intro: str
    reference: str
    doi: str
    licence: str
    owner: str
    order: str
    scoring: str
    stratum: str | None
    items: tuple[Item, ...]
    translations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    wording_source: str = ""

    def item(self, name: str) -> Item:
        """Return the item of that id."""
        return next(item for item in self.items if item.id == name)

    @property
    def lacks_wording(self) -> tuple[str, ...]:
        """Return the items whose wording is not bundled and was not brought yet."""
        return tuple(item.id for item in self.items if not item.text)

    def params(self) -> dict[str, Any]:
        """Return the parameters of a step: plain data, so that a version is self-contained.

        ``title`` is what people read there, ``instrument`` what the literature calls it.
        """
        document: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        heading = document.pop("heading")
        return document | {"title": heading, "instrument": self.title}
