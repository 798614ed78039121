"""A participant's own score in words: where the study file may put it, and its two placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studies.design.checks import Draft
from studies.design.languages import further_languages, text_in
from studies.design.protocolchecks import scores_something
from studies.design.sidefiles import RawStep
from studies.errors import Fault
from studies.questionnaires.instrument import Questionnaire

RIGHT, JUDGED = "{own_right}", "{own_judged}"
TOLD_IN = ("instructions", "debrief", "questionnaire")
_WORD = re.compile(r"\{own_[^{}\s]*\}")


def own_score_faults(draft: Draft) -> Iterator[Fault]:
    """Check that words tell an own score only where there is one, and by placeholders that exist."""
    has_trials = has_score = False
    for step in draft.steps:
        if step.kind == "trials":
            has_trials, has_score = True, has_score or scores_something(draft, step)
        for what, words in _words(draft, step):
            found = _WORD.findall(words)
            message = ""
            if unknown := [word for word in found if word not in (RIGHT, JUDGED)]:
                message = f"{what} has {unknown[0]}; an own score is told by {RIGHT} and {JUDGED}."
            elif found and step.kind not in TOLD_IN:
                message = f"{what} tells an own score: only instructions, a questionnaire and a debrief can."
            elif found and not has_trials:
                message = f"{what} tells an own score before there are any trials: put it after them."
            elif found and not has_score:
                message = (
                    f"{what} tells an own score, but no trial before it asks what can be right or wrong."
                )
            if message:
                yield draft.fault(step.path, message)


def _words(draft: Draft, step: RawStep) -> Iterator[tuple[str, str]]:
    """Yield what participants read in a step, each with its name: texts and the words of questionnaires."""
    name = step.params.get("text")
    if isinstance(name, str):
        for each in (name, *(text_in(name, language) for language in further_languages(draft.data))):
            yield f"The text '{each}'", draft.side.texts.get(each, "")
    if step.kind == "questionnaire" and (found := draft.side.questionnaires.get(step.params["use"])):
        yield f"The questionnaire '{found.name}'", " ".join(_asked(found))


def _asked(questionnaire: Questionnaire) -> Iterator[str]:
    yield questionnaire.intro
    yield from (item.text for item in questionnaire.items)
    for words in questionnaire.translations.values():
        yield str(words.get("intro", ""))
        yield from map(str, words.get("items", {}).values())


def own_score_put(words: str, *, right: int, judged: int) -> str:
    """
    Put an own score into words.

    Examples
    --------
    >>> own_score_put("<p>{own_right} of {own_judged}</p>", right=7, judged=10)
    '<p>7 of 10</p>'
    """
    return words.replace(RIGHT, str(right)).replace(JUDGED, str(judged))


def tells_own_score(words: str) -> bool:
    """Say whether words tell an own score."""
    return RIGHT in words or JUDGED in words
