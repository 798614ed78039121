"""A participant's own score in a text: where the study file may put it, and its two placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studies.design.checks import Draft
from studies.design.languages import further_languages, text_in
from studies.errors import Fault

RIGHT, JUDGED = "{own_right}", "{own_judged}"
TOLD_IN = ("instructions", "debrief")
_WORD = re.compile(r"\{own_[^{}\s]*\}")


def own_score_faults(draft: Draft) -> Iterator[Fault]:
    """Check that texts tell an own score only where there is one, and by placeholders that exist."""
    has_trials = False
    for step in draft.steps:
        has_trials = has_trials or step.kind == "trials"
        name = step.params.get("text")
        if not isinstance(name, str):
            continue
        for each in (name, *(text_in(name, language) for language in further_languages(draft.data))):
            found = _WORD.findall(draft.side.texts.get(each, ""))
            message = ""
            if unknown := [word for word in found if word not in (RIGHT, JUDGED)]:
                message = f"The text '{each}' has {unknown[0]}; an own score is told by {RIGHT} and {JUDGED}."
            elif found and step.kind not in TOLD_IN:
                message = f"The text '{each}' tells an own score: only instructions and a debrief can."
            elif found and not has_trials:
                message = (
                    f"The text '{each}' tells an own score before there are any trials: put it after them."
                )
            if message:
                yield draft.fault(step.path, message)


def own_score_put(html: str, *, right: int, judged: int) -> str:
    """
    Put an own score into a text.

    Examples
    --------
    >>> own_score_put("<p>{own_right} of {own_judged}</p>", right=7, judged=10)
    '<p>7 of 10</p>'
    """
    return html.replace(RIGHT, str(right)).replace(JUDGED, str(judged))


def tells_own_score(html: str) -> bool:
    """Say whether a text tells an own score."""
    return RIGHT in html or JUDGED in html
