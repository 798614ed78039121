"""Finds the page that belongs to a participant's place. Content that does not verify is not shown, never altered."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import Any

from django.utils.safestring import SafeString

from explainers.core.errors import ArtefactCorrupt, ArtefactMissing
from studies.design.ownscore import TOLD_IN, own_score_put, tells_own_score
from studies.enrolment.models import Completion
from studies.enrolment.selectors import consent_is_declined
from studies.protocols.stages import Stage
from studies.trials import compose
from studies.trials.blockscore import block_score
from studies.trials.deadline import just_ran_out, seconds_left
from studies.trials.earnings import score_before
from studies.trials.itempages import items_asked
from studies.trials.pages import Mould, Page, PageKind
from studies.trials.position import BREAK, SCORE, TRIAL_STEPS
from studies.trials.scoring import answer_score, right_answers
from studies.trials.sitting import Sitting, State
from studies.trials.stageview import StageView, TrialOfStudy, stage_view
from studies.trials.tongue import tongue_of

log = logging.getLogger(__name__)
MOULDED = {"case", "advice", "explanations", "own_answer"}
END_PAGES: dict[str, PageKind] = {
    State.SCREENED_OUT: "screened_out",
    State.COMPREHENSION_FAILED: "comprehension_failed",
    State.FULL: "full",
    State.WITHDRAWN: "withdrawn",
    State.ERASED: "withdrawn",
}


def page_at(sitting: Sitting) -> Page:
    """Return the page, for a reader who needs no record of what it shows."""
    return page_to_send(sitting)[0]


def page_to_send(sitting: Sitting) -> tuple[Page, Stage | None, StageView | None]:
    """Return the page and, where it is a stage of a trial, the stage and the record of what it shows."""
    page, stage, view = _page_to_send(sitting)
    tongue = tongue_of(sitting.version_id, sitting.participant.language)
    return (replace(page, tongue=tongue) if tongue else page), stage, view


def _page_to_send(sitting: Sitting) -> tuple[Page, Stage | None, StageView | None]:
    if not sitting.is_active:
        return _page_at_end(sitting), None, None
    try:
        page, stage, view = _page_at_place(sitting)
    except (ArtefactCorrupt, ArtefactMissing) as error:
        log.error("A page of version %s cannot be shown: %s", sitting.version_id, error)
        return compose.broken_page(study_title=sitting.spec.title), None, None
    page = replace(page, nonce=sitting.nonce)
    # What is said once is part of no mould: other people's pages are made of the same.
    page = replace(page, is_after_time=True, mould=None) if just_ran_out(sitting) else page
    return page, stage, view


def _page_at_place(sitting: Sitting) -> tuple[Page, Stage | None, StageView | None]:
    step, spec = sitting.step, sitting.spec
    if step.kind == "session":
        person = sitting.participant
        window = (person.opens_at, person.closes_at)
        return compose.session_page(step, spec=spec, window=window, now=sitting.now), None, None
    if step.kind not in TRIAL_STEPS:
        page = compose.step_page(
            step,
            version_id=sitting.version_id,
            spec=spec,
            attempt=sitting.place.attempt,
            items=items_asked(sitting) if step.kind == "questionnaire" else None,
            language=sitting.participant.language,
        )
        return _with_own_score(page, sitting), None, None
    number, of, stage = sitting.place.trial, len(sitting.cases(step)), sitting.stage
    if stage is not None:
        trial = replace(sitting.trial_of_study, outcomes=right_answers(spec, case_ids=sitting.told))
        view = stage_view(trial, stage=stage, earlier=sitting.earlier)
        mould = _mould(trial, step_index=step.index, stage=stage)
        left = seconds_left(sitting, stage)
        if left is not None:
            limited = {"limit": stage.time_limit_s, "left": max(0.0, round(left, 1))}
            view = replace(view, content={**view.content, **limited})
        return compose.trial_page(trial, view=view, number=number, of=of, mould=mould), stage, view
    if sitting.screen == SCORE:
        score = block_score(sitting)
        told = compose.score_page(spec, right=score.right, judged=score.judged, at=(number + 1, of))
        return told, None, None
    if sitting.screen == BREAK:
        return compose.break_page(spec, done=number + 1, total=of), None, None
    return _feedback(sitting, number=number, of=of), None, None


def _with_own_score(page: Page, sitting: Sitting) -> Page:
    """Put the participant's own score into words that tell it; it is counted only then."""
    content = page.content
    html, intro, items = content.get("html", ""), content.get("intro", ""), content.get("items", [])
    words = [html, intro, *(item["text"] for item in items)]
    if sitting.step.kind not in TOLD_IN or not any(map(tells_own_score, words)):
        return page
    sitting.ledger.write()  # the answer that brought this page counts
    person = sitting.participant
    counted = score_before(
        person.version, participant=person.pk, arm=sitting.arm or "", step_index=sitting.step.index
    )
    put = partial(own_score_put, right=counted.right, judged=counted.scored)
    told: dict[str, Any] = {
        "items": [{**item, "text": put(item["text"])} for item in items],
        "intro": put(intro),
    }
    if html:  # passed through the allow-list before; what is put in are two numbers
        told["html"] = SafeString(put(html))
    return replace(page, content={**content, **told})


def _mould(trial: TrialOfStudy, *, step_index: int, stage: Stage) -> Mould | None:
    """Say what the page has in common with others; nothing where more than panel and treatment differs by case."""
    differs = any(field.options_from or field.order == "drawn" for field in stage.fields)
    if not set(stage.items) <= MOULDED or not stage.fields or stage.time_limit_s or differs:
        return None
    if trial.check is not None and trial.check.text:
        return None
    held = trial.held(stage)
    if held and (trial.seen is None or trial.seen.page_s):
        return None  # the page again, at a moment of its own
    shown_to = (trial.version_id, trial.condition.name)
    return Mould(
        stage=("stage", *shown_to, step_index, stage.name, bool(held)),
        panel=("panel", trial.version_id, trial.case_id),
        treatment=(
            "treatment",
            *shown_to,
            trial.variant,
            trial.case_id,
            "advice" in stage.items,
            "explanations" in stage.items,
            stage.held,
            tuple((each.part.number, each.wait_s) for each in held),
        ),
    )


def _feedback(sitting: Sitting, *, number: int, of: int) -> Page:
    last = [stage for stage in sitting.stages if any(field.scored_against for field in stage.fields)][-1]
    answer = sitting.answer_at(last)
    score = answer_score(sitting.trial_of_study, stage=last, answer=answer)
    return compose.feedback_page(
        sitting.trial_of_study,
        stage=last,
        answer=answer,
        score=(score.is_correct, score.right),
        at=(number, of),
    )


def _page_at_end(sitting: Sitting) -> Page:
    person, spec = sitting.participant, sitting.spec
    text = compose.TEXTS["erased"] if person.state == State.ERASED else ""
    completion = Completion.objects.filter(participant=person).first()
    if completion is not None:  # who leaves after the end keeps the code
        return compose.done_page(spec, completion, text=text)
    if person.state == State.EXPIRED:
        text = compose.EXPIRED[person.closed_because]
        return compose.notice_page("expired", study_title=spec.title, text=text)
    if person.state == State.WITHDRAWN and consent_is_declined(person):
        return compose.notice_page("left", study_title=spec.title)
    return compose.notice_page(END_PAGES[person.state], study_title=spec.title, text=text)
