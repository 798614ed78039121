"""What a trial is made of: ordered stages that show items and ask typed fields. No protocol lives here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

from studies.protocols.facts import Answers, TrialFacts
from studies.protocols.fields import Field, FieldKind, Option
from studies.protocols.parameters import completed

__all__ = [
    "DataColumn",
    "Decision",
    "Field",
    "FieldKind",
    "ItemKind",
    "Option",
    "Place",
    "Problem",
    "Protocol",
    "Seen",
    "Stage",
    "Treatment",
    "form_values",
    "paid_once",
    "paid_stage",
]

ItemKind = Literal[
    "case",
    "advice",
    "explanations",
    "own_answer",
    "original",
    "original_advice",
    "original_explanations",
    "outcome",
    "reference",
    "alternatives",
]
Place = tuple[str, str]
"""A recorded answer: the name of its stage and of its field."""
Problem = tuple[tuple[str | int, ...], str]
"""What is wrong with parameters: the path below them, and a sentence."""


@dataclass(frozen=True)
class Stage:
    """One page of a trial: the items it shows, in order, and the fields it asks.

    ``recorded`` holds what the server itself records when the stage is over (that examples were looked at, that the
    system decided). A stage that is not shown has no page: it is recorded and passed. ``only_if`` is a rule by which
    the server decides, once the last decision is stored, whether the page comes at all. ``time_limit_s`` is how long an
    answer may take; 0: as long as people like. ``held`` numbers the parts of the treatment that come only after an
    answer to this stage (0 is the advice, then the explanations).
    """

    name: str
    items: tuple[ItemKind, ...]
    fields: tuple[Field, ...]
    prompt: str = ""
    recorded: Mapping[str, Any] = field(default_factory=dict, hash=False)
    is_shown: bool = True
    time_limit_s: float = 0.0
    only_if: Literal["", "differs_from_advice", "agrees_with_advice"] = ""
    held: tuple[int, ...] = ()

    @property
    def required(self) -> frozenset[str]:
        """Return the names of what has to be stored before the stage is over."""
        return frozenset({f.name for f in self.fields if f.required} | set(self.recorded))


@dataclass(frozen=True)
class Decision:
    """The decision under study: question, options, the positive one, and how confidence is asked (``None``: not).

    A decision of the kind ``numeric`` has bounds and a unit instead of options; a number within ``tolerance`` of the
    right one is right. ``options_from`` names the column of the cases that holds the options of each case.
    ``is_confidence_paid``: the confidence beside the last answer is paid by the binarised scoring rule.
    """

    question: str
    options: tuple[Option, ...]
    positive: str
    confidence: Literal["percent"] | None = None
    kind: Literal["choice", "numeric"] = "choice"
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    tolerance: float = 0.0
    options_from: str = ""
    is_confidence_paid: bool = False


@dataclass(frozen=True)
class Treatment:
    """What a condition shows: whether advice is given, how many explanations, and which answer each one explains.

    ``after_initial`` numbers the parts that come only after an own answer (0 is the advice, then the explanations);
    ``is_held`` says whether any part is not on its page when that is first sent.
    """

    advice: bool
    explanations: int
    targets: tuple[str, ...] = ()
    after_initial: tuple[int, ...] = ()
    is_held: bool = False


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
    """A preset over stages. A plug-in subclasses it and fills the declaration and ``stages``.

    Attributes
    ----------
    parameters : mapping
        What a study file may set under ``parameters``: name to a property of JSON Schema with ``default``.
    data : tuple of DataColumn
        Every column that it fills in the table of trials.
    wide : mapping
        Column of the table to the (stage, field) that it is read from.
    computed : tuple of str
        Columns that ``outcome`` fills.
    needs : frozenset of str
        What a case must have: ``prediction`` of the AI, ``original`` (the case that it was made from), ``truth``.
    phases : tuple of str
        The phases of learning that it can be asked in; empty: it has none.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    label: ClassVar[str]
    reference: ClassVar[str]
    parameters: ClassVar[Mapping[str, Any]] = {}
    data: ClassVar[tuple[DataColumn, ...]] = ()
    wide: ClassVar[Mapping[str, Place]] = {}
    computed: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[frozenset[str]] = frozenset({"prediction", "truth"})
    phases: ClassVar[tuple[str, ...]] = ()

    def stages(
        self, decision: Decision, treatment: Treatment, parameters: Mapping[str, Any]
    ) -> tuple[Stage, ...]:
        """Return the stages of one trial, in order; ``parameters`` is complete and holds the ``phase`` besides."""
        raise NotImplementedError

    def columns(self, parameters: Mapping[str, Any]) -> Mapping[str, Place]:
        """Return the (stage, field) of each column of the table of trials: ``wide``, unless parameters say so."""
        return self.wide

    def completed(self, given: Mapping[str, Any] | None = None, *, phase: str = "") -> dict[str, Any]:
        """Return all parameters, the given ones and the defaults, and the phase."""
        return {**completed(self.parameters, given or {}), "phase": phase}

    def routed(
        self, treatment: Treatment, parameters: Mapping[str, Any], *, confidence: float | None
    ) -> Stage | None:
        """Return the one stage of a trial that the system takes from the participant; ``None``: it takes none."""
        return None

    def outcome(self, answers: Answers, facts: TrialFacts, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the columns that follow from answers and facts; they replace what ``wide`` reads."""
        return {}

    def problems(
        self, decision: Decision, conditions: Mapping[str, Treatment], parameters: Mapping[str, Any]
    ) -> Iterator[Problem]:
        """Yield what cannot be carried out together; ``conditions`` are those that see the step."""
        return iter(())

    def simulate(self, stage: Stage, seen: Seen, *, choose: Mapping[str, str]) -> dict[str, str]:
        """Return the form values that a simulated participant sends for ``stage``, given the choices by field."""
        return form_values(stage, choose)


def paid_stage(stages: Sequence[Stage]) -> Stage | None:
    """Return the stage whose answer is paid: the last that asks something with a right answer."""
    asked = [s for s in stages if any(f.scored_against and f.score != "none" for f in s.fields)]
    return asked[-1] if asked else None


def paid_once(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """
    Return stages in which a confidence is paid beside the answer that is paid, and nowhere else.

    Examples
    --------
    >>> answer = Field("answer", "choice", "Which?", scored_against="truth")
    >>> sure = Field("confidence", "percent", "How sure?", is_paid=True)
    >>> stages = (Stage("initial", (), (answer, sure)), Stage("final", (), (answer, sure)))
    >>> [[field.is_paid for field in stage.fields] for stage in paid_once(stages)]
    [[False, False], [False, True]]
    """
    if not any(field.is_paid for stage in stages for field in stage.fields):
        return stages
    last = paid_stage(stages)
    return tuple(
        stage
        if stage is last
        else replace(stage, fields=tuple(replace(f, is_paid=False) for f in stage.fields))
        for stage in stages
    )


def form_values(stage: Stage, choose: Mapping[str, str]) -> dict[str, str]:
    """Return what a form of ``stage`` sends for the choices; every required field must be chosen and offered."""
    values = {}
    for asked in stage.fields:
        value = choose.get(asked.name)
        if value is None:
            if asked.required:
                raise ValueError(f"Stage '{stage.name}' requires the field '{asked.name}': choose a value.")
            continue
        offered = [option.value for option in asked.options]
        if offered and value not in offered:
            raise ValueError(
                f"Field '{asked.name}' of stage '{stage.name}' does not offer '{value}'; it offers {offered}."
            )
        values[asked.name] = value
    return values
