"""Sensitivity analyses: the primary question again, without those whom a rule leaves out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from analysis.core.plan import Plan, Rule, Variation
from analysis.core.selection import DECISION_PROTOCOLS, counted, is_true
from analysis.report.contrasts import Settings
from analysis.report.decisive import LABELS
from analysis.report.sample import Sample
from analysis.report.verdict import answer_family

if TYPE_CHECKING:
    import pandas as pd

FEWER = 2_000  # arrangements of each permutation test of a sensitivity analysis
_SUMMARIES = ("median", "mean")


class RuleError(ValueError):
    """A rule cannot be applied; the message says why."""


def analysed_ids(sample: Sample, *, analyse: str) -> set[str]:
    """Return whom the plan analyses.

    Parameters
    ----------
    sample : Sample
        Everybody who was allocated.
    analyse : {"intention_to_treat", "completers"}
        Intention to treat: all who were allocated. Completers: those who reached the end and whom no rule excludes.

    Returns
    -------
    set of str
        Identifiers.

    Raises
    ------
    RuleError
        When completers are asked for and nobody recorded who completed.
    """
    everyone = set(sample.people["participant_id"])
    if analyse == "intention_to_treat":
        return everyone
    table = sample.participants
    if table is None or "completed" not in table.columns:
        raise RuleError(
            "The plan analyses completers, but there is no table of participants that says who completed."
        )
    return everyone & set(table["participant_id"][is_true(table, "completed") & ~is_true(table, "excluded")])


def main_sample(sample: Sample, *, plan: Plan, analyse: str = "") -> Sample:
    """Return the sample of the main analysis: the plan's set without those whom the plan leaves out.

    Parameters
    ----------
    sample : Sample
        Everybody who was allocated.
    plan : Plan
        With its set and its exclusions.
    analyse : str
        Another set than that of the plan; empty: that of the plan.

    Returns
    -------
    Sample
        A part of the sample.

    Raises
    ------
    RuleError
        When the set cannot be formed or a rule cannot be applied.
    """
    gone: set[str] = set()
    for rules in plan.exclude:
        gone |= left_out(sample, rules)
    return sample.only(analysed_ids(sample, analyse=analyse or plan.analyse) - gone)


def left_out(sample: Sample, rules: tuple[Rule, ...]) -> set[str]:
    """Return the participants whom any of the rules leaves out.

    Parameters
    ----------
    sample : Sample
        Who is analysed.
    rules : tuple of Rule
        A column of the table of participants, or ``median_`` / ``mean_`` and a numeric column of the trials.
        Times of trials are taken without hidden time.

    Returns
    -------
    set of str
        Identifiers. Who has no value of the column stays in.

    Raises
    ------
    RuleError
        When a column is not there or not a number.
    """
    found: set[str] = set()
    for rule in rules:
        values = _values(sample, rule.column)
        if rule.relation == "equal":
            hit = values.map(lambda value, wanted=rule.value: bool(value == wanted), na_action="ignore")
        else:
            numbers = _numeric(values, rule)
            hit = numbers < float(rule.value) if rule.relation == "below" else numbers > float(rule.value)
        found |= set(hit.index[hit.astype("boolean").fillna(False).astype(bool)])
    return found


def sensitivity_analyses(sample: Sample, *, plan: Plan, settings: Settings) -> list[dict[str, Any]]:
    """Answer the primary question once for each rule of the plan, and for the usual two sets.

    Parameters
    ----------
    sample : Sample
        Everybody who was allocated.
    plan : Plan
        With its rules.
    settings : Settings
        As for the report.

    Returns
    -------
    list of dict
        ``label, planned, n_left_out, undefined`` and ``primary`` (as of `answer_family`).

    Notes
    -----
    Completers, and everybody without those whom the study's own rules exclude, are always reported where they
    differ from all who were allocated; they are marked as not planned unless the plan names them. Permutation tests
    take at most 2,000 arrangements here.
    """
    found = []
    main = main_sample(sample, plan=plan)
    settings = replace(settings, permutations=min(settings.permutations, FEWER))
    for rules in plan.sensitivity:
        label = "Without " + " or ".join(_rule_words(rule) for rule in rules)
        found.append(_attempt(label, partial(_without, main, rules, plan=plan, settings=settings)))
    for variation in plan.variations:
        label = _variation_label(variation)
        found.append(_attempt(label, partial(_varied, sample, variation, plan=plan, settings=settings)))
    for label, gone in _usual(sample, plan=plan).items():
        again = _again(main, gone, plan=plan, settings=settings)
        found.append(again | {"label": label, "planned": False})
    if plan.exclude:
        everyone = _again(sample, set(), plan=plan, settings=settings)
        found.append(everyone | {"label": "Everybody who was allocated", "planned": False})
    return found


def _attempt(label: str, answer: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return answer() | {"label": label, "planned": True}
    except RuleError as error:
        nothing: dict[str, Any] = {"n_left_out": 0, "undefined": str(error), "primary": None}
        return nothing | {"label": label, "planned": True}


def _without(sample: Sample, rules: tuple[Rule, ...], *, plan: Plan, settings: Settings) -> dict[str, Any]:
    return _again(sample, left_out(sample, rules), plan=plan, settings=settings)


def _varied(sample: Sample, variation: Variation, *, plan: Plan, settings: Settings) -> dict[str, Any]:
    primary = (
        plan.primary if variation.estimator is None else replace(plan.primary, estimator=variation.estimator)
    )
    chosen = main_sample(sample, plan=plan, analyse=variation.analyse or "")
    gone = set(main_sample(sample, plan=plan).people["participant_id"]) - set(chosen.people["participant_id"])
    answer = answer_family(chosen, [primary], plan=plan, settings=settings)[0]
    return {"n_left_out": len(gone), "undefined": None, "primary": answer}


def _rule_words(rule: Rule) -> str:
    """Say a rule as people say it: ``median_rt_ms below 800`` is "median response time below 800 ms"."""
    name, unit = (rule.column[:-3], " ms") if rule.column.endswith("_ms") else (rule.column, "")
    words = ["response time" if word == "rt" else word for word in name.split("_")]
    relation = "" if rule.relation == "equal" else f"{rule.relation} "
    return f"{' '.join(words)} {relation or '= '}{rule.value}{unit}"


def _variation_label(variation: Variation) -> str:
    if variation.estimator:
        return f"Decided by the {LABELS.get(variation.estimator, variation.estimator)}"
    return {"intention_to_treat": "Everybody who was allocated", "completers": "Completers"}[
        variation.analyse or "completers"
    ]


def _again(sample: Sample, gone: set[str], *, plan: Plan, settings: Settings) -> dict[str, Any]:
    everyone = set(sample.people["participant_id"])
    rest = sample.only(everyone - gone)
    answer = answer_family(rest, [plan.primary], plan=plan, settings=settings)[0]
    return {"n_left_out": len(gone & everyone), "undefined": None, "primary": answer}


def _usual(sample: Sample, *, plan: Plan) -> dict[str, set[str]]:
    everyone = set(sample.people["participant_id"])
    table = sample.trials if sample.participants is None else sample.participants
    sets = {
        "Without those excluded by a rule of the study": set(
            table["participant_id"][is_true(table, "excluded")]
        )
    }
    if sample.participants is not None and "completed" in sample.participants.columns:
        done = set(table["participant_id"][is_true(table, "completed")])
        sets["Completers only"] = everyone - done
    if plan.analyse == "completers":
        sets = {}
    return {label: gone & everyone for label, gone in sets.items() if gone & everyone}


def _values(sample: Sample, column: str) -> pd.Series[Any]:
    table = sample.participants
    if table is not None and column in table.columns:
        return table.set_index("participant_id")[column]
    summary, _, name = column.partition("_")
    if summary not in _SUMMARIES or name not in sample.trials.columns:
        raise RuleError(
            f"There is no column {column}: neither in the table of participants, nor as median_ or mean_ of a column "
            "of the trials."
        )
    trials = counted(sample.trials, protocols=DECISION_PROTOCOLS)
    try:
        values = trials[name].astype(float)
    except (TypeError, ValueError) as error:
        raise RuleError(f"{name} is not a number, so that {column} is not defined.") from error
    if name == "rt_ms" and "hidden_ms" in trials.columns:
        values = values - trials["hidden_ms"].astype(float).fillna(0.0)
    groups = values.groupby(trials["participant_id"])
    return groups.median() if summary == "median" else groups.mean()


def _numeric(values: pd.Series[Any], rule: Rule) -> pd.Series[float]:
    try:
        return values.astype("Float64")
    except (TypeError, ValueError) as error:
        raise RuleError(f"{rule.column} is not a number: {rule} cannot be applied.") from error
