"""The reporting sheet: items of CONSORT-AI and DECIDE-AI, with what the platform knows; the rest is for the authors.

Items are told in our own words; the guidelines have the wording. CONSORT-AI: https://doi.org/10.1038/s41591-020-1034-x.
DECIDE-AI: https://doi.org/10.1136/bmj-2022-070904.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.report.treatmentwords import ethics_words, pay_words, recruited_words
from analysis.report.wording import level_text, listed, moment_text

AUTHORS = "For the authors."


def reporting_sheet(results: Mapping[str, Any]) -> list[dict[str, str]]:
    """Fill the reporting sheet.

    Parameters
    ----------
    results : mapping
        Results with everything but the sheet itself.

    Returns
    -------
    list of dict
        ``guideline, item, asks, known``; ``known`` is "For the authors." where the platform does not know.
    """
    rows = [*_consort(results), *_decide(results)]
    return [
        {"guideline": guideline, "item": item, "asks": asks, "known": known or AUTHORS}
        for guideline, item, asks, known in rows
    ]


def _consort(results: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    name, treatment, scope = "CONSORT-AI", results["treatment"], results["answer"]["scope"]
    flow, plan = results["flow"], results["plan"]
    return [
        (name, "1a (i)", "Says that an AI is part of the intervention, and of what kind", _predictor(scope)),
        (name, "2a (i)", "Intended use of the AI, and by whom", _use(treatment)),
        (name, "4a (i)", "Who could take part", ""),
        (name, "4a (ii)", "Which input data could be used", _cases(scope)),
        (name, "4b", "How the AI was built into the setting", _shown(treatment)),
        (name, "5 (i)", "Version of the AI", listed(scope["checkpoints"]) if scope["checkpoints"] else ""),
        (name, "5 (ii)", "How input data were acquired and chosen", ""),
        (name, "5 (iii)", "Input data of poor quality, or missing", ""),
        (name, "5 (iv)", "People's part in handling input, and their expertise", _expertise(treatment)),
        (name, "5 (v)", "Output of the AI", _shown(treatment)),
        (name, "5 (vi)", "How the output entered the decision", _question(treatment)),
        (
            name,
            "7a",
            "How the sample size was chosen",
            f"Planned: {plan['n']} analysed." if plan["n"] else "",
        ),
        (name, "8-10", "Random sequence, concealment, who carried it out", _allocation(results)),
        (name, "12a", "Statistical methods", " ".join(results["methods"][1:])),
        (name, "13", "Flow of participants", _flow(flow)),
        (
            name,
            "16",
            "Numbers analysed",
            f"{sum(arm['analysed'] for arm in flow['arms'])} with a defined value.",
        ),
        (name, "17", "Outcomes and estimates", " ".join(results["answer"]["sentences"])),
        (name, "19", "Errors of the AI and what they did", _errors(results)),
        (name, "25", "Access to the AI and its code", ""),
    ]


def _decide(results: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    name, treatment, scope = "DECIDE-AI", results["treatment"], results["answer"]["scope"]
    return [
        (name, "2", "Intended use and users", _use(treatment)),
        (name, "III", "Protocol, registration, ethics approval", _ethics(results)),
        (name, "3b", "How users were recruited and their number chosen", _recruited(treatment)),
        (name, "3c", "How users were made familiar with the AI", _told(treatment)),
        (name, "4a", "The AI, its version and kind", _predictor(scope)),
        (name, "4c", "What the AI showed to its users", _shown(treatment)),
        (name, "5", "How the study was carried out", " ".join(results["methods"][:1])),
        (name, "6", "Safety: significant errors", _errors(results)),
        (name, "7", "Human factors measured", listed(_measured(results)) + "." if _measured(results) else ""),
        (name, "10", "Adherence: advice followed", _adherence(results)),
        (name, "13", "Errors and malfunctions", _status(results)),
        (name, "14", "Human factors: results, learning curves", "See the report: every measure; exploratory."
         if results["course"] else ""),
    ]  # fmt: skip


def _predictor(scope: Mapping[str, Any]) -> str:
    return f"Predictor: {listed(scope['predictors'])}." if scope["predictors"] else ""


def _use(treatment: Mapping[str, Any]) -> str:
    words = [str(treatment[key]).replace("_", " ") for key in ("action", "audience")]
    return f"Action: {words[0] or 'not said'}; users: {words[1] or 'not said'}." if any(words) else ""


def _cases(scope: Mapping[str, Any]) -> str:
    return f"{scope['n_cases']} cases; how they were chosen is for the authors." if scope["n_cases"] else ""


def _shown(treatment: Mapping[str, Any]) -> str:
    told = [
        f"{one['condition']}: {', '.join(one['shows'])}" for one in treatment["conditions"] if one["shows"]
    ]
    return f"{'; '.join(told)}." if told else ""


def _expertise(treatment: Mapping[str, Any]) -> str:
    return f"Audience: {treatment['audience'].replace('_', ' ')}." if treatment["audience"] else ""


def _question(treatment: Mapping[str, Any]) -> str:
    return f"Participants answered: {treatment['question']}" if treatment["question"] else ""


def _allocation(results: Mapping[str, Any]) -> str:
    return results["methods"][0] if "allocation list" in results["methods"][0] else ""


def _flow(flow: Mapping[str, Any]) -> str:
    told = [
        f"{arm['condition']}: {arm['allocated']} allocated, {arm['analysed']} analysed"
        for arm in flow["arms"]
    ]
    return f"{'; '.join(told)}."


def _errors(results: Mapping[str, Any]) -> str:
    real = [
        row
        for row in results["treatment"]["ai"]["real"]
        if row["value"] is not None and row["value"] == row["value"]
    ]
    turned = [f"{row['condition']} {row['right_to_wrong']}" for row in results["harm"]["decisions"]]
    shares = [f"{row['condition']} {level_text(row['value'], unit='proportion')}" for row in real]
    found = f"The AI was right: {', '.join(shares)}. " if shares else ""
    return found + (f"Decisions turned from right to wrong: {', '.join(turned)}." if turned else "")


def _ethics(results: Mapping[str, Any]) -> str:
    approved = ethics_words(results["treatment"]["ethics"])
    told = [approved] if approved else []
    locked = results["plan"]["locked_at"]
    return "; ".join(
        [
            *told,
            *(
                [f"plan locked {moment_text(locked)}, digest {results['provenance']['plan_digest'][:12]}"]
                if locked
                else []
            ),
        ]
    )


def _recruited(treatment: Mapping[str, Any]) -> str:
    when, pay = recruited_words(treatment["recruited"]), pay_words(treatment["pay"])
    return " ".join([*([f"{when}."] if when else []), *([f"Pay: {pay}"] if pay else [])])


def _told(treatment: Mapping[str, Any]) -> str:
    return "The instructions are in the report." if treatment["instructions"] else ""


def _measured(results: Mapping[str, Any]) -> list[str]:
    return [
        one["label"] for one in results["measures"] if one["family"] == "self-report" and not one["undefined"]
    ]


def _adherence(results: Mapping[str, Any]) -> str:
    found = next((one for one in results["measures"] if one["measure"] == "agreement"), None)
    if found is None or found["undefined"]:
        return ""
    told = [
        f"{row['condition']} {level_text(row['value'], unit='proportion')}" for row in found["conditions"]
    ]
    return f"Agreement with the AI: {', '.join(told)}."


def _status(results: Mapping[str, Any]) -> str:
    rows = results["validity"]["trial_status"]
    told = [f"{row['condition']}: {row['timed_out']} timed out, {row['skipped']} skipped" for row in rows]
    return f"{'; '.join(told)}."
