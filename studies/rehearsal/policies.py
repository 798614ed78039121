"""How simulated participants decide: a policy reads the page it receives, as a person does, and brings its opinion."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from studies.rehearsal.asked import filled_trial, instructed
from studies.rehearsal.fills import answers_to
from studies.rehearsal.judgement import bars_fit
from studies.rehearsal.knowledge import CaseKnown, Knowledge
from studies.rehearsal.questions import Answer, PageUnexpected, Question
from studies.rehearsal.reader import Held, PageRead


class Leaves(Exception):
    """The participant closes the browser and does not come back."""


@dataclass
class Policy:
    """
    A participant that decides by itself; the policies below override how it treats advice.

    Attributes
    ----------
    knowledge : Knowledge
        Which cases it has an opinion on, and the answers to the questions about the texts.
    positive : str
        Label of the positive option: what a high value speaks for.
    rng : random.Random
        Its own, seeded.
    skill : float
        Probability that its own opinion on a case is right.
    follow_rate : float
        Probability that it takes advice that it has no reason to doubt.
    detects : float
        Probability that an explanation which fits the case shows it that the advice is wrong.
    attention : float
        Probability that it answers a question about the instructions rightly, or as an attention check asks.
    understanding : float
        Probability that it knows what the AI will say.
    agrees_after_debrief : float
        Probability that it lets its answers be used once it knows what the study was about.
    curiosity : float
        Probability that it asks for what a page offers to show.
    patience : float
        Probability that it waits for what a page shows by itself after a while; what has to be seen it waits for.
    pace_ms : float
        Median time on a page.
    """

    name: ClassVar[str] = "own_opinion"

    knowledge: Knowledge
    positive: str
    rng: random.Random
    skill: float = 0.7
    follow_rate: float = 0.75
    detects: float = 0.6
    attention: float = 0.9
    understanding: float = 0.6
    agrees_after_debrief: float = 1.0
    curiosity: float = 0.7
    patience: float = 1.0
    pace_ms: float = 6_000
    trials_seen: int = field(default=0, init=False)

    def answer(self, page: PageRead) -> dict[str, Answer]:
        """Return what is filled into the page's form, by question; a page that cannot be answered raises."""
        if page.errors:
            raise PageUnexpected(
                f"The page '{page.title}' came back with errors: {' '.join(page.errors)} "
                f"The policy {self.name} must only send what the page offers."
            )
        if page.kind == "trial":
            return self._trial(page)
        answers: dict[str, Answer] = {}
        for question in page.questions:
            answers |= self._reply(page, question)
        return answers

    def asks_for(self, page: PageRead) -> list[Held]:
        """Return what it wants to see of what the page holds back: what it must, asks for, or has the patience for."""
        return [
            held
            for held in page.held
            if held.is_required or self.rng.random() < (self.patience if held.is_coming else self.curiosity)
        ]

    def time_ms(self, page: PageRead) -> float:
        """Return how long it takes for the page by its own clock."""
        pace = self.pace_ms * (1.0 if page.kind == "trial" else 1.5) * (1.2 if page.explanations else 1.0)
        return round(pace * self.rng.lognormvariate(0, 0.4), 1)

    def decide(self, page: PageRead, case: CaseKnown) -> str:
        """Return the label of the decision."""
        return self.opinion(page, case)

    def opinion(self, page: PageRead, case: CaseKnown) -> str:
        """Return its own opinion: what it said before, if the page shows that, else a new judgement by its skill."""
        if page.own_answer is not None:
            return page.own_answer
        return case.truth if self.rng.random() < self.skill else self.other(page, case.truth)

    def _trial(self, page: PageRead) -> dict[str, Answer]:
        answers = filled_trial(self, page)
        self.trials_seen += page.own_answer is None
        return answers

    def confidence(self, question: Question) -> int:
        """Return how sure it says it is."""
        low = 0 if question.minimum is None else int(question.minimum)
        high = 100 if question.maximum is None else int(question.maximum)
        return min(high, max(low, round(self.rng.gauss(70, 15))))

    def other(self, page: PageRead, label: str) -> str:
        """Return the words of another answer than this one to the decision, or else to the first question."""
        others = [shown for _, shown in decision_of(page).options if shown.casefold() != label.casefold()]
        if not others:
            raise PageUnexpected(f"The page '{page.title}' offers nothing but '{label}'.")
        return self.rng.choice(others)

    def _reply(self, page: PageRead, question: Question) -> dict[str, Answer]:
        if question.name == "consent":
            agrees = page.kind != "debrief" or self.rng.random() < self.agrees_after_debrief
            return {question.name: "given" if agrees else "declined"}
        known = self.knowledge.answers.get(question.name)
        sure = page.kind == "screening" or self.rng.random() < self.attention
        if page.kind in {"screening", "comprehension"} and known is not None and sure:
            return {question.name: known}
        if page.kind == "questionnaire" and (told := instructed(self, question, question.legend)) is not None:
            return {question.name: told}
        return answers_to(question, self.rng)


@dataclass
class Follow(Policy):
    """Always takes the advice."""

    name = "follow"

    def decide(self, page: PageRead, case: CaseKnown) -> str:
        return page.advice.label if page.advice else self.opinion(page, case)


@dataclass
class NeverFollow(Policy):
    """Never looks at the advice."""

    name = "never_follow"


@dataclass
class ByConfidence(Policy):
    """Takes the advice with a probability, and always when the AI is surer than a threshold."""

    name = "by_confidence"
    threshold: float = 0.9

    def decide(self, page: PageRead, case: CaseKnown) -> str:
        if page.advice is None:
            return self.opinion(page, case)
        sure = page.advice.confidence is not None and page.advice.confidence >= self.threshold
        follows = sure or self.rng.random() < self.follow_rate
        return page.advice.label if follows else self.opinion(page, case)


@dataclass
class ExplanationHelped(Policy):
    """Takes most advice, but an explanation that fits the case shows it, now and then, that the advice is wrong."""

    name = "explanation_helped"

    def decide(self, page: PageRead, case: CaseKnown) -> str:
        if page.advice is None:
            return self.opinion(page, case)
        wrong = page.advice.label.casefold() != case.truth.casefold()
        if wrong and bars_fit(page, positive=self.positive) and self.rng.random() < self.detects:
            return case.truth
        return page.advice.label if self.rng.random() < self.follow_rate else self.opinion(page, case)


@dataclass
class RandomClicks(Policy):
    """Clicks through without reading."""

    name = "random"
    pace_ms: float = 700
    attention: float = 0.5

    def decide(self, page: PageRead, case: CaseKnown) -> str:
        return self.rng.choice([shown for _, shown in decision_of(page).options])


@dataclass
class DropsOut(ByConfidence):
    """Decides by confidence and leaves after some trials."""

    name = "drops_out"
    leaves_after: int = 6

    def answer(self, page: PageRead) -> dict[str, Answer]:
        at_new_trial = page.kind == "trial" and page.own_answer is None
        if at_new_trial and self.trials_seen >= self.leaves_after:
            raise Leaves
        return super().answer(page)


def decision_of(page: PageRead) -> Question:
    """Return the question that asks for the decision, or the first one where none is called so."""
    return next((each for each in page.questions if each.name == "decision"), page.questions[0])


POLICIES: Mapping[str, type[Policy]] = {
    policy.name: policy
    for policy in (Policy, Follow, NeverFollow, ByConfidence, ExplanationHelped, RandomClicks, DropsOut)
}


@dataclass(frozen=True)
class PolicyChoice:
    """A policy with parameters of one's own, such as a planted effect: ``explanation_helped:detects=0.8``."""

    name: str
    parameters: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> PolicyChoice:
        """Read ``name`` or ``name:parameter=number,…``; what does not exist is refused."""
        name, _, rest = text.partition(":")
        choice = cls(name.strip(), {})
        parameters = {}
        for part in filter(None, rest.split(",")):
            key, _, value = part.partition("=")
            try:
                parameters[key.strip()] = float(value)
            except ValueError:
                raise ValueError(f"{text!r}: '{part}' is not parameter=number.") from None
        return replace(choice, parameters=parameters).checked()

    def checked(self) -> PolicyChoice:
        """Return the choice itself when the policy and its parameters exist."""
        if self.name not in POLICIES:
            raise ValueError(f"There is no policy '{self.name}'. There are: {', '.join(sorted(POLICIES))}.")
        known = set(POLICIES[self.name].__dataclass_fields__) - {
            "knowledge",
            "positive",
            "rng",
            "trials_seen",
        }
        unknown = sorted(set(self.parameters) - known)
        if unknown:
            raise ValueError(
                f"The policy '{self.name}' has no parameter {', '.join(unknown)}. It has: {', '.join(sorted(known))}."
            )
        return self

    def maker(self, *, knowledge: Knowledge, positive: str) -> Callable[[random.Random], Policy]:
        """Return what makes a participant of this policy from its own source of chance."""
        kind: Any = POLICIES[self.checked().name]
        return lambda rng: kind(knowledge=knowledge, positive=positive, rng=rng, **self.parameters)
