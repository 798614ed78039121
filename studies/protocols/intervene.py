"""The protocol ``intervene``: choose what to change about the AI; scored by what each change was found to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from studies.protocols import register
from studies.protocols._fields import confidence_fields, reason_field, treatment_items
from studies.protocols.facts import Answers, TrialFacts
from studies.protocols.parameters import flag, line
from studies.protocols.stages import DataColumn, Decision, Field, Protocol, Stage, Treatment

QUESTION = "Which change would you make?"
WHY = "Why this one?"
GAIN, SIDE_EFFECT = "gain", "side_effect"


@register
class InterveneProtocol(Protocol):
    """One stage: the case (what is known of the AI) with what the condition adds, and a choice among possible changes.

    The column ``interventions`` of the cases lists the changes on offer, such as data to drop or a component to edit.
    The reference columns ``gain`` and ``side_effect`` say what each change was found to do when it was carried out
    beforehand: JSON objects from change to number.

    Notes
    -----
    ``score`` of a change is its gain less ``side_effect_weight`` times its side effect; ``correct`` says that no other
    change on offer scores higher; ``score_best`` is what the best one scores, so that the difference is the regret.
    A change without a known gain has no score; without a known side effect it counts as having none only if the
    cases bring no such column at all.

    References
    ----------
    .. [1] Koh & Liang (2017). Understanding black-box predictions via influence functions. ICML 2017.
       https://doi.org/10.48550/arXiv.1703.04730
    .. [2] Meng, Bau, Andonian & Belinkov (2022). Locating and editing factual associations in GPT. NeurIPS 2022.
       https://doi.org/10.48550/arXiv.2202.05262
    """

    name = "intervene"
    version = "1"
    label = "Choose what to change about the AI"
    reference = "Koh & Liang 2017, https://doi.org/10.48550/arXiv.1703.04730"
    needs = frozenset({"interventions", "gain"})
    parameters = {
        "question": line(default=QUESTION, meaning="The question, as participants read it."),
        "side_effect_weight": {
            "type": "number",
            "minimum": 0,
            "default": 1,
            "description": "How many units of gain one unit of side effect costs.",
        },
        "reason": flag("Ask for a reason in words."),
    }
    data = (
        DataColumn("response", "choice", "a change on offer", "The change that was chosen."),
        DataColumn("confidence", "percent", "proportion 0-1", "How sure the participant is of the choice."),
        DataColumn("gain", "number", "as the cases declare", "What the chosen change was found to gain."),
        DataColumn("side_effect", "number", "as the cases declare", "What it was found to harm elsewhere."),
        DataColumn("score", "number", "as the gain", "Gain less weighted side effect."),
        DataColumn("score_best", "number", "as the gain", "The highest score among the changes on offer."),
        DataColumn("correct", "boolean", "", "No change on offer scores higher."),
        DataColumn("n_options", "integer", "options", "How many changes were on offer."),
    )
    wide = {"response": ("choice", "intervention"), "confidence": ("choice", "confidence")}
    computed = ("gain", "side_effect", "score", "score_best", "correct", "n_options")

    def stages(
        self, decision: Decision, treatment: Treatment, parameters: Mapping[str, Any]
    ) -> tuple[Stage, ...]:
        """Return the one stage of the trial."""
        change = Field(
            name="intervention",
            kind="choice",
            label=parameters["question"],
            options_from="interventions",
            scored_against=GAIN,
        )
        reason = (reason_field(label=WHY),) if parameters["reason"] else ()
        return (
            Stage(
                "choice",
                ("case", *treatment_items(treatment)),
                (change, *reason, *confidence_fields(decision)),
            ),
        )

    def outcome(self, answers: Answers, facts: TrialFacts, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the choice was found to do, and how it compares."""
        scores = scores_of(facts, weight=parameters["side_effect_weight"])
        known = [score for score in scores.values() if score is not None]
        best = max(known) if known else None
        chosen = answers.get(self.wide["response"])
        if chosen is None:
            return {"score_best": best, "n_options": len(scores) or None}
        score = scores.get(chosen)
        return {
            "gain": _amounts(facts, GAIN).get(chosen),
            "side_effect": _amounts(facts, SIDE_EFFECT).get(chosen),
            "score": score,
            "score_best": best,
            "correct": None if score is None or best is None else score == best,
            "n_options": len(scores) or None,
        }


def scores_of(facts: TrialFacts, *, weight: float) -> dict[str, float | None]:
    """
    Return the score of every change on offer: gain - weight * side effect.

    Parameters
    ----------
    facts : TrialFacts
        With the reference columns ``gain`` and, if there is one, ``side_effect`` as JSON texts.
    weight : float
        Units of gain that a unit of side effect costs.

    Returns
    -------
    dict
        Change to score; ``None`` where the column of side effects does not know the change.

    Examples
    --------
    >>> facts = TrialFacts(truths={"gain": '{"drop": 0.5, "keep": 0}', "side_effect": '{"drop": 0.25}'})
    >>> scores_of(facts, weight=2)
    {'drop': 0.0, 'keep': None}
    """
    gains, harms = _amounts(facts, GAIN), _amounts(facts, SIDE_EFFECT)
    if SIDE_EFFECT not in facts.truths:
        return dict(gains)
    return {
        change: gain - weight * harms[change] if change in harms else None for change, gain in gains.items()
    }


def _amounts(facts: TrialFacts, name: str) -> dict[str, float]:
    return {change: float(amount) for change, amount in json.loads(facts.truths.get(name, "{}")).items()}
