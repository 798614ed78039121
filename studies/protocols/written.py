"""Stages and fields as a study file writes them: read, and checked beyond what the schema can say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from studies.protocols._fields import answer_field, confidence_fields, options_of
from studies.protocols.credit import CREDITS
from studies.protocols.fields import NOTHING, Field
from studies.protocols.stages import Decision, Problem, Stage, Treatment

DECISION, CONFIDENCE = "decision", "confidence"
OF_OPTIONS = frozenset({"choice", "several", "probabilities", "ranking", "rating_per_part", "replacement"})
OF_SCALES = frozenset({"ordinal", "rating_per_part"})
OF_NOTHING = frozenset({"several", "region", "replacement"})
ONLY_OF: Mapping[str, frozenset[str]] = {
    "options": OF_OPTIONS,
    "options_from": OF_OPTIONS,
    "options_in": frozenset({"replacement"}),
    "order": OF_OPTIONS,
    "nothing": OF_NOTHING,
    "sums_to": frozenset({"probabilities"}),
    "shape": frozenset({"region"}),
    "unit": frozenset({"numeric"}),
}
MOST_POINTS = 11


def stage_of(entry: Mapping[str, Any], decision: Decision, treatment: Treatment) -> Stage:
    """Return a stage that a study file writes, for a condition."""
    absent = {
        *(() if treatment.advice else ("advice",)),
        *(() if treatment.explanations else ("explanations",)),
    }
    return Stage(
        name=entry["name"],
        items=tuple(item for item in entry["items"] if item not in absent),
        fields=tuple(field for written in entry["fields"] for field in fields_of(written, decision)),
        prompt=entry.get("prompt", ""),
        time_limit_s=entry.get("time_limit_s", 0.0),
        only_if=entry.get("only_if", ""),
    )


def fields_of(written: str | Mapping[str, Any], decision: Decision) -> tuple[Field, ...]:
    """
    Return the field that an entry stands for; none for a confidence that the study does not ask.

    Examples
    --------
    >>> from studies.protocols.fields import Option
    >>> decision = Decision("Which?", (Option("a", "A"), Option("b", "B")), "a")
    >>> [field.kind for field in fields_of("decision", decision)], fields_of("confidence", decision)
    (['choice'], ())
    """
    if written == DECISION:
        return (answer_field(decision, name=DECISION, label=decision.question, scored_against="truth"),)
    if written == CONFIDENCE:
        return confidence_fields(decision)
    assert isinstance(written, Mapping)  # the schema allows nothing else
    entry = dict(written)
    entry["scored_against"] = entry.pop("truth", None)
    entry["options"] = options_of(entry.get("options", ()))
    entry["options_in"] = options_of(entry.get("options_in", ()))
    entry["anchors"] = tuple(entry.get("anchors", ("", "")))
    return (Field(**entry),)


def stage_problems(stages: Sequence[Mapping[str, Any]], decision: Decision) -> Iterator[Problem]:
    """Yield what is wrong with stages, by their place in the list."""
    names = [entry["name"] for entry in stages]
    has_decided = False
    for index, entry in enumerate(stages):
        if entry["name"] in names[:index]:
            yield (index, "name"), f"Two stages have the name '{entry['name']}'."
        if index == 0 and "own_answer" in entry["items"]:
            yield (index, "items"), "The first page has no own answer to show: leave own_answer out."
        if "only_if" in entry and not has_decided:
            yield (index, "only_if"), "No page before this one asks for the decision: put one there."
        asked = [field if isinstance(field, str) else field["name"] for field in entry["fields"]]
        for number, (name, field) in enumerate(zip(asked, entry["fields"], strict=True)):
            if name in asked[:number]:
                yield (index, "fields", number), f"The page asks twice for '{name}'."
            yield from _told(("fields", number), index, _field_problems(field, decision))
        has_decided = has_decided or DECISION in entry["fields"]


def _told(path: tuple[str | int, ...], index: int, found: Iterable[tuple[str, str]]) -> Iterator[Problem]:
    for key, message in found:
        yield (index, *path, *((key,) if key else ())), message


def _field_problems(field: str | Mapping[str, Any], decision: Decision) -> Iterator[tuple[str, str]]:
    if field == CONFIDENCE and decision.confidence is None:
        yield "", "The decision of the study asks no confidence: write confidence: {scale: percent} there."
    if isinstance(field, str):
        return
    kind = field["kind"]
    for key, kinds in ONLY_OF.items():
        if key in field and kind not in kinds:
            yield key, f"A field of the kind '{kind}' has no '{key}': leave it out."
    if field["name"] in (DECISION, CONFIDENCE):
        yield (
            "name",
            f"'{field['name']}' is a name of the study's own question: write it alone, or name it otherwise.",
        )
    if kind in OF_OPTIONS and "options" not in field and "options_from" not in field:
        yield "", f"A field of the kind '{kind}' needs options, or options_from."
    yield from _option_problems(field)
    yield from _number_problems(field)
    yield from _score_problems(field)


def _option_problems(field: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key in ("options", "options_in"):
        values = [option.value for option in options_of(field.get(key, ()))]
        if len(set(values)) != len(values):
            yield key, "Two options have the same value."
        if NOTHING in values and "nothing" in field:
            yield (
                key,
                f"'{NOTHING}' is the value of the answer that nothing applies: name the option otherwise.",
            )


def _number_problems(field: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    low, high = field.get("minimum"), field.get("maximum")
    if low is not None and high is not None and (low > high or (low == high and field["kind"] != "several")):
        yield "minimum", "The minimum must be less than the maximum."
    elif field["kind"] in OF_SCALES:
        yield from _scale_problems(field, low, high)
    elif field["kind"] == "several" and "options" in field and (high or 0) > len(field["options"]):
        yield "maximum", "There are not as many options."


def _scale_problems(field: Mapping[str, Any], low: Any, high: Any) -> Iterator[tuple[str, str]]:
    if low is None or high is None:
        yield "", f"A field of the kind '{field['kind']}' needs a minimum and a maximum."
        return
    points = high - low + 1
    if low != int(low) or high != int(high) or points > MOST_POINTS:
        yield "maximum", f"A scale has whole numbers and at most {MOST_POINTS} points."
    if len(field.get("anchors", ("", ""))) not in (2, points):
        yield "anchors", "Write two anchors, for the ends, or one for every point."


def _score_problems(field: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    kind, credit = field["kind"], field.get("credit", "")
    if kind == "text" and "truth" in field:
        yield "truth", "Words have no reference answer here: leave truth out."
    if "truth" not in field and field.get("score", "none") != "none":
        yield "score", "Without truth there is nothing to score: write truth, or leave score out."
    if credit and field.get("score") != "graded":
        yield "credit", "A credit is the rule of a graded score: write score: graded."
    elif credit and credit not in CREDITS.get(kind, {}):
        yield (
            "credit",
            f"A field of the kind '{kind}' has the credits {', '.join(CREDITS.get(kind, ())) or 'none'}.",
        )
