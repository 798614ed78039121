"""Writes a checked study file out in full: no shorthand, no default left open, every side file inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studies.design.checks import DEFAULT_PROTOCOL, Draft, block_cases
from studies.design.sidefiles import RawStep
from studies.design.strata import resolve_margins

DEFAULT_ALPHA = 0.05


def normalised(draft: Draft) -> dict[str, Any]:
    """Return the document of the study: what a version stores and what the engine carries out."""
    data = draft.data
    return {
        "study": data["study"],
        "title": data["title"],
        "audience": data.get("audience", ""),
        "action": data.get("action", ""),
        "ethics": dict(data.get("ethics", {})),
        "predictors": {
            alias: entry if isinstance(entry, str) else entry["name"]
            for alias, entry in data["predictors"].items()
        },
        "cases": _cases(draft, data["cases"]),
        "decision": _decision(data["decision"]),
        "conditions": _conditions(draft),
        "deception": data.get("deception", False),
        "allocation": _allocation(data["allocation"]),
        "flow": [_step(draft, step) for step in draft.steps],
        "bonus": data.get("bonus"),
        "completion": dict(data.get("completion", {})),
        "withdrawal": dict(data.get("withdrawal", {"policy": "erase"})),
        "plan": _plan(data["plan"]),
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
    }


def _options(options: list[Any]) -> list[dict[str, str]]:
    return [{"value": o, "label": o} if isinstance(o, str) else dict(o) for o in options]


def _decision(decision: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "question": decision["question"],
        "options": _options(decision["options"]),
        "positive": decision["positive"],
        "payoff": {"correct": 1, "wrong": 0} | decision.get("payoff", {}),
        "confidence": decision["confidence"]["scale"] if "confidence" in decision else None,
    }


def _conditions(draft: Draft) -> list[dict[str, Any]]:
    default = next(iter(draft.data["predictors"]))
    named: dict[str, dict[str, Any]] = {}
    found = []
    # The order of 'between' is the one that the allocation draws from; a mapping has none of its own.
    for name in draft.data["allocation"]["between"]:
        condition = draft.conditions[name]
        advice = condition.get("advice")
        found.append(
            {
                "name": name,
                "label": condition.get("label", ""),
                "predictor": condition.get("predictor", default),
                "advice": None
                if advice is None
                else {"show": advice["show"], "source": advice.get("source", "ai")},
                "explanations": [_explanation(e, named) for e in condition.get("explanations", [])],
            }
        )
    return found


def _explanation(explanation: Mapping[str, Any], named: dict[str, dict[str, Any]]) -> dict[str, Any]:
    control = explanation.get("control")
    what = {
        "method": explanation["method"] if control is None else control["of"],
        "target": explanation.get("target", "advised"),
        "control": "" if control is None else control["kind"],
        "parameters": dict(explanation.get("parameters", {})),
    }
    base = explanation.get("name") or "_".join(filter(None, [what["control"], what["method"]]))
    name, number = base, 1
    # One name is one thing in the whole study: exports tell explanations apart by it.
    while named.setdefault(name, what) != what:
        number += 1
        name = f"{base}_{number}"
    return {"name": name, **what}


def _allocation(allocation: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "between": allocation["between"],
        "ratio": allocation.get("ratio", [1] * len(allocation["between"])),
        "strata": allocation.get("strata", []),
        "slots": allocation["slots"],
        "method": allocation.get("method", "permuted_blocks"),
        "block_multiples": allocation.get("block_multiples", [1, 2]),
    }


def _step(draft: Draft, step: RawStep) -> dict[str, Any]:
    params = dict(step.params)
    only = params.pop("only", [])
    if step.kind == "questionnaire":
        params = draft.side.questionnaires[params["use"]].params()
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
            "protocol": params.get("protocol") or _protocol_after(draft, step),
        }
    elif step.kind == "trials":
        params = {
            "protocol": params.get("protocol", DEFAULT_PROTOCOL),
            "cases": _cases(draft, block_cases(draft.data, params.get("cases"))),
            "breaks_every": params.get("breaks_every", 0),
            "feedback": params.get("feedback", False),
        }
    return {"kind": step.kind, "params": params, "only": only}


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


def _protocol_after(draft: Draft, step: RawStep) -> str:
    following = next(s for s in draft.of_kind("trials") if s.index > step.index)
    protocol: str = following.params.get("protocol", DEFAULT_PROTOCOL)
    return protocol


def _plan(plan: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "primary": dict(plan["primary"]),
        "secondary": list(plan.get("secondary", [])),
        "multiplicity": plan.get("multiplicity", "holm"),
        "n": plan["n"],
        "analyse": plan.get("analyse", "intention_to_treat"),
        "sensitivity": list(plan.get("sensitivity", [])),
        "alpha": plan.get("alpha", DEFAULT_ALPHA),
    }
