"""How places are given out: that method, quotas and lease of the allocation fit each other and the study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from studies.design.checks import Draft
from studies.design.schemafaults import did_you_mean
from studies.errors import Fault

PATH = ("allocation",)
PAID = frozenset({"base", "per_correct", "tiers", "per_prize", "minimum"})


def recruitment_faults(draft: Draft) -> Iterator[Fault]:
    """Check what an allocation says of its method, its quotas and its lease."""
    allocation = draft.data["allocation"]
    yield from _method_faults(draft, allocation)
    yield from _lease_faults(draft, allocation)
    quotas = allocation.get("quotas", {})
    if "conditions" in quotas:
        yield from _condition_quota_faults(draft, allocation)
    if "strata" in quotas:
        yield from _quota_faults(draft, "strata", known=_stratum_keys(draft), what="stratum")


def bonus_faults(draft: Draft) -> Iterator[Fault]:
    """Check that the rules of the bonus fit each other."""
    bonus, path = draft.data.get("bonus", {}), ("bonus",)
    if "maximum" in bonus and bonus.get("minimum", 0) > bonus["maximum"]:
        yield draft.fault((*path, "minimum"), "The minimum is above the maximum.")
    accuracies = [tier["accuracy"] for tier in bonus.get("tiers", [])]
    if accuracies != sorted(set(accuracies)):
        yield draft.fault((*path, "tiers"), "Each tier needs a higher accuracy than the one before it.")
    is_drawn = "scoring" in draft.data["decision"].get("confidence", ())
    if is_drawn and "per_prize" not in bonus:
        message = "Say what a prize is worth: write 'bonus: {currency: GBP, per_prize: 0.20}' at the study."
        yield draft.fault(("decision", "confidence", "scoring"), message)
    yield from _check_faults(draft, bonus)
    incentives = [(*part, "incentive") for part, condition in draft.parts if "incentive" in condition]
    if bonus and not incentives and not set(bonus) & PAID:
        yield draft.fault(path, "Say what is paid: base, per_correct, tiers, per_prize or minimum.")
    for place in incentives if not bonus else ():
        yield draft.fault(place, "Say in which currency: write 'bonus: {currency: GBP}' at the study.")


def _check_faults(draft: Draft, bonus: Mapping[str, Any]) -> Iterator[Fault]:
    """Check that what pages tell about pay is also true where they check attention."""
    has_checks = any("attention_checks" in step.params for step in draft.of_kind("trials"))
    if "attention_checks" in bonus and not has_checks:
        message = (
            "The trials have no attention checks: put 'attention_checks' into a step, or leave it out here."
        )
        yield draft.fault(("bonus", "attention_checks"), message)
    tells = "scoring" in draft.data["decision"].get("confidence", ()) or any(
        condition["incentive"].get("shown", True)
        for _part, condition in draft.parts
        if "incentive" in condition
    )
    if has_checks and bonus and tells and not bonus.get("attention_checks"):
        message = (
            "The pages of trials tell what an answer can bring, also where they check attention: "
            "write 'attention_checks: true' here, so that it is paid."
        )
        yield draft.fault(("bonus",), message)


def _method_faults(draft: Draft, allocation: Mapping[str, Any]) -> Iterator[Fault]:
    method = allocation.get("method", "permuted_blocks")
    if method != "permuted_blocks" and "block_multiples" in allocation:
        yield draft.fault((*PATH, "block_multiples"), f"The method '{method}' has no blocks: leave it out.")
    if method != "minimisation" and "minimisation" in allocation:
        yield draft.fault(
            (*PATH, "minimisation"),
            f"The method is '{method}': write 'method: minimisation' or leave this out.",
        )
    if method == "minimisation" and not allocation.get("strata"):
        yield draft.fault(
            (*PATH, "method"),
            "Minimisation balances conditions over strata: name the questionnaires in 'strata', or take "
            "permuted_blocks.",
        )


def _lease_faults(draft: Draft, allocation: Mapping[str, Any]) -> Iterator[Fault]:
    lease = allocation.get("lease")
    if lease is not None and not set(lease) & {"minutes", "hours", "days"}:
        yield draft.fault((*PATH, "lease"), "Say how long: minutes, hours or days.")


def _condition_quota_faults(draft: Draft, allocation: Mapping[str, Any]) -> Iterator[Fault]:
    if allocation.get("method") == "minimisation":
        yield draft.fault(
            (*PATH, "quotas", "conditions"),
            "Minimisation decides itself how many each condition gets: leave the quotas of conditions out.",
        )
        return
    yield from _quota_faults(draft, "conditions", known=list(draft.arms), what="arm")


def _quota_faults(draft: Draft, name: str, *, known: list[str], what: str) -> Iterator[Fault]:
    quotas: Mapping[str, int] = draft.data["allocation"]["quotas"][name]
    path = (*PATH, "quotas", name)
    for key in quotas:
        if key not in known:
            yield draft.fault((*path, key), f"There is no {what} '{key}'.{did_you_mean(key, known)}")
    allocation = draft.data["allocation"]
    places = allocation["slots"] + allocation.get("over_recruit", 0)
    if set(quotas) >= set(known) and sum(quotas.values()) < places:
        yield draft.fault(
            path,
            f"All quotas together hold {sum(quotas.values())} people, but {places} places are to be filled: "
            "raise a quota, or lower 'slots'.",
        )


def _stratum_keys(draft: Draft) -> list[str]:
    questionnaires = {entry.name: entry for entry in draft.side.questionnaires.values()}
    levels = []
    for name in draft.data["allocation"].get("strata", []):
        entry = questionnaires.get(name)
        if entry is None or entry.stratum is None:
            return []  # said elsewhere
        levels.append([f"{name}={option['value']}" for option in entry.item(entry.stratum).options])
    return ["|".join(parts) for parts in product(*levels)]
