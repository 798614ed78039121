"""The protocol ``deferral``: decide, accept the AI, or pass the case on; some cases the system routes by a rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studies.protocols import register
from studies.protocols._fields import confidence_fields, treatment_items
from studies.protocols.facts import Answers, TrialFacts
from studies.protocols.parameters import amounts, flag, line, some_of
from studies.protocols.stages import (
    DataColumn,
    Decision,
    Field,
    Option,
    Problem,
    Protocol,
    Stage,
    Treatment,
)

ACTIONS = ("decide", "accept", "escalate")
ROUTES = {"ai": "accept", "colleague": "escalate"}
ACTION = ("action", "action")
ROUTED = ("routed", "action")
PROMPT = "Decide yourself, or hand the case over."
ROUTED_PROMPT = {
    "ai": "The system leaves this case to the AI. There is nothing to decide.",
    "colleague": "The system has passed this case on. There is nothing to decide.",
}
ROUTING = {
    "type": ["object", "null"],
    "additionalProperties": False,
    "required": ["ai_confidence"],
    "minProperties": 1,
    "properties": {
        "ai_confidence": {
            "type": "object",
            "additionalProperties": False,
            "minProperties": 1,
            "properties": {
                "above": {"type": "number", "minimum": 0, "maximum": 1},
                "below": {"type": "number", "minimum": 0, "maximum": 1},
            },
        },
        "to": {"enum": sorted(ROUTES)},
        "notice": {"type": "boolean"},
    },
    "default": None,
    "description": (
        "Which cases never reach the participant: a rule on the AI's confidence; where they go (to: ai), and whether "
        "a page says so (notice: false)."
    ),
}


@register
class DeferralProtocol(Protocol):
    """One stage: the case with what the condition shows, and one choice: an answer of one's own, or handing over.

    Notes
    -----
    The outcome of a trial is the team's: the own answer, the AI's where it was accepted, and where the case was passed
    on the answer of whoever took it (the right one, or the reference column that ``escalated_answer`` names).
    ``score`` is the payoff of that outcome, ``cost`` the declared price of the action; neither is in the other. A trial
    that the system routed has the action ``routed_accept`` or ``routed_escalate`` and no ``deferred``: nobody chose.
    ``deferred`` counts the actions that the parameter of that name lists: by default passing on where that is
    offered, otherwise accepting.

    References
    ----------
    .. [1] Mozannar & Sontag (2020). Consistent estimators for learning to defer to an expert. ICML 2020.
       https://doi.org/10.48550/arXiv.2006.01862
    .. [2] Hemmer et al. (2023). Human-AI collaboration: the effect of AI delegation on human task performance and task
       satisfaction. IUI 2023. https://doi.org/10.1145/3581641.3584052
    """

    name = "deferral"
    version = "1"
    label = "Decide, accept the AI, or pass the case on"
    reference = "Mozannar & Sontag 2020, https://doi.org/10.48550/arXiv.2006.01862"
    needs = frozenset({"prediction"})
    parameters = {
        "actions": some_of(
            *ACTIONS, default=list(ACTIONS), least=2, meaning="What the participant may do with a case."
        ),
        "costs": amounts(
            *ACTIONS, meaning="What each action costs, in the points of the payoff; participants are told."
        ),
        "colleague": line(
            default="a colleague", meaning="Whom a case is passed to, as participants read it."
        ),
        "escalated_answer": {
            "type": "string",
            "pattern": "^[a-z][a-z0-9_]{0,59}$",
            "default": "truth",
            "description": "The answer of whoever takes a case that was passed on: truth, or a reference column.",
        },
        "deferred": {
            "type": "array",
            "items": {"enum": ["accept", "escalate"]},
            "uniqueItems": True,
            "default": [],
            "description": "Which actions count as deferred; by default escalate if it is offered, otherwise accept.",
        },
        "routing": ROUTING,
        "show_costs": flag("Whether the options say what they cost.", default=True),
    }
    data = (
        DataColumn(
            "response", "choice", "option of the decision", "The outcome for the case, whoever decided it."
        ),
        DataColumn(
            "confidence", "percent", "proportion 0-1", "How sure the participant is of what they did."
        ),
        DataColumn(
            "action",
            "choice",
            "decide, accept, escalate; routed_... by the system",
            "What was done.",
        ),
        DataColumn(
            "deferred", "boolean", "", "Whether the participant handed the case over; missing where routed."
        ),
        DataColumn("cost", "number", "points of the payoff", "The declared price of the action."),
        DataColumn("score", "number", "points of the payoff", "The payoff of the outcome, before the cost."),
        DataColumn("correct", "boolean", "", "Whether the outcome is right."),
    )
    wide = {"response": ACTION, "confidence": ("action", "confidence")}
    computed = ("action", "deferred", "cost", "score", "correct")

    def stages(
        self, decision: Decision, treatment: Treatment, parameters: Mapping[str, Any]
    ) -> tuple[Stage, ...]:
        """Return the one stage of a trial that reaches the participant."""
        own = decision.options if "decide" in parameters["actions"] else ()
        options = (*own, *self._handing_over(treatment, parameters))
        action = Field(
            name="action", kind="choice", label=decision.question, options=options, scored_against="truth"
        )
        return (
            Stage(
                "action",
                items=("case", *treatment_items(treatment)),
                fields=(action, *confidence_fields(decision)),
                prompt=PROMPT,
            ),
        )

    def routed(
        self, treatment: Treatment, parameters: Mapping[str, Any], *, confidence: float | None
    ) -> Stage | None:
        """Return the stage of a trial that the system takes from the participant."""
        rule = parameters["routing"]
        if rule is None or not _holds(rule["ai_confidence"], confidence):
            return None
        to = rule.get("to", "ai")
        return Stage(
            "routed",
            items=("case", *(("advice",) if to == "ai" and treatment.advice else ())),
            fields=(),
            prompt=ROUTED_PROMPT[to],
            recorded={"action": ROUTES[to]},
            is_shown=rule.get("notice", False),
        )

    def outcome(self, answers: Answers, facts: TrialFacts, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return what became of the case and what it cost."""
        chosen, routed = answers.get(ACTION), answers.get(ROUTED)
        said = chosen if routed is None else routed
        if said is None:
            return {}
        action = said if said in ("accept", "escalate") else "decide"
        answer = _answer(said, action, facts, parameters)
        is_right = None if answer is None or facts.truth is None else answer == facts.truth
        return {
            "response": answer,
            "correct": is_right,
            "score": facts.worth(is_right),
            "action": action if routed is None else f"routed_{action}",
            "deferred": None if routed is not None else action in _deferring(parameters),
            # Leaving a case to the AI by a rule takes nobody's time; passing it on does.
            "cost": 0.0 if routed == "accept" else float(parameters["costs"].get(action, 0)),
        }

    def problems(
        self, decision: Decision, conditions: Mapping[str, Treatment], parameters: Mapping[str, Any]
    ) -> Iterator[Problem]:
        """Refuse what cannot be carried out together."""
        if decision.kind != "choice":
            yield (), "'deferral' needs a decision with options: the decision of this study is a number."
        taken = sorted({option.value for option in decision.options} & {"accept", "escalate"})
        if taken:
            yield (
                (),
                f"The decision has an option '{taken[0]}', which 'deferral' uses itself: name it otherwise.",
            )
        actions = parameters["actions"]
        for name in parameters["costs"]:
            if name not in actions:
                yield (
                    ("costs", name),
                    f"'{name}' is not among the actions, so it costs nothing: leave it out.",
                )
        for index, name in enumerate(parameters["deferred"]):
            if name not in actions:
                yield (
                    ("deferred", index),
                    f"'{name}' is not among the actions: add it there or leave it out here.",
                )
        rule = (parameters["routing"] or {}).get("ai_confidence", {})
        if "above" in rule and "below" in rule and rule["above"] >= rule["below"]:
            yield ("routing", "ai_confidence"), "No confidence is above and below these numbers: swap them."

    def _handing_over(self, treatment: Treatment, parameters: Mapping[str, Any]) -> Iterator[Option]:
        labels = {
            "accept": "Accept the AI\u2019s answer" if treatment.advice else "Leave it to the AI",
            "escalate": f"Pass it to {parameters['colleague']}",
        }
        for name, label in labels.items():
            if name in parameters["actions"]:
                cost = parameters["costs"].get(name, 0) if parameters["show_costs"] else 0
                yield Option(name, f"{label} (costs {cost:g})" if cost else label)


def _holds(rule: Mapping[str, float], confidence: float | None) -> bool:
    # Without a confidence no rule on it holds: the case goes to the person.
    return (
        confidence is not None
        and confidence > rule.get("above", -1.0)
        and confidence < rule.get("below", 2.0)
    )


def _answer(said: str, action: str, facts: TrialFacts, parameters: Mapping[str, Any]) -> str | None:
    if action == "decide":
        return said
    if action == "accept":
        return facts.prediction
    source = parameters["escalated_answer"]
    return facts.truth if source == "truth" else facts.truths.get(source)


def _deferring(parameters: Mapping[str, Any]) -> set[str]:
    default = ["escalate"] if "escalate" in parameters["actions"] else ["accept"]
    return set(parameters["deferred"] or default)
