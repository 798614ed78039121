"""What a trial is made of: ordered stages that show items and ask typed fields. No protocol lives here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

FieldKind = Literal["choice", "percent", "ordinal", "numeric", "probability", "text"]
ItemKind = Literal["case", "advice", "explanations", "own_answer"]
ScoredAgainst = Literal["truth", "prediction"]


@dataclass(frozen=True)
class Option:
    """One answer that a choice offers: the stored ``value`` and the ``label`` that people read."""

    value: str
    label: str


@dataclass(frozen=True)
class Field:
    """One typed question of a stage.

    Parameters
    ----------
    name : str
        Name of the recorded field, unique in its stage.
    kind : FieldKind
        Widget and type: ``choice`` (one of ``options``), ``percent`` (0-100, no default position, stored as a
        proportion 0-1), ``ordinal`` (whole number from ``minimum`` to ``maximum``), ``numeric`` (with ``unit``),
        ``probability`` (0-1), ``text``.
    label : str
        The question as people read it.
    options : tuple of Option
        For ``choice``: what may be answered.
    scored_against : {"truth", "prediction"} or None
        What the scoring service compares the answer with; ``None`` for a field without a score.
    """

    name: str
    kind: FieldKind
    label: str
    options: tuple[Option, ...] = ()
    required: bool = True
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    anchors: tuple[str, ...] = ("", "")
    scored_against: ScoredAgainst | None = None


@dataclass(frozen=True)
class Stage:
    """One page of a trial: the items it shows, in order, and the fields it asks."""

    name: str
    items: tuple[ItemKind, ...]
    fields: tuple[Field, ...]
    prompt: str = ""


@dataclass(frozen=True)
class Decision:
    """The decision under study: question, options, the positive one, and how confidence is asked (``None``: not)."""

    question: str
    options: tuple[Option, ...]
    positive: str
    confidence: Literal["percent"] | None = None


@dataclass(frozen=True)
class Treatment:
    """What a condition shows: whether advice is given, and how many explanations."""

    advice: bool
    explanations: int


@dataclass(frozen=True)
class DataColumn:
    """One recorded variable of a protocol, with its type, unit and meaning."""

    name: str
    type: str
    unit: str
    meaning: str


@dataclass(frozen=True)
class Seen:
    """What a simulated participant could read on the page of a stage."""

    advice: str | None
    advice_confidence: float | None
    explanations: tuple[str, ...]
    own_answer: str | None
    panel: Mapping[str, str] = field(default_factory=dict)


class Protocol:
    """A preset over stages. A plug-in subclasses it, fills the declaration and the two methods.

    ``wide`` maps a column of the ``trials`` table to the (stage, field) that it is read from.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    label: ClassVar[str]
    reference: ClassVar[str]
    parameters: ClassVar[Mapping[str, Any]] = {}
    data: ClassVar[tuple[DataColumn, ...]] = ()
    wide: ClassVar[Mapping[str, tuple[str, str]]] = {}

    def stages(self, decision: Decision, treatment: Treatment) -> tuple[Stage, ...]:
        """Return the stages of one trial, in the order in which they are shown."""
        raise NotImplementedError

    def simulate(self, stage: Stage, seen: Seen, *, choose: Mapping[str, str]) -> dict[str, str]:
        """Return the form values that a simulated participant sends for ``stage``, given the choices by field."""
        raise NotImplementedError
