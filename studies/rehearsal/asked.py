"""How a simulated participant fills the questions of a trial, one function for each name that protocols ask by."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from studies.rehearsal.fills import answers_to
from studies.rehearsal.knowledge import CaseKnown
from studies.rehearsal.questions import Answer, Question
from studies.rehearsal.reader import PageRead

if TYPE_CHECKING:
    from studies.rehearsal.policies import Policy

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
QUOTES = "'\"\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
QUOTED = re.compile(rf"[{QUOTES}]\s*([^{QUOTES}]+?)\s*[{QUOTES}]")
ASKS_FOR_THE_AI = "what will the ai answer"
ESCALATES = 0.2
NOISE = 0.1
JUDGED = ("choice", "numeric", "percent")
Fill = Callable[["Policy", PageRead, Question, CaseKnown], str]


def filled_trial(policy: Policy, page: PageRead) -> dict[str, Answer]:
    """Return what is filled into the form of a trial; of what no protocol asks by this name any answer will do."""
    found: dict[str, Answer] = {}
    for question in page.questions:
        fill = ASKED.get(question.name) if question.kind in JUDGED else None
        if (told := instructed(policy, question, page.note)) is not None:
            found[question.name] = told
        elif fill is None:
            found |= answers_to(question, policy.rng)
        else:
            found[question.name] = fill(policy, page, question, policy.knowledge.case(page))
    return found


def instructed(policy: Policy, question: Question, told: str | None) -> str | None:
    """Return the option that stands in quotation marks in what the page tells, if the participant attends to it."""
    if question.kind not in ("choice", "ordinal"):
        return None
    quoted = {found.casefold() for found in QUOTED.findall(told or "")}
    named = [value for value, label in question.options if {value.casefold(), label.casefold()} & quoted]
    return named[0] if len(named) == 1 and policy.rng.random() < policy.attention else None


def number_in(text: str | None) -> float | None:
    """Return the first number of a text, such as an answer with its unit."""
    found = NUMBER.search((text or "").replace("\u2212", "-"))
    return float(found.group()) if found else None


def _decision(policy: Policy, page: PageRead, question: Question, case: CaseKnown) -> str:
    if ASKS_FOR_THE_AI in question.legend.casefold():
        return _guess(policy, page, question, case)
    if question.input_type == "number":
        return _own_number(policy, page, question, case)
    return question.value_of(policy.decide(page, case))


def _guess(policy: Policy, page: PageRead, question: Question, case: CaseKnown) -> str:
    knows = policy.rng.random() < policy.understanding
    if question.input_type == "number":
        said = number_in(case.prediction) or 0.0
        return _within(question, said if knows else said * (1 + policy.rng.gauss(0, NOISE)))
    said_label = case.prediction if knows else policy.other(page, case.prediction)
    return question.value_of(said_label)


def _own_number(policy: Policy, page: PageRead, question: Question, case: CaseKnown) -> str:
    """Estimate with an error of its own; with advice on the page move towards that by the rate of following."""
    own = number_in(page.own_answer)
    if own is None:
        own = (number_in(case.truth) or 0.0) * (1 + policy.rng.gauss(0, NOISE))
    advised = number_in(page.advice.label) if page.advice else None
    if advised is not None and policy.name != "never_follow":
        own += policy.follow_rate * (advised - own)
    return _within(question, own)


def _belief(policy: Policy, page: PageRead, question: Question, case: CaseKnown) -> str:
    """Say whether the AI is right, as its own opinion of the case and of the AI makes it believe."""
    values = [value for value, _ in question.options]
    if not any(value.startswith("right") for value in values):
        return policy.rng.choice(values)
    is_right = case.truth.casefold() == case.prediction.casefold()
    believes = is_right if policy.rng.random() < policy.skill else not is_right
    wanted = "right" if believes else "wrong"
    return policy.rng.choice([value for value in values if value.partition("_")[0] == wanted])


def _pick(policy: Policy, page: PageRead, question: Question, case: CaseKnown) -> str:
    is_of_ai = "does the ai" in question.legend.casefold()
    target, chance = (case.prediction, policy.understanding) if is_of_ai else (case.truth, policy.skill)
    right = policy.rng.random() < chance
    return question.value_of(target if right else policy.other(page, target))


def _action(policy: Policy, page: PageRead, question: Question, case: CaseKnown) -> str:
    """Pass some cases on, leave the AI what it would be followed in, and decide the rest."""
    values = [value for value, _ in question.options]
    if "escalate" in values and policy.rng.random() < ESCALATES:
        return "escalate"
    own = [value for value in values if value not in ("accept", "escalate")]
    if "accept" in values and (not own or policy.rng.random() < policy.follow_rate):
        return "accept"
    labels = {value: label for value, label in question.options if value in own}
    wanted = case.truth if policy.rng.random() < policy.skill else policy.rng.choice(list(labels.values()))
    return next((value for value, label in labels.items() if label == wanted), policy.rng.choice(values))


def _confidence(policy: Policy, _page: PageRead, question: Question, _case: CaseKnown) -> str:
    return str(policy.confidence(question))


def _within(question: Question, value: float) -> str:
    low = -1e9 if question.minimum is None else question.minimum
    high = 1e9 if question.maximum is None else question.maximum
    return f"{min(high, max(low, round(value, 2))):g}"


ASKED: Mapping[str, Fill] = {
    "decision": _decision,
    "answer": _decision,
    "guess": _guess,
    "verdict": _belief,
    "diagnosis": _belief,
    "pick": _pick,
    "action": _action,
    "confidence": _confidence,
}
