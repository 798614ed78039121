"""Scope: to which predictor, explanations, cases and people the answer is confined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.core.plan import Hypothesis
from analysis.core.selection import DECISION_PROTOCOLS, counted
from analysis.report.bundle import Bundle
from analysis.report.sample import Sample
from analysis.report.wording import listed

_AUDIENCES = {
    "ai_developers": "AI developers",
    "deployment_engineers": "deployment engineers",
    "domain_experts": "domain experts",
    "end_users": "end users",
    "policymakers": "policymakers",
}


def scope(sample: Sample, *, bundle: Bundle, primary: Hypothesis | None = None) -> dict[str, Any]:
    """Say what the answer is about and what it is not about.

    Parameters
    ----------
    sample : Sample
        Who is analysed.
    bundle : Bundle
        For audience and checkpoints.
    primary : Hypothesis, optional
        A reader study (mrmc) reaches cases like these, and only these readers or cases where its plan fixes them.

    Returns
    -------
    dict
        ``predictors, checkpoints, explanations, n_cases, n_participants, audience, sentence``.
    """
    trials = counted(sample.trials, protocols=DECISION_PROTOCOLS)
    predictors = _distinct(trials, "predictor")
    titles = _titles(bundle)
    shown = [
        " and ".join(titles.get(name, name) for name in one.split("+"))
        for one in _distinct(trials, "explanations")
        if one
    ]
    checkpoints = [
        f"{one['name']} {str(one['checkpoint'])[:12]}"
        for one in bundle.treatment.get("predictors") or []
        if one.get("checkpoint")
    ]
    n_cases = int(trials["case_id"].nunique()) if "case_id" in trials.columns else 0
    found: dict[str, Any] = {
        "predictors": predictors,
        "checkpoints": checkpoints,
        "explanations": shown,
        "n_cases": n_cases,
        "n_participants": len(sample.seats),
        "audience": _AUDIENCES.get(str(bundle.treatment.get("audience") or ""), ""),
    }
    is_mrmc = primary is not None and primary.estimator == "mrmc"
    fixed = primary.model.fixed if primary is not None and is_mrmc else ""
    reach = {"cases": is_mrmc and fixed != "case", "people": fixed != "reader"}
    return found | {"sentence": _sentence(found, reach=reach)}


def _sentence(found: dict[str, Any], *, reach: dict[str, bool]) -> str:
    names = found["predictors"]
    predictor = f"this predictor ({listed(names)})" if names else "this predictor"
    if found["checkpoints"]:
        predictor += f" at this checkpoint ({listed(found['checkpoints'])})"
    drawn = found["explanations"]
    shown = f"these explanations as they were drawn ({listed(drawn)})" if drawn else "what was shown here"
    cases = f"these {found['n_cases']} cases" if found["n_cases"] else "these cases"
    cases = f"cases like {cases.removesuffix(' cases')}" if reach["cases"] and found["n_cases"] else cases
    people = f"{'people like ' if reach['people'] else ''}these {found['n_participants']}"
    people += f" {found['audience']}" if found["audience"] else " participants"
    return (
        f"This is about {predictor}, {shown}, {cases} and {people}. One checkpoint and one rendering say nothing about "
        "a method as such."
    )


def _titles(bundle: Bundle) -> dict[str, str]:
    """Return what each explanation is called, by the name that the trials have of it."""
    found = {}
    for one in bundle.codebook.get("conditions") or []:
        for each in (one.get("explanations") or []) if isinstance(one, Mapping) else []:
            if isinstance(each, Mapping) and each.get("name"):
                title = str(each.get("title") or each.get("method") or each["name"])
                control = str(each.get("control_title") or "")
                found[str(each["name"])] = f"{control} ({title})" if control else title
    return found


def _distinct(trials: Any, column: str) -> list[str]:
    if column not in trials.columns:
        return []
    return sorted({str(value) for value in trials[column].dropna().unique()})
