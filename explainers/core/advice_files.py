"""Advice that no network gives: from a file of precomputed predictions, or by a declared rule of error."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from explainers.core.cases import format_value, is_number
from explainers.core.cases.manifest import ID, csv_read
from explainers.core.cases.schema import refuse_faults
from explainers.core.digest import digest_of
from explainers.core.errors import PredictorRefused

SUM_TOLERANCE = 1e-3
LABEL, CONFIDENCE = "label", "confidence"
TESTS = ("at_least", "at_most", "above", "below", "equals")


@dataclass(frozen=True)
class Advice:
    """
    What is advised for one case.

    Parameters
    ----------
    label : str
        The class, or the value of a regression as it is written.
    confidence : float or None
        0 to 1; None if none was given.
    scores : dict
        Class to probability, or the outcome and its value. Where only a label was given it has 1 and the others 0, and
        `given` says so.
    given : str
        `scores`, `confidence`, `label` or `value`: what the file or the rule had.
    """

    label: str
    confidence: float | None
    scores: dict[str, float] = field(default_factory=dict)
    given: str = "scores"


def advice_read(
    data: bytes, *, classes: Sequence[str], keys: Sequence[str], output: Mapping[str, Any] | None = None
) -> dict[str, Advice]:
    """
    Read precomputed predictions.

    Parameters
    ----------
    data : bytes
        CSV in UTF-8 with `case_id` and either one column of probabilities per class (and if wanted `label`, which then
        has to be the most probable one), or `label` and `confidence` (two classes), or `label` alone; for a
        regression one column that is called like the outcome.
    classes : Sequence of str
        The classes in their order, or the one name of the outcome of a regression.
    keys : Sequence of str
        Keys of the cases: each needs exactly one row.
    output : Mapping or None
        As in a declaration; its kind says whether it is a regression.

    Returns
    -------
    dict
        Key to Advice, in the order of the keys.

    Raises
    ------
    CaseSetRefused
        Naming row and column of every fault, up to ten; then nothing is taken.
    PredictorRefused
        If the columns are of no such form.
    """
    header, table = csv_read(data)
    columns = set(header) - {ID}
    read = _reader(columns, classes=list(classes), output=output or {})
    faults, found = [], {}
    wanted = set(keys)
    for number, record in table:
        named = dict(zip(header, record, strict=True))
        key = named[ID]
        if key in found or key not in wanted:
            faults.append(
                f"row {number} ({key[:80]}): {'used twice' if key in found else 'there is no such case'}"
            )
            continue
        advice = read(named)
        if isinstance(advice, str):
            faults.append(f"row {number} ({key[:80]}), {advice}")
            advice = Advice("", None)
        found[key] = advice
    faults += [f"case {key}: there is no row" for key in keys if key not in found]
    refuse_faults(faults)
    return {key: found[key] for key in keys}


def _reader(columns: set[str], *, classes: list[str], output: Mapping[str, Any]) -> Any:
    if output.get("kind") == "regression":
        if columns != set(classes):
            raise PredictorRefused(f"The file needs the columns {ID} and {classes[0]}, and no other.")
        return lambda named: _value(named, name=classes[0], decimals=int(output.get("decimals", 2)))
    if columns in (set(classes), {*classes, LABEL}):
        return lambda named: _from_scores(named, classes=classes)
    if columns == {LABEL} or (columns == {LABEL, CONFIDENCE} and len(classes) == 2):
        return lambda named: _from_label(named, classes=classes)
    raise PredictorRefused(
        f"The file needs {ID} and a column of probabilities per class ({', '.join(classes)[:200]}), or {LABEL} and, "
        f"for two classes, {CONFIDENCE}; it has {', '.join(sorted(columns))[:200]}."
    )


def _number(text: str) -> float:
    try:
        return math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan


def _value(named: Mapping[str, str], *, name: str, decimals: int) -> Advice | str:
    value = _number(named[name])
    if not math.isfinite(value):
        return f"column {name}: {named[name]!r:.60} is not a finite number"
    return Advice(format_value(value, decimals=decimals), None, {name: value}, "value")


def _from_scores(named: Mapping[str, str], *, classes: Sequence[str]) -> Advice | str:
    scores = {name: _number(named[name]) for name in classes}
    for name, score in scores.items():
        if not 0 <= score <= 1:
            return f"column {name}: {named[name]!r:.60} is not a probability from 0 to 1"
    if abs(sum(scores.values()) - 1) > SUM_TOLERANCE:
        return f"the probabilities add up to {sum(scores.values()):.4g}, not to 1"
    label = max(classes, key=lambda name: scores[name])
    if named.get(LABEL, label) != label and scores.get(named[LABEL], -1) < scores[label]:
        return f"column {LABEL}: {named[LABEL]!r:.60} is not the most probable class, {label!r} is"
    label = named.get(LABEL, label)
    return Advice(label, scores[label], scores)


def _from_label(named: Mapping[str, str], *, classes: Sequence[str]) -> Advice | str:
    label = named[LABEL]
    if label not in classes:
        return f"column {LABEL}: {label!r:.60} is none of {', '.join(classes)[:200]}"
    if CONFIDENCE not in named:
        return Advice(label, None, {name: float(name == label) for name in classes}, "label")
    confidence = _number(named[CONFIDENCE])
    if not 0.5 <= confidence <= 1:
        return f"column {CONFIDENCE}: {named[CONFIDENCE]!r:.60} is not from 0.5 to 1, the confidence in the label"
    scores = {name: confidence if name == label else 1 - confidence for name in classes}
    return Advice(label, confidence, scores, "confidence")


def bias_check(rule: Mapping[str, Any], *, classes: Sequence[str], features: Sequence[str]) -> None:
    """
    Check the declared rule of a systematically biased predictor.

    Parameters
    ----------
    rule : Mapping
        `{"when": [{"feature": "age", "at_least": 80}], "says": "pneumonia", "confidence": 0.9, "share": 1, "seed": 1}`.
        All conditions have to hold (`at_least`, `at_most`, `above`, `below`, `equals`). `share` is the
        proportion of these cases that is biased, by default all; which ones is drawn from the seed.
    classes : Sequence of str
        Classes of the predictor.
    features : Sequence of str
        Features of the cases.

    Raises
    ------
    PredictorRefused
        With one sentence on the first fault.

    References
    ----------
    .. [1] Jabbour et al. (2023). Measuring the impact of AI in the diagnosis of hospitalized patients.
           doi:10.1001/jama.2023.22295
    """
    if not {"when", "says", "confidence"} <= set(rule) <= {"when", "says", "confidence", "share", "seed"}:
        raise PredictorRefused("A rule has when, says, confidence and, if wanted, share and seed.")
    if not isinstance(rule["when"], list) or not rule["when"]:
        raise PredictorRefused("The rule needs at least one condition under when.")
    for condition in rule["when"]:
        tests = set(condition) - {"feature"} if isinstance(condition, Mapping) else set()
        if not tests or condition.get("feature") not in features or not tests <= set(TESTS):
            raise PredictorRefused(
                f"The condition {condition!r:.120} needs a feature of the cases and one of {', '.join(TESTS)}."
            )
        if not all(is_number(condition[test]) for test in tests):
            raise PredictorRefused(
                f"The condition {condition!r:.120} compares with something that is no number."
            )
    if rule["says"] not in classes:
        raise PredictorRefused(
            f"The rule says {rule['says']!r:.80}, which is none of {', '.join(classes)[:200]}."
        )
    share, seed = rule.get("share", 1.0), rule.get("seed", 0)
    if not is_number(rule["confidence"]) or not 1 / len(classes) < rule["confidence"] <= 1:
        raise PredictorRefused("The confidence of the rule is above that of a guess and at most 1.")
    if not is_number(share) or not 0 < share <= 1 or type(seed) is not int:
        raise PredictorRefused("The share of a rule is above 0 and at most 1, its seed a whole number.")


def bias_apply(
    rule: Mapping[str, Any], *, key: str, inputs: Mapping[str, Any], scores: Mapping[str, float]
) -> Advice:
    """
    Return what the biased predictor says of a case.

    Formula: where the rule holds, p(says) = confidence and the others share the rest in the proportions of the
    unbiased predictor (equally if these are 0); elsewhere the scores are those of the unbiased predictor.

    Parameters
    ----------
    rule : Mapping
        What `bias_check` passed.
    key : str
        Key of the case.
    inputs : Mapping
        Its inputs.
    scores : Mapping
        Class to probability, from the unbiased predictor.

    Returns
    -------
    Advice
        What a case gets does not depend on the other cases.

    Examples
    --------
    >>> rule = {"when": [{"feature": "age", "at_least": 80}], "says": "ill", "confidence": 0.9}
    >>> bias_apply(rule, key="a", inputs={"age": 81}, scores={"well": 0.7, "ill": 0.3}).label
    'ill'
    """
    changed = dict(scores)
    if bias_holds(rule, key=key, inputs=inputs):
        says, confidence = rule["says"], float(rule["confidence"])
        rest = sum(score for name, score in scores.items() if name != says)
        others = len(scores) - 1
        changed = {
            name: confidence
            if name == says
            else (1 - confidence) * (score / rest if rest > 0 else 1 / others)
            for name, score in scores.items()
        }
    label = max(changed, key=lambda name: changed[name])
    return Advice(label, changed[label], changed)


def bias_holds(rule: Mapping[str, Any], *, key: str, inputs: Mapping[str, Any]) -> bool:
    """
    Say whether a rule changes a case.

    Parameters
    ----------
    rule : Mapping
        What `bias_check` passed.
    key : str
        Key of the case.
    inputs : Mapping
        Its inputs.

    Returns
    -------
    bool
        True if all conditions hold and the case is in the share.
    """
    tests = {
        "at_least": lambda value, limit: value >= limit,
        "at_most": lambda value, limit: value <= limit,
        "above": lambda value, limit: value > limit,
        "below": lambda value, limit: value < limit,
        "equals": lambda value, limit: value == limit,
    }
    for condition in rule["when"]:
        value = inputs[condition["feature"]]
        if not all(tests[test](value, limit) for test, limit in condition.items() if test != "feature"):
            return False
    drawn = int(digest_of({"bias": key, "seed": rule.get("seed", 0)})[:13], 16) / 16**13
    return drawn < float(rule.get("share", 1.0))
