"""The actionability card: concreteness of the action and strength of its validation, by a published rubric.

The two axes are those of Orgad et al. (2026, arXiv 2605.11161); the steps are ours. Authors may lower a score, never
raise it. Simulated participants validate nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RUBRIC = {
    "concreteness": (
        "Nobody said which action the explanation is to support.",
        "The action is named.",
        "The action and the people who take it are named.",
        "The study measures that action itself: a decision on a case, not an opinion.",
        "The action is taken on the case at hand: its explanation stands beside advice that can be overridden.",
    ),
    "validation": (
        "Nothing is validated: simulated participants, no valid answer, or a question that could not be answered.",
        "People took part, and the benefit was not shown.",
        "The benefit was shown against the AI without explanation.",
        "It was also shown against a control explanation, or a difference below the smallest effect is ruled out.",
        "Both, in a plan that was locked, without any reservation.",
    ),
}
_OPINIONS = ("self-report",)
_BETTER = ("superior", "superior_small")


def actionability_card(
    results: Mapping[str, Any], *, family: str, lowered: Mapping[str, Any], controls: set[str]
) -> dict[str, Any]:
    """Score a study on both axes from what its report knows.

    Parameters
    ----------
    results : mapping
        Results with ``answer, primary, treatment, simulated, flags``.
    family : str
        Family of the primary measure, such as "self-report".
    lowered : mapping
        Scores that the authors claim: ``concreteness``, ``validation`` and ``why``. Only lower ones are taken.
    controls : set of str
        Conditions whose explanation is a declared control.

    Returns
    -------
    dict
        For each axis: ``score`` (0 to 4), ``computed``, ``steps`` (``text, reached, evidence``: anchor in the page),
        ``lowered_by_authors``; and ``note``: a sentence about what the authors asked for.
    """
    computed = {
        "concreteness": _concreteness(results, family=family),
        "validation": _validation(results, controls=controls),
    }
    card: dict[str, Any] = {"axes": {}, "note": ""}
    for axis, reached in computed.items():
        asked = lowered.get(axis)
        taken = isinstance(asked, int) and not isinstance(asked, bool) and 0 <= asked < reached
        if isinstance(asked, int) and asked > reached:
            card["note"] = (
                f"The authors claim {asked} for {axis}; the rubric gives {reached}, and scores are never raised."
            )
        card["axes"][axis] = {
            "score": asked if taken else reached,
            "computed": reached,
            "lowered_by_authors": taken,
            "steps": [
                {"text": text, "reached": at == reached, "evidence": _EVIDENCE[axis][at]}
                for at, text in enumerate(RUBRIC[axis])
            ],
        }
    if lowered.get("why") and any(one["lowered_by_authors"] for one in card["axes"].values()):
        card["note"] = f"Lowered by the authors: {lowered['why']}"
    return card


_EVIDENCE = {
    "concreteness": ("treatment", "treatment", "treatment", "primary", "treatment"),
    "validation": ("answer", "answer", "primary", "primary", "answer"),
}


def _concreteness(results: Mapping[str, Any], *, family: str) -> int:
    treatment = results["treatment"]
    if not treatment["action"]:
        return 0
    if not treatment["audience"]:
        return 1
    if family in _OPINIONS:
        return 2
    treated = {one["treatment"] for one in results["primary"]["contrasts"]}
    beside = [one for one in treatment["conditions"] if one["condition"] in treated]
    acted = all(len(one["shows"]) >= 3 for one in beside) and bool(beside)  # case, advice, explanation
    return 4 if acted else 3


def _validation(results: Mapping[str, Any], *, controls: set[str]) -> int:
    answer, primary = results["answer"], results["primary"]
    if results["simulated"] or answer["standing"] == "void" or answer["decision"] == "not_answered":
        return 0
    if answer["decision"] not in _BETTER:
        return 1
    against_control = any(one["control"] in controls for one in primary["contrasts"])
    only_control = all(one["control"] in controls for one in primary["contrasts"])
    beyond = primary["smallest_effect"] is not None and _beyond(primary)
    if only_control:
        return 1
    if against_control and beyond and answer["standing"] == "sound":
        return 4
    return 3 if against_control or beyond else 2


def _beyond(primary: Mapping[str, Any]) -> bool:
    known = [one for one in primary["contrasts"] if not one["undefined"] and one.get("equivalence")]
    return bool(known) and all(
        one["equivalence"]["undefined"] is None
        and min(abs(one["shown"]["low"]), abs(one["shown"]["high"]))
        >= one["equivalence"]["details"]["bounds"][1]
        for one in known
    )
