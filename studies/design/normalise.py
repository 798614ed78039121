"""Writes a checked study file out in full: no shorthand, no default left open, every side file inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studies.design.attention import items_with_checks
from studies.design.checks import OF_NUMBERS, Draft, arms_meant, block_cases, parameters_given, protocol_named
from studies.design.conditionforms import conditions_written
from studies.design.planchecks import contrasts_of, placement
from studies.design.sessions import session_params, staying
from studies.design.sidefiles import RawStep
from studies.design.spec import read_decision
from studies.design.strata import resolve_margins
from studies.design.variantchecks import variants_written
from studies.protocols.stages import Decision

DEFAULT_ALPHA = 0.05
FEEDBACK = {True: True, "per_trial": True, "per_block": "per_block"}
SECONDS = {"minutes": 60, "hours": 3600, "days": 24 * 3600}


def normalised(draft: Draft) -> dict[str, Any]:
    """Return the document of the study: what a version stores and what the engine carries out."""
    data = draft.data
    return {
        "study": data["study"],
        "title": data["title"],
        "languages": list(data.get("languages", ["en"])),
        "words": {language: dict(words) for language, words in draft.side.words.items()},
        "audience": data.get("audience", ""),
        "action": data.get("action", ""),
        "ethics": dict(data.get("ethics", {})),
        "predictors": {
            alias: entry if isinstance(entry, str) else entry["name"]
            for alias, entry in data["predictors"].items()
        },
        "cases": _cases(draft, data["cases"]),
        "decision": _decision(data["decision"]),
        "conditions": conditions_written(draft),
        "arms": _arms(draft),
        **variants_written(draft),
        "within": _within(draft),
        "deception": data.get("deception", False),
        "allocation": _allocation(draft),
        "flow": [_step(draft, step) for step in draft.steps],
        "bonus": dict(data["bonus"]) if "bonus" in data else None,
        "completion": dict(data.get("completion", {})),
        **staying(data),
        "withdrawal": dict(data.get("withdrawal", {"policy": "erase"})),
        "plan": _plan(draft),
    }


def _cases(draft: Draft, cases: Mapping[str, Any]) -> dict[str, Any]:
    margins, _ = resolve_margins(
        cases.get("strata", {}), per_participant=cases["per_participant"], options=draft.options
    )
    return {
        "from": cases["from"],
        "per_participant": cases["per_participant"],
        "strata": margins,
        "disjoint": cases.get("disjoint", True),
        "order": cases.get("order", "random"),
        "reread": cases.get("reread", False),
    }


def _options(options: list[Any]) -> list[dict[str, str]]:
    return [{"value": o, "label": o} if isinstance(o, str) else dict(o) for o in options]


def _decision(decision: Mapping[str, Any]) -> dict[str, Any]:
    numeric = {key: decision[key] for key in OF_NUMBERS if key in decision}
    return {
        "question": decision["question"],
        "kind": decision.get("kind", "choice"),
        "options": _options(decision.get("options", [])),
        "options_from": decision.get("options_from", ""),
        "positive": decision.get("positive", ""),
        **numeric,
        "payoff": {"correct": 1, "wrong": 0} | decision.get("payoff", {}),
        "confidence": decision["confidence"]["scale"] if "confidence" in decision else None,
        **({"confidence_paid": True} if "scoring" in decision.get("confidence", ()) else {}),
    }


def decision_of(decision: Mapping[str, Any]) -> Decision:
    """Return the decision of a study file that need not have passed every check yet."""
    return read_decision(_decision(decision))


def _arms(draft: Draft) -> list[dict[str, Any]]:
    return [
        {
            "name": arm.name,
            "label": arm.label,
            "levels": dict(arm.levels),
            "conditions": dict(arm.conditions),
            "runs": list(draft.crossing.levels_in_order(arm)),
        }
        for arm in draft.crossing.arms
    ]


def _within(draft: Draft) -> dict[str, Any]:
    first = next(iter(draft.crossing.runs), None)
    return {
        "order": first.order if first else "fixed",
        "per": first.per if first else "block",
        "factors": [
            {"name": factor.name, "placed": factor.placed, "levels": list(factor.levels)}
            for factor in draft.crossing.factors
            if not draft.crossing.plain or factor.placed != "between"
        ],
    }


def _portions(draft: Draft, step: RawStep, size: int) -> dict[str, list[dict[str, Any]]]:
    """Say for each arm which levels the trials of a step show, and how many trials each."""
    if "show" in step.params:
        whole = [{"within": f"={step.params['show']}", "level": "", "size": size}]
        return {arm.name: whole for arm in draft.crossing.arms}
    crossing = draft.crossing
    divided = crossing.shares_of_step if crossing.is_by_step else crossing.shares
    return {
        arm.name: [
            {"within": share.within, "level": share.level, "size": int(share.size)}
            for share in divided(arm, size)
        ]
        for arm in crossing.arms
    }


def _allocation(draft: Draft) -> dict[str, Any]:
    allocation, arms = draft.data["allocation"], [arm.name for arm in draft.crossing.arms]
    return {
        "between": arms,
        "ratio": allocation.get("ratio", [1] * len(arms)),
        "strata": allocation.get("strata", []),
        "slots": allocation["slots"],
        "method": allocation.get("method", "permuted_blocks"),
        "block_multiples": allocation.get("block_multiples", [1, 2]),
        "over_recruit": allocation.get("over_recruit", 0),
        "lease": _lease(allocation.get("lease")),
        "quotas": {"conditions": {}, "strata": {}} | allocation.get("quotas", {}),
        "minimisation": {"probability": 0.8, "imbalance": "range"} | allocation.get("minimisation", {}),
    }


def _lease(lease: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if lease is None:
        return None
    seconds = sum(SECONDS[unit] * lease.get(unit, 0) for unit in SECONDS)
    return {"seconds": round(seconds), "returning": lease.get("returning", "may_finish")}


def _step(draft: Draft, step: RawStep) -> dict[str, Any]:
    params = dict(step.params)
    named = params.pop("only", [])
    only = [arm for arm in draft.arms if any(arm in arms_meant(draft, word) for word in named)]
    if step.kind == "questionnaire":
        params = _asked(draft, params)
    elif step.kind == "screening":
        params = {"items": [_item(i, "eligible") for i in draft.side.items[step.index]]}
    elif step.kind == "comprehension":
        params = {
            "items": [_item(i, "correct") for i in draft.side.items[step.index]],
            "attempts": params.get("attempts", 2),
            "text": params.get("text") or _text_before(draft, step),
        }
    elif step.kind == "debrief":
        params = {
            "text": params["text"],
            "consent": params.get("consent", draft.data.get("deception", False)),
        }
    elif step.kind == "practice":
        params = {
            "cases": params["cases"],
            "feedback": params.get("feedback", False),
            **_as_after(draft, step),
            "show": params.get("show", ""),
        }
    elif step.kind == "trials":
        cases = _cases(draft, block_cases(draft.data, params.get("cases")))
        params = {
            "protocol": protocol_named(params),
            "parameters": parameters_given(params),
            "phase": params.get("phase", ""),
            "per_page": params.get("per_page", 1),
            "cases": cases,
            "show": params.get("show", ""),
            "portions": _portions(draft, step, cases["per_participant"]),
            "breaks_every": params.get("breaks_every", 0),
            "feedback": FEEDBACK.get(params.get("feedback", False), False),
            "time_limit_s": params.get("time_limit_s", 0),
            # What older documents do not have stands in a new one only where it is used: equal content, equal digest.
            **({"attention_checks": params["attention_checks"]} if "attention_checks" in params else {}),
        }
    elif step.kind == "session":
        params = session_params(params)
    return {"kind": step.kind, "params": params, "only": only}


def _asked(draft: Draft, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a questionnaire; its attention checks stand among its items."""
    params = draft.side.questionnaires[given["use"]].params()
    checks = []
    for check in given.get("attention_checks", ()):
        kind = draft.side.questionnaires[given["use"]].item(check["after"]).kind
        checks.append({**check, "answer": str(check["answer"]) if kind == "choice" else check["answer"]})
    return {**params, "items": items_with_checks(params["items"], checks)} if checks else params


def _item(item: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {
        "id": item["id"],
        "question": item["question"],
        "options": _options(item["options"]),
        key: item[key],
    }


def _text_before(draft: Draft, step: RawStep) -> str | None:
    earlier = [s.params["text"] for s in draft.of_kind("instructions") if s.index < step.index]
    return earlier[-1] if earlier else None


def _as_after(draft: Draft, step: RawStep) -> dict[str, Any]:
    """Return what practice shares with the trials that it is for: protocol, parameters and phase."""
    following = next(s for s in draft.of_kind("trials") if s.index > step.index).params
    own = step.params.get("protocol")
    if own and own != protocol_named(following):
        return {"protocol": own, "parameters": {}, "phase": ""}
    return {
        "protocol": protocol_named(following),
        "parameters": parameters_given(following),
        "phase": following.get("phase", ""),
    }


def _plan(draft: Draft) -> dict[str, Any]:
    plan = draft.data["plan"]
    found = {
        "primary": _outcome(draft, plan["primary"]),
        "secondary": [_outcome(draft, outcome) for outcome in plan.get("secondary", [])],
        "multiplicity": plan.get("multiplicity", "holm"),
        "n": plan["n"],
        "analyse": plan.get("analyse", "intention_to_treat"),
        "sensitivity": list(plan.get("sensitivity", [])),
        "alpha": plan.get("alpha", DEFAULT_ALPHA),
    }
    return found | {key: value for key, value in plan.items() if key not in found}


def _outcome(draft: Draft, outcome: Mapping[str, Any]) -> dict[str, Any]:
    """Write down what the file leaves to the design: that all its contrasts lie within participants."""
    placed = {placement(draft, text) for _, text in contrasts_of(outcome)}
    return {**outcome, **({"placed": "within"} if placed == {"within"} else {})}
