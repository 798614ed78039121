"""The methods paragraph: what was done, in sentences made from the plan and the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.core.plan import Plan
from analysis.core.plan.sentences import (
    effect_words,
    exclusion_sentences,
    hypothesis_sentence,
    multiplicity_sentence,
    sensitivity_sentences,
    stopping_sentence,
    testing_sentence,
)
from analysis.report.sample import Sample
from analysis.report.wording import listed, moment_text

_METHODS = {
    "permuted_blocks": "permuted blocks of random size",
    "simple": "simple randomisation, place by place",
}


def methods_paragraphs(
    sample: Sample, *, plan: Plan, labels: dict[str, str], scope: dict[str, Any], permutations: int
) -> list[str]:
    """Write the methods of a study for a paper; authors add recruitment and material.

    Parameters
    ----------
    sample : Sample
        Who is analysed.
    plan : Plan
        As locked.
    labels : dict of str to str
        Conditions as people call them.
    scope : dict
        As of `analysis.report.scope.scope`.
    permutations : int
        Arrangements of the permutation test.

    Returns
    -------
    list of str
        Paragraphs: design, questions, analysis.
    """
    return [
        " ".join(_design(sample, labels=labels, scope=scope)),
        " ".join(_questions(plan)),
        " ".join(_analysis(sample, plan=plan, permutations=permutations)),
    ]


def _design(sample: Sample, *, labels: dict[str, str], scope: dict[str, Any]) -> list[str]:
    kind = "simulated participants" if sample.simulated else "participants"
    names = (
        listed([labels.get(name, name) for name in sample.conditions])
        if sample.conditions
        else "no condition"
    )
    found = [_met(sample, kind, names, labels=labels)]
    allocation = sample.allocation or {}
    if allocation.get("method") == "minimisation":
        found.append(_minimised(allocation))
    elif allocation.get("list"):
        method = _METHODS.get(str(allocation.get("method")), str(allocation.get("method")).replace("_", " "))
        ratio = ":".join(str(one) for one in allocation.get("ratio", []))
        strata = [name for name in allocation.get("strata", {}) if name and name != "all"]
        within = f" within strata ({listed(sorted(strata))})" if len(strata) > 1 else ""
        found.append(
            f"The allocation list was drawn in {method}, ratio {ratio}{within}, from a recorded seed before anybody "
            "enrolled, and was concealed until a place was claimed."
        )
    if scope["n_cases"]:
        predictor = f" of the predictor {listed(scope['predictors'])}" if scope["predictors"] else ""
        found.append(
            f"They judged {scope['n_cases']} cases with advice{predictor} as their condition showed it."
        )
    return found


def _met(sample: Sample, kind: str, names: str, *, labels: dict[str, str]) -> str:
    people, conditions = len(sample.seats), len(sample.conditions)
    if not sample.is_within:
        return f"{people} {kind} were allocated to {conditions} conditions ({names})."
    told = f"{people} {kind} met {conditions} conditions ({names}), each participant several of them"
    if len(sample.arms) < 2:
        return f"{told}."
    arms = listed([labels.get(name, name) for name in sample.arms])
    return f"{told}; {len(sample.arms)} arms differed between participants ({arms})."


def _minimised(allocation: Mapping[str, Any]) -> str:
    rule = allocation.get("minimisation") or {}
    probability, imbalance = rule.get("probability", 0.8), rule.get("imbalance", "range")
    ratio = ":".join(str(one) for one in allocation.get("ratio", []))
    return (
        f"People were allocated by minimisation over the strata (Pocock and Simon), ratio {ratio}: with probability "
        f"{probability:g} to the condition that balanced them best (by the {imbalance}), otherwise to another. The "
        "random numbers were drawn from a recorded seed before anybody enrolled, and were concealed until a place "
        "was claimed."
    )


def _questions(plan: Plan) -> list[str]:
    when = f"before the first response ({moment_text(plan.locked_at)})" if plan.locked_at else ""
    found = [
        f"The plan was locked {when}." if when else "No moment is recorded at which the plan was locked."
    ]
    found.append(f"Primary hypothesis: {hypothesis_sentence(plan.primary)}")
    found.append(_sentence(testing_sentence(plan.primary, alpha=plan.alpha)))
    found += [f"Secondary: {_sentence(hypothesis_sentence(one))}" for one in plan.secondary]
    found.append(multiplicity_sentence(plan))
    if plan.n:
        found.append(stopping_sentence(plan))
    return [_sentence(one) for one in found]


def _analysis(sample: Sample, *, plan: Plan, permutations: int) -> list[str]:
    found = [*exclusion_sentences(plan), *sensitivity_sentences(plan)]
    found.append(
        "The participant is the unit of Welch's t tests; mixed models take every trial, with random intercepts of "
        "participants and cases. Beside every model stands a studentised permutation test that exchanges conditions as "
        f"the recorded allocation could have done ({permutations:,} arrangements)."
    )
    if sample.is_within:
        found.append(
            "Where the same participants met both conditions, the paired t test of their own differences takes the "
            "place of Welch's, the sign-flip test that of the permutation test, and mixed models have a slope of the "
            "condition for each participant."
        )
    if plan.effects:
        told = "; ".join(f"{one.measure}: {effect_words(one)}" for one in plan.effects)
        found.append(
            f"Effects of factors were planned ({told}). Each is a weighted sum of condition means of participant "
            "scores, with the degrees of freedom of Satterthwaite; the allocation was replayed by exchanging arms, or "
            "by flipping signs where the effect lies within participants. They are a family of their own."
        )
    found.append("Values that are not defined are missing, never zero, and are counted.")
    return [_sentence(one) for one in found]


def _sentence(text: str) -> str:
    found = text.strip()
    found = found[:1].upper() + found[1:]
    return found if found.endswith(".") else f"{found}."
