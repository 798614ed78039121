"""What an answer is worth against the reference answer: right or wrong, and a credit from 0 to 1. Pure.

Reference answers are text, as a cell of a case file holds them: a plain value; several values with ``|`` between them;
``none`` for none; a mapping or list as JSON text. A mapping of options to probabilities is an uncertain reference.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from studies.protocols.fields import NOTHING, Field
from studies.protocols.regions import region_contains, region_iou

IOU_RIGHT = 0.5
"""From this overlap on a box is right (as in the PASCAL VOC detection task)."""
EVEN, SEPARATOR = 0.5, "|"


@dataclass(frozen=True)
class Judgement:
    """What an answer is worth: whether it is right (``None``: that cannot be said), and its credit from 0 to 1."""

    is_right: bool | None
    credit: float | None


UNJUDGED = Judgement(None, None)


def judged(field: Field, answer: Any, key: str | None) -> Judgement:
    """
    Return what an answer is worth.

    Parameters
    ----------
    field : Field
        The question, with the options of the case.
    answer : object or None
        The stored value; ``None`` where there is none.
    key : str or None
        The reference answer as text; ``None`` where it is not known.

    Returns
    -------
    Judgement
        ``credit`` is 1 or 0 for a binary score, and follows ``field.credit`` for a graded one.

    Raises
    ------
    ValueError
        When the reference answer is none that the kind of field can be compared with.

    Notes
    -----
    Against an uncertain reference a choice is neither right nor wrong; its credit is the probability of the answer,
    which is the credit to be expected.

    Examples
    --------
    >>> from studies.protocols.fields import Option
    >>> drugs = tuple(Option(name, name) for name in "abc")
    >>> field = Field("drugs", "several", "Which?", drugs, score="graded")
    >>> judged(field, ["a", "b"], "a|c")
    Judgement(is_right=False, credit=0.3333333333333333)
    """
    if answer is None or key is None or key == "" or field.score == "none" or field.kind == "text":
        return UNJUDGED
    reference = read_key(key)
    if field.kind == "choice" and isinstance(reference, Mapping):
        return Judgement(None, float(reference.get(answer, 0.0)))
    is_right = _IS_RIGHT.get(field.kind, _same)(field, answer, reference)
    if field.score == "binary":
        return Judgement(is_right, float(is_right))
    rule = CREDITS[field.kind][field.credit or next(iter(CREDITS[field.kind]))]
    return Judgement(is_right, rule(field, answer, reference))


def read_key(text: str) -> Any:
    """
    Read a reference answer: JSON where it is a mapping or a list, otherwise the text itself.

    Examples
    --------
    >>> read_key('{"benign": 0.7, "malignant": 0.3}')["benign"], read_key("benign")
    (0.7, 'benign')
    """
    if text[:1] in "{[":
        try:
            return json.loads(text)
        except ValueError as error:
            raise ValueError(f"The reference answer {text[:40]!r} is no JSON: {error}.") from None
    return text


def key_fault(field: Field, text: str) -> str:
    """
    Say in a sentence why a field cannot be scored against a reference answer; "" when it can.

    Examples
    --------
    >>> key_fault(Field("size", "numeric", "How large?"), "large")
    "'large' is no reference answer for the field 'size' (numeric): it is no number."
    """
    try:
        reference = read_key(text)
        if field.kind != "choice" or not isinstance(reference, Mapping):
            _IS_RIGHT.get(field.kind, _same)(
                field, _SPECIMENS.get(field.kind, _first_option)(field), reference
            )
        return _offer_fault(field, reference)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        reason = str(error) if isinstance(error, ValueError) else "it has another form."
        return f"{text[:40]!r} is no reference answer for the field {field.name!r} ({field.kind}): {reason}"


def values_of(reference: Any) -> frozenset[str]:
    """
    Return the options that a reference names: from a list, from text with ``|``, from ``none``.

    Examples
    --------
    >>> sorted(values_of("a|b")), sorted(values_of("none"))
    (['a', 'b'], [])
    """
    if isinstance(reference, str):
        reference = [] if reference == NOTHING else [part.strip() for part in reference.split(SEPARATOR)]
    return frozenset(map(str, reference))


def _offer_fault(field: Field, reference: Any) -> str:
    offered = {option.value for option in field.options}
    if (
        field.kind not in ("choice", "several", "ranking", "probabilities")
        or not offered
        or field.options_from
    ):
        return ""
    named = {reference} if field.kind == "choice" and isinstance(reference, str) else values_of(reference)
    strange = sorted(named - offered)
    return f"The field {field.name!r} does not offer {strange[0]!r}." if strange else ""


def _number(reference: Any) -> float:
    try:
        found = float(reference)
    except (TypeError, ValueError):
        raise ValueError("it is no number.") from None
    if not math.isfinite(found):
        raise ValueError("it is no number.")
    return found


def _same(_field: Field, answer: Any, reference: Any) -> bool:
    return bool(answer == reference)


def _near(field: Field, answer: Any, reference: Any) -> bool:
    # A decimal fraction such as 0.3 has no exact binary form; a distance at the bound counts as within.
    return bool(abs(answer - _number(reference)) <= field.tolerance * (1 + 1e-12) + 1e-12)


def _same_set(_field: Field, answer: Sequence[str], reference: Any) -> bool:
    return frozenset(answer) == values_of(reference)


def _same_order(_field: Field, answer: Sequence[str], reference: Any) -> bool:
    return list(answer) == _order(reference)


def _likeliest(field: Field, answer: Mapping[str, float], reference: Any) -> bool:
    """Say whether every option got the right side of one half; of exclusive options, whether the likeliest is right."""
    target = _targets(answer, reference)
    if field.sums_to is None:
        return all((answer[name] > 0.5) == (target[name] > 0.5) for name in target)
    top = max(answer.values())
    return [name for name in target if answer[name] == top] == [
        name for name in target if target[name] == max(target.values())
    ]


def _marked(field: Field, answer: Mapping[str, float], reference: Any) -> bool:
    if not answer or reference == NOTHING:
        return not answer and reference == NOTHING
    if field.shape == "point":
        return region_contains(reference, answer)
    return region_iou(answer, reference) >= IOU_RIGHT


def _all_parts(field: Field, answer: Mapping[str, float], reference: Mapping[str, Any]) -> bool:
    return all(abs(answer[part] - _number(reference[part])) <= field.tolerance for part in answer)


def _same_swap(_field: Field, answer: Mapping[str, str], reference: Any) -> bool:
    return dict(answer) == ({} if reference == NOTHING else dict(reference))


_IS_RIGHT: Mapping[str, Callable[[Field, Any, Any], bool]] = {
    "several": _same_set,
    "ordinal": _near,
    "numeric": _near,
    "percent": _near,
    "probability": _near,
    "probabilities": _likeliest,
    "ranking": _same_order,
    "region": _marked,
    "rating_per_part": _all_parts,
    "replacement": _same_swap,
}


def jaccard(_field: Field, answer: Sequence[str], reference: Any) -> float:
    """Return shared options over all that either names; 1 where both name none (Jaccard 1912)."""
    chosen, wanted = frozenset(answer), values_of(reference)
    union = chosen | wanted
    return len(chosen & wanted) / len(union) if union else 1.0


def f1(_field: Field, answer: Sequence[str], reference: Any) -> float:
    """Return twice the shared options over the sum of both counts; 1 where both name none."""
    chosen, wanted = frozenset(answer), values_of(reference)
    total = len(chosen) + len(wanted)
    return 2 * len(chosen & wanted) / total if total else 1.0


def partial(field: Field, answer: Sequence[str], reference: Any) -> float:
    """Return the share of the right options chosen less the share of the wrong ones, at least 0."""
    chosen, wanted = frozenset(answer), values_of(reference)
    others = {option.value for option in field.options} - wanted
    hits = len(chosen & wanted) / len(wanted) if wanted else 1.0
    misses = len(chosen & others) / len(others) if others else 0.0
    return max(0.0, hits - misses)


def linear(field: Field, answer: float, reference: Any) -> float:
    """Return 1 less the distance over where credit ends: the tolerance, otherwise the length of the scale."""
    span = field.tolerance
    if not span and field.minimum is not None and field.maximum is not None:
        span = field.maximum - field.minimum
    distance = abs(answer - _number(reference))
    return max(0.0, 1 - distance / span) if span else float(distance == 0)


def quadratic(_field: Field, answer: float, reference: Any) -> float:
    """Return 1 less the squared distance of a probability from the reference (Brier 1950)."""
    return 1 - float(answer - _number(reference)) ** 2


def mean_quadratic(_field: Field, answer: Mapping[str, float], reference: Any) -> float:
    """Return 1 less the mean squared distance over the options (Brier 1950); each counts the same."""
    target = _targets(answer, reference)
    return 1 - sum((answer[name] - target[name]) ** 2 for name in target) / len(target)


def sides(_field: Field, answer: Mapping[str, float], reference: Any) -> float:
    """Return the share of options on the right side of one half, which itself counts as above (Jabbour et al. 2023)."""
    target = _targets(answer, reference)
    return sum((answer[name] >= EVEN) == (target[name] >= EVEN) for name in target) / len(target)


def kendall(_field: Field, answer: Sequence[str], reference: Any) -> float:
    """Return the share of pairs in the right order, which is (tau + 1) / 2 (Kendall 1938)."""
    place = {name: index for index, name in enumerate(_order(reference))}
    pairs = list(combinations(answer, 2))
    return sum(place[one] < place[other] for one, other in pairs) / len(pairs) if pairs else 1.0


def first(_field: Field, answer: Sequence[str], reference: Any) -> float:
    """Return 1 where the best place is right."""
    return float(answer[0] == _order(reference)[0])


def overlap(field: Field, answer: Mapping[str, float], reference: Any) -> float:
    """Return intersection over union of a box and the reference; of a point whether it lies inside."""
    if not answer or reference == NOTHING or field.shape == "point":
        return float(_marked(field, answer, reference))
    return region_iou(answer, reference)


def share_of_parts(field: Field, answer: Mapping[str, float], reference: Mapping[str, Any]) -> float:
    """Return the mean over parts of the linear credit."""
    return sum(linear(field, answer[part], reference[part]) for part in answer) / len(answer)


def halves(_field: Field, answer: Mapping[str, str], reference: Any) -> float:
    """Return one half for what is rightly taken away and one half for what is rightly put in."""
    wanted = {} if reference == NOTHING else dict(reference)
    if not wanted or not answer:
        return float(dict(answer) == wanted)
    return sum(float(answer[part] == wanted[part]) for part in wanted) / 2


Credit = Callable[[Field, Any, Any], float]
CREDITS: Mapping[str, Mapping[str, Credit]] = {
    "choice": {"exact": lambda _field, answer, reference: float(answer == reference)},
    "several": {"jaccard": jaccard, "f1": f1, "partial": partial},
    "ordinal": {"linear": linear},
    "numeric": {"linear": linear},
    "percent": {"quadratic": quadratic, "linear": linear},
    "probability": {"quadratic": quadratic, "linear": linear},
    "probabilities": {"quadratic": mean_quadratic, "sides": sides},
    "ranking": {"kendall": kendall, "first": first},
    "region": {"overlap": overlap},
    "rating_per_part": {"linear": share_of_parts},
    "replacement": {"halves": halves},
}
"""The rules of graded scores by kind of field; the first of a kind is its usual one."""


def _targets(answer: Mapping[str, float], reference: Any) -> dict[str, float]:
    """Return what each probability should be: a given one, or 1 for an option that is named and 0 for others."""
    if isinstance(reference, Mapping):
        return {name: _number(reference.get(name, 0)) for name in answer}
    wanted = values_of(reference)
    return {name: float(name in wanted) for name in answer}


def _order(reference: Any) -> list[str]:
    if isinstance(reference, str):
        return [part.strip() for part in reference.split(SEPARATOR)]
    return [str(part) for part in reference]


def _first_option(field: Field) -> str:
    return field.options[0].value if field.options else ""


_SPECIMENS: Mapping[str, Callable[[Field], Any]] = {
    "several": lambda _field: [],
    "ordinal": lambda _field: 0,
    "numeric": lambda _field: 0.0,
    "percent": lambda _field: 0.0,
    "probability": lambda _field: 0.0,
    "probabilities": lambda field: {option.value: 0.0 for option in field.options},
    "ranking": lambda field: [option.value for option in field.options],
    "region": lambda field: (
        {"x": 0.5, "y": 0.5} if field.shape == "point" else {"x0": 0, "y0": 0, "x1": 1, "y1": 1}
    ),
    "rating_per_part": lambda field: {option.value: 0 for option in field.options},
    "replacement": lambda _field: {},
}
"""An answer of each kind, to try a reference answer on."""
