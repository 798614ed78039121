"""Validity flags: what speaks against taking the numbers as the answer, each with its rule and its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.report.bundle import Bundle
from analysis.report.labels import relabelled
from analysis.report.sample import Sample
from analysis.report.wording import level_text, listed, p_value

SEEN_FAILED, SEEN_WEAK = 0.5, 0.8
ATTRITION_GAP = 0.15
AI_GAP = 0.05

RULES = {
    "allocation": "void: the conditions did not get the planned shares (p < 0.001), or somebody was given another "
    "condition than the allocation list holds; caution: participants are not in the list",
    "attrition": "void: completion differs by 15 points or more and the difference is significant; caution: it is "
    "significant",
    "manipulation": "void: under 50 % of the explained trials had the explanation in view; caution: under 80 %",
    "ai_accuracy": "caution: the AI was right in shares of trials that differ by more than 5 points",
    "gates": "void: a quality gate is red and nobody gave a reason; caution: it was overridden with a reason",
    "unlocked": "caution: no moment is recorded at which the plan was locked",
    "disagreement": "caution: model and allocation give p values on different sides of alpha",
    "estimation": "caution: the planned model did not converge or is singular",
    "simulated": "void: the participants are simulated",
}


@dataclass(frozen=True)
class Flag:
    """One thing that weakens (``caution``) or removes (``void``) the answer."""

    name: str
    level: str
    sentence: str

    def as_dict(self) -> dict[str, str]:
        """Return the flag with the rule that raised it."""
        return {"flag": self.name, "level": self.level, "sentence": self.sentence, "rule": RULES[self.name]}


def validity_flags(
    *,
    sample: Sample,
    validity: Mapping[str, Any],
    flow: Mapping[str, Any],
    primary: Mapping[str, Any],
    bundle: Bundle,
    alpha: float,
    locked: bool,
) -> list[dict[str, str]]:
    """Raise every flag that the published rules demand.

    Parameters
    ----------
    sample : Sample
        Everybody, before exclusions.
    validity, flow, primary : mapping
        Parts of the results.
    bundle : Bundle
        For quality gates.
    alpha : float
        Of the plan.
    locked : bool
        Whether the plan says when it was locked.

    Returns
    -------
    list of dict
        ``flag, level, sentence, rule``; void flags first.
    """
    labels = bundle.labels(sample.conditions)
    found = [
        *_simulated(sample),
        *_allocation(sample, validity),
        *_attrition(relabelled(flow, labels), validity, alpha=alpha),
        *_manipulation(validity, bundle=bundle, labels=labels),
        *_ai_accuracy(validity, primary, labels=labels),
        *_gates(bundle, labels=labels),
        *_disagreement(relabelled(primary, labels), alpha=alpha),
    ]
    if not locked:
        words = "It is not recorded when the plan was locked, so that nothing here is known to be planned."
        found.append(Flag("unlocked", "caution", words))
    return [flag.as_dict() for flag in sorted(found, key=lambda flag: flag.level != "void")]


def _simulated(sample: Sample) -> list[Flag]:
    words = "The participants are simulated: nothing here is about people."
    return [Flag("simulated", "void", words)] if sample.simulated else []


def _allocation(sample: Sample, validity: Mapping[str, Any]) -> list[Flag]:
    found = []
    ratio = validity["ratio_mismatch"]["allocated"]
    if ratio["alarm"]:
        words = f"The conditions did not get their planned shares of participants ({p_value(ratio['p'])})."
        found.append(Flag("allocation", "void", words))
    faults = allocation_faults(sample)
    if faults["other_condition"] or faults["slot_twice"]:
        words = (
            f"{faults['other_condition']} participant(s) have another condition than the allocation list, and "
            f"{faults['slot_twice']} share a place in it with somebody else."
        )
        found.append(Flag("allocation", "void", words))
    if faults["not_in_list"]:
        words = f"{faults['not_in_list']} participant(s) are not in the allocation list."
        found.append(Flag("allocation", "caution", words))
    return found


def allocation_faults(sample: Sample) -> dict[str, int]:
    """Compare the participants' conditions with the allocation list.

    Parameters
    ----------
    sample : Sample
        Everybody who was given a condition.

    Returns
    -------
    dict of str to int
        ``other_condition``, ``slot_twice``, ``not_in_list``; zeros without a list.
    """
    listed_slots = (sample.allocation or {}).get("list") or []
    people = sample.seats
    if not listed_slots or people["slot"].isna().all():
        return {"other_condition": 0, "slot_twice": 0, "not_in_list": 0}
    planned = {(str(row.get("stratum") or ""), int(row["slot"])): row["condition"] for row in listed_slots}
    known = people[people["slot"].notna()]
    strata = known["stratum"].astype(object).where(known["stratum"].notna(), "")
    keys = list(zip(strata.astype(str), known["slot"].astype(int), strict=True))
    wanted = [planned.get(key) for key in keys]
    pairs = list(zip(wanted, known["condition"], strict=True))
    return {
        "other_condition": sum(plan is not None and plan != given for plan, given in pairs),
        "slot_twice": len(keys) - len(set(keys)),
        "not_in_list": sum(plan is None for plan in wanted) + int(people["slot"].isna().sum()),
    }


def _attrition(flow: Mapping[str, Any], validity: Mapping[str, Any], *, alpha: float) -> list[Flag]:
    test = validity["attrition"]
    if test is None or test["undefined"] or not test["p"] < alpha:
        return []
    shares = {arm["condition"]: arm["completion"]["value"] for arm in flow["arms"]}
    low, high = min(shares, key=lambda name: shares[name]), max(shares, key=lambda name: shares[name])
    words = (
        f"Conditions lost different shares of their participants ({p_value(test['p'])}): "
        f"{level_text(shares[low], unit='proportion')} completed with {low}, "
        f"{level_text(shares[high], unit='proportion')} with {high}."
    )
    return [Flag("attrition", "void" if shares[high] - shares[low] >= ATTRITION_GAP else "caution", words)]


def _manipulation(validity: Mapping[str, Any], *, bundle: Bundle, labels: Mapping[str, str]) -> list[Flag]:
    found = []
    for row in validity["explanation_seen"]:
        # A condition in which the participant asks for the explanation is not seen everywhere on purpose.
        shown = bundle.condition(row["condition"]).get("explanations") or []
        on_request = any(isinstance(one, Mapping) and one.get("reveal") == "on_request" for one in shown)
        if not row["n_trials"] or row["seen"] != row["seen"] or on_request or row["seen"] >= SEEN_WEAK:
            continue
        name = labels.get(row["condition"], row["condition"])
        words = (
            f"With {name} the explanation was in view in only {level_text(row['seen'], unit='proportion')} "
            f"of the {row['n_trials']} trials that had one."
        )
        found.append(Flag("manipulation", "void" if row["seen"] < SEEN_FAILED else "caution", words))
    return found


def _ai_accuracy(
    validity: Mapping[str, Any], primary: Mapping[str, Any], *, labels: Mapping[str, str]
) -> list[Flag]:
    wanted = {one[side] for one in primary["contrasts"] for side in ("treatment", "control")}
    shares = {
        labels.get(row["condition"], row["condition"]): row["value"]
        for row in validity["ai_accuracy"]
        if row["condition"] in wanted and row["value"] == row["value"]
    }
    if len(shares) < 2 or max(shares.values()) - min(shares.values()) <= AI_GAP:
        return []
    told = listed([f"{level_text(share, unit='proportion')} with {name}" for name, share in shares.items()])
    words = (
        f"The AI was right in different shares of the trials ({told}): the conditions saw different advice."
    )
    return [Flag("ai_accuracy", "caution", words)]


def _gates(bundle: Bundle, *, labels: Mapping[str, str]) -> list[Flag]:
    found = []
    for gate in bundle.treatment.get("gates") or []:
        if not isinstance(gate, Mapping) or gate.get("state") != "red" or gate.get("declared_control"):
            continue
        condition = str(gate.get("condition"))
        name = f"The quality gate {gate.get('gate')} of {labels.get(condition, condition)} is red"
        reason = str(gate.get("overridden") or "")
        words = f"{name}, overridden because: {reason}" if reason else f"{name} and nobody gave a reason."
        found.append(Flag("gates", "caution" if reason else "void", words))
    return found


def _unequal(one: Mapping[str, Any]) -> str:
    """Name the commonest reason of a disagreement where it is there: some participants have few trials."""
    spread = one["spread"]
    if not spread["few"]:
        return ""
    return (
        f" {spread['few']} of {spread['n']} participants have less than half of the usual number of trials "
        f"({spread['least']} to {spread['most']}): the allocation replayed weighs participants alike, a model of "
        "trials gives those few little weight. Compare 'Completers only' among the sensitivity analyses."
    )


def _disagreement(primary: Mapping[str, Any], *, alpha: float) -> list[Flag]:
    found = []
    for one in primary["contrasts"]:
        if one["undefined"]:
            continue
        pair = f"{one['treatment']} against {one['control']}"
        for other in one["disagreeing"]:
            words = (
                f"{pair}: the {other['label']} gives {p_value(other['p'])}, the allocation replayed gives "
                f"{p_value(one['permutation']['p'])}: different sides of {alpha:.2g}. Trust neither alone."
                f"{_unequal(one)}"
            )
            found.append(Flag("disagreement", "caution", words))
        model = one["model"]
        if (
            model
            and not model["undefined"]
            and model["singular"]
            and model["estimator"] == primary["estimator"]
        ):
            words = f"{pair}: the decisive mixed model is singular (a variance is estimated as 0)."
            found.append(Flag("estimation", "caution", words))
    return found
