"""What came out of one trial: the answers, whether they are right, and what the protocol makes of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studies.design.attention import checks_of
from studies.design.spec import StudySpec
from studies.export.casefacts import CaseFacts, predictor_of
from studies.export.people import Person, Scope
from studies.export.trialshape import TrialShape
from studies.protocols.credit import UNJUDGED, Judgement
from studies.protocols.facts import TrialFacts
from studies.protocols.keys import judgement, right_value, trial_facts
from studies.protocols.preference import alternatives_of
from studies.protocols.stages import Place

Row = dict[str, Any]
ANSWERS = ("response_initial", "response", "confidence_initial", "confidence")


@dataclass(frozen=True)
class Asked:
    """One trial: the study, the shape of its step in its condition, and the key to it."""

    spec: StudySpec
    shape: TrialShape
    facts: TrialFacts


def facts_of_trial(
    scope: Scope, facts: CaseFacts, shape: TrialShape, trial: Mapping[str, Any], person: Person
) -> TrialFacts:
    """Return the key to a trial."""
    predictor = predictor_of(scope, condition=trial["condition"])
    case = trial["case_id"]
    verdict = facts.verdict(predictor, case)
    before = facts.verdict(predictor, facts.originals[case]) if case in facts.originals else None
    turn = (person.plan or 0) + trial["trial_index"]
    return trial_facts(
        scope.spec.decision,
        truths=facts.truths.get(case, {}),
        prediction=verdict.label if verdict else None,
        prediction_original=before.label if before else None,
        payoff=scope.spec.document["decision"]["payoff"],
        alternatives=alternatives_of(shape.names, turn=turn),
        instructed=_instructed(scope.spec, trial),
    )


def _instructed(spec: StudySpec, trial: Mapping[str, Any]) -> str:
    number = trial["check_number"]
    return "" if number is None else checks_of(spec.steps[trial["step_index"]].params)[number].answer


def answered(asked: Asked, values: Mapping[Place, Any]) -> Row:
    """Return the answers of a trial and what follows from them; a protocol may replace what is read from the form."""
    shape, facts = asked.shape, asked.facts
    wide: Row = dict.fromkeys((*ANSWERS, *shape.protocol.wide, *shape.protocol.computed))
    for column, place in shape.wide.items():
        wide[column] = values.get(place)
    wide |= {
        "correct_initial": _correct(asked, "response_initial", wide),
        "correct": _correct(asked, "response", wide),
        "score": None,
    }
    credit = _judged(asked, "response", wide).credit
    if credit is not None:
        is_decision = shape.scored["response"].scored_against == "truth"
        wide["score"] = facts.worth_of_credit(credit) if is_decision else credit
    found = wide | _beside(asked, wide) | shape.protocol.outcome(values, facts, shape.parameters)
    return {name: _number_as_text(name, value) for name, value in found.items()}


def field_score(asked: Asked, place: Place, value: Any) -> Row:
    """Return what the answer to one field is worth against its own reference answer."""
    field = asked.shape.fields.get(place)
    if field is None or field.scored_against is None:
        return {"reference": None, "correct": None, "score": None}
    key = right_value(field, asked.facts)
    found = judgement(asked.spec.decision, field, value, key)
    return {"reference": key, "correct": found.is_right, "score": found.credit}


def learning_columns(spec: StudySpec, trials: Sequence[Row]) -> dict[int, Row]:
    """Return the phase of each trial, and how many examples to learn from came before; trials in order."""
    learned: dict[int, int] = defaultdict(int)
    before: dict[tuple[int, int], int] = {}
    found = {}
    for trial in trials:
        person, step = trial["participant_id"], trial["step_index"]
        phase = spec.steps[step].params.get("phase") or None
        # Within a step that teaches, each example has those before it; a test counts whole steps.
        count = before.setdefault((person, step), learned[person])
        is_learning = phase == "learn" and not trial["is_practice"] and trial["check_number"] is None
        found[trial["pk"]] = {
            "phase": phase,
            "n_learned": None if phase is None else learned[person] if is_learning else count,
        }
        learned[person] += is_learning
    return found


def _beside(asked: Asked, wide: Row) -> Row:
    """Return what measures ask of a decision besides: the positive class, and what other answers would have scored."""
    decision, facts = asked.spec.decision, asked.facts
    field = asked.shape.scored.get("response")
    is_decision = field is not None and field.scored_against == "truth"
    return {
        "is_positive": None
        if facts.truth is None or not decision.positive
        else facts.truth == decision.positive,
        "score_initial": facts.worth(wide["correct_initial"]) if is_decision else None,
        "score_ai": facts.worth(facts.ai_correct) if is_decision else None,
        "n_options": len(decision.options) or None,
    }


def _correct(asked: Asked, column: str, wide: Row) -> bool | None:
    return _judged(asked, column, wide).is_right


def _judged(asked: Asked, column: str, wide: Row) -> Judgement:
    field = asked.shape.scored.get(column)
    if field is None:
        return UNJUDGED
    return judgement(asked.spec.decision, field, wide[column], right_value(field, asked.facts))


def _number_as_text(name: str, value: Any) -> Any:
    # A response is text in the table, so that options and numbers share a column; numbers are written exactly.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return repr(value) if name.startswith("response") and is_number else value
