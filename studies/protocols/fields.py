"""The typed questions of a stage: their kinds, what each offers, and what it is scored against. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FieldKind = Literal[
    "choice",
    "several",
    "ordinal",
    "numeric",
    "percent",
    "probability",
    "probabilities",
    "ranking",
    "region",
    "rating_per_part",
    "replacement",
    "text",
]
Scale = Literal["binary", "graded", "none"]
Shape = Literal["box", "point"]
Order = Literal["fixed", "drawn"]
REMOVE, PUT = "remove", "put"
"""The two halves of a replacement: what is taken away, and what stands there instead."""
MARKS = {"box": ("x0", "y0", "x1", "y1"), "point": ("x", "y")}
"""The numbers of a region, as proportions of the width and height of the picture, from its upper left corner."""
NOTHING = "none"
"""What a form sends when nothing applies or nothing is to be marked."""


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
        Widget and type of the stored value. ``choice``: one of ``options``. ``several``: a list of them, in the order
        in which they are declared, from ``minimum`` to ``maximum`` many. ``ordinal``: a whole number from ``minimum``
        to ``maximum``. ``numeric``: a number with ``unit``. ``percent``: asked from 0 to 100 without a default
        position, stored as a proportion 0-1. ``probability``: 0-1. ``probabilities``: a proportion for each option,
        asked in percent. ``ranking``: every option once, best first. ``region``: a box or point on a picture, as
        proportions of its sides; empty where nothing is to be marked. ``rating_per_part``: a whole number from
        ``minimum`` to ``maximum`` for each option. ``replacement``: which option to remove and which to put in its
        place. ``text``: words, which leave in no table.
    label : str
        The question as people read it.
    options : tuple of Option
        What may be answered, ranked, rated or taken away; the parts of a ``rating_per_part``.
    options_from : str
        Column of the cases that holds the options of each case; "" for none. What is declared lends them its words.
    options_in : tuple of Option
        Of a replacement: what may be put in; empty: the same as may be removed.
    nothing : str
        Words of the answer that none of the options applies, that nothing is to be marked or replaced; "": not offered.
    minimum, maximum : float or None
        Bounds of a number or a scale; of ``several`` how many may be chosen.
    sums_to : float or None
        Of ``probabilities``: what the percents must add up to; ``None``: they need not.
    shape : {"box", "point"}
        Of a region.
    order : {"fixed", "drawn"}
        Whether options stand as declared, or in an order drawn for each participant.
    scored_against : str or None
        What the scoring service compares the answer with: ``truth``, ``prediction`` (what the AI says), ``ai_correct``
        (``right`` or ``wrong``, whatever follows an underscore), or the name of another reference column of the
        cases; ``None`` for a field without a score.
    score : {"binary", "graded", "none"}
        Right or wrong; or the credit from 0 to 1 that ``credit`` defines.
    credit : str
        The rule of a graded score; "" is the usual one of the kind (``studies/protocols/credit.py``).
    tolerance : float
        Of numbers: how far an answer may lie off and still be right; of a graded number, where credit reaches 0.
    is_paid : bool
        Of a confidence: whether it is paid by the binarised scoring rule.
    """

    name: str
    kind: FieldKind
    label: str
    options: tuple[Option, ...] = ()
    options_from: str = ""
    options_in: tuple[Option, ...] = ()
    nothing: str = ""
    required: bool = True
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    anchors: tuple[str, ...] = ("", "")
    sums_to: float | None = None
    shape: Shape = "box"
    order: Order = "fixed"
    scored_against: str | None = None
    score: Scale = "binary"
    credit: str = ""
    tolerance: float = 0.0
    is_paid: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the names of the inputs that a form has for this field, after a full stop; empty: one, its name."""
        if self.kind in ("probabilities", "ranking", "rating_per_part"):
            return tuple(option.value for option in self.options)
        if self.kind == "region":
            return MARKS[self.shape] + ((NOTHING,) if self.nothing else ())
        if self.kind == "replacement":
            return (REMOVE, PUT)
        return ()

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the whole names of the inputs that a form has for this field."""
        return tuple(f"{self.name}.{part}" for part in self.parts) or (self.name,)
