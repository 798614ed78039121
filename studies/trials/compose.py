"""Makes the page of every kind out of launched content. It is handed what it shows and cannot reach the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from studies.design.pay import PayRules
from studies.design.sessions import CODE, lets_back_by
from studies.design.spec import Step, StudySpec
from studies.enrolment.models import Completion
from studies.protocols.stages import Stage
from studies.questionnaires import in_language
from studies.trials.content import case_shown, text_shown
from studies.trials.fieldview import scale_points
from studies.trials.pages import Mould, Page, PageKind, Progress
from studies.trials.position import part_of_study
from studies.trials.stageview import StageView, TrialOfStudy, advice_met, answer_shown

Items = Sequence[Mapping[str, Any]]
TITLES: Mapping[str, str] = {
    "consent": "Your consent",
    "screening": "Before you begin",
    "instructions": "Instructions",
    "comprehension": "A few questions about the instructions",
    "debrief": "About this study",
    "left": "You did not take part",
    "closed": "This study is closed",
    "expired": "This study is over for you",
    "session": "See you again",
    "resume": "Go on with another device",
    "full": "This study is full",
    "screened_out": "Thank you for your interest",
    "comprehension_failed": "Thank you for your time",
    "withdraw": "Leave the study",
    "withdrawn": "You have left the study",
    "done": "Thank you",
}
TEXTS: Mapping[str, str] = {
    "left": "You did not agree to take part, so nothing more is asked. You can close this page.",
    "closed": "This study does not take new participants at the moment. You can close this page.",
    "full": "Every place was taken a moment before you arrived. Nothing more is asked. You can close this page.",
    "screened_out": "This study is for other people than you are, by the answers you gave. You can close this page.",
    "comprehension_failed": "The questions about the instructions were not answered as needed to go on. "
    "You can close this page.",
    "withdrawn": "You have left the study; nothing more is asked.",
    "erased": "You have left the study, and your answers have been deleted.",
    "unknown_link": "This link is not valid. Please check that you copied all of it.",
    "done": "Your answers are stored. You can close this page.",
    "broken": "This page cannot be shown as it should be, so it is not shown at all. Your last answer is safe. "
    "Please reload this page in a few minutes; if that does not help, tell the people who run the study.",
}
VERDICTS = {
    True: "Your answer was right",
    False: "Your answer was not right",
    None: "Thank you for your answer",
}
EXPIRED = {
    "session_missed": "The time in which you could do this part of the study is over. What you have answered before is "
    "kept. Nothing more is asked. You can close this page.",
    "pause_exceeded": "Your last answer was too long ago for you to go on. What you have answered before is kept. "
    "Nothing more is asked. You can close this page.",
    "place_given_away": "You were away for so long that your place was given to somebody else. What you have answered "
    "before is kept. Nothing more is asked. You can close this page.",
}
LEAVING = {
    "keep": "If you leave now, the answers that you have given are kept without your name, and nothing more is asked.",
    "erase": "If you leave now, the answers you have given so far are deleted at once. This cannot be undone.",
}


def step_page(
    step: Step,
    *,
    version_id: int,
    spec: StudySpec,
    attempt: int,
    items: Items | None = None,
    language: str = "",
) -> Page:
    """Compose the page of a step that has no trials; ``items`` are those on this page, by default all of the step."""
    if step.kind == "questionnaire":
        step = replace(step, params=in_language(step.params, language))
    makers = {
        "consent": _text_content,
        "instructions": _text_content,
        "debrief": _text_content,
        "screening": _items_content,
        "questionnaire": _items_content,
        "comprehension": _items_content,
    }
    content = makers[step.kind](step, version_id=version_id, attempt=attempt, language=language)
    if items is not None:
        worded = {item["id"]: item for item in step.params["items"]}
        content["items"] = [_item_shown(worded[item["id"]]) for item in items]
    done, total = part_of_study(spec, step)
    kind: PageKind = step.kind  # type: ignore[assignment]  # steps with trials and the allocation have no such page
    return Page(
        kind=kind,
        title=content.get("title") or TITLES[step.kind],
        study_title=spec.title,
        progress=Progress(done, total, f"Part {done + 1} of {total}"),
        content={**content, "can_return": can_return(spec) and step.kind != "consent"},
    )


def trial_page(
    trial: TrialOfStudy, *, view: StageView, number: int, of: int, mould: Mould | None = None
) -> Page:
    """Compose the page of a stage; ``mould`` is given where it is shown again and again (``moulds.py``)."""
    return Page(
        kind="trial",
        title=_case_label(trial, number, of),
        study_title=trial.spec.title,
        progress=Progress(number, of, _case_label(trial, number, of)),
        content=view.content,
        mould=mould,
    )


def feedback_page(
    trial: TrialOfStudy,
    *,
    stage: Stage,
    answer: Mapping[str, Any],
    score: tuple[bool | None, str],
    at: tuple[int, int],
) -> Page:
    """Compose the feedback on an answer that is stored.

    ``score`` (was it right, which answer is) is handed in, ``at`` is the place among the trials and their number.
    """
    (is_correct, right), (number, of) = score, at
    content = {
        "panel": case_shown(trial.version_id, trial.case_id).panel,
        "advice": advice_met(trial, stage),
        "own_answer": answer_shown(trial.spec.decision, answer),
        "truth_label": right,
        "correct": is_correct,
    }
    return Page(
        kind="feedback",
        title=VERDICTS[is_correct],
        study_title=trial.spec.title,
        progress=Progress(number + 1, of, _case_label(trial, number, of)),
        content=content,
    )


def score_page(spec: StudySpec, *, right: int, judged: int, at: tuple[int, int]) -> Page:
    """Compose the page that tells the participant's own score over a block."""
    done, total = at
    return Page(
        kind="score",
        title="How you have done so far",
        study_title=spec.title,
        progress=Progress(done, total, f"{done} of {total} cases done"),
        content={"right": right, "judged": judged},
    )


def break_page(spec: StudySpec, *, done: int, total: int) -> Page:
    """Compose the page of a break."""
    return Page(
        kind="break",
        title="Time for a short break",
        study_title=spec.title,
        progress=Progress(done, total, f"{done} of {total} cases done"),
        content={"done": done, "total": total, "can_return": can_return(spec)},
    )


def session_page(
    step: Step, *, spec: StudySpec, window: tuple[datetime | None, datetime | None], now: datetime
) -> Page:
    """Compose the page between two sessions: when to come back, or the button that begins the next one."""
    opens_at, closes_at = window
    is_open = opens_at is None or now >= opens_at
    content = {
        "is_open": is_open,
        "opens": None if opens_at is None else moment_shown(opens_at, now=now),
        "closes": None if closes_at is None else moment_shown(closes_at, now=now),
        "code": step.params["code"],
        "can_return": can_return(spec),
    }
    title = "The next part of the study" if is_open else TITLES["session"]
    return Page(kind="session", title=title, study_title=spec.title, content=content)


def resume_page(spec: StudySpec, *, code: str = "") -> Page:
    """Compose the page by which somebody goes on elsewhere: their code, or the form that asks for it."""
    content = {"code": code}
    return Page(kind="resume", title=TITLES["resume"], study_title=spec.title, content=content)


def can_return(spec: StudySpec) -> bool:
    """Say whether participants are told a code by which they can go on elsewhere."""
    return lets_back_by(spec, CODE)


def moment_shown(moment: datetime, *, now: datetime) -> dict[str, str]:
    """Return a moment for the page: for programs, in words, and how far it is away in days or hours."""
    hours = max(0.0, (moment - now).total_seconds() / 3600)
    far = f"{round(hours / 24)} days" if hours >= 36 else f"{max(1, round(hours))} hours"
    return {
        "iso": moment.isoformat(timespec="minutes"),
        "words": f"{moment:%A}, {moment.day} {moment:%B %Y, %H:%M} (UTC)",
        "far": "1 hour" if far == "1 hours" else far,
    }


def notice_page(kind: PageKind, *, study_title: str, text: str = "", **content: Any) -> Page:
    """Compose a page that tells something and asks nothing."""
    return Page(
        kind=kind,
        title=TITLES[kind],
        study_title=study_title,
        content={"text": text or TEXTS[kind], **content},
    )


def broken_page(*, study_title: str) -> Page:
    """Compose what people see instead of a page whose content did not verify."""
    return Page(
        kind="closed",
        title="This page cannot be shown just now",
        study_title=study_title,
        content={"text": TEXTS["broken"], "is_broken": True},
    )


def done_page(spec: StudySpec, completion: Completion, *, text: str = "") -> Page:
    """Compose the last page, with the completion code and, where the study shows it, the bonus."""
    code = completion.code
    redirect = spec.document["completion"].get("redirect")
    content = {
        "code": code,
        "redirect": redirect.replace("{code}", code) if redirect else None,
        "bonus": _bonus_shown(spec, completion),
    }
    return notice_page("done", study_title=spec.title, text=text, **content)


def _bonus_shown(spec: StudySpec, completion: Completion) -> dict[str, Any] | None:
    rules = PayRules.of(spec.document)
    if rules is None or not rules.is_shown or completion.bonus is None:
        return None
    return {
        "amount": rules.written(rules.rounded(completion.bonus)),
        "right": completion.right,
        "scored": completion.scored,
        "prizes": completion.prizes if rules.per_prize else None,
        "prize": rules.written(rules.per_prize),
    }


def welcome_page(
    spec: StudySpec, *, is_invited: bool, hidden: Mapping[str, str], languages: Items = ()
) -> Page:
    """Compose the page at the door; opening it does nothing. ``languages`` are those to choose from."""
    return Page(
        kind="welcome",
        title=spec.title,
        study_title=spec.title,
        content={
            "can_start": True,
            "hidden": dict(hidden),
            "invited": is_invited,
            "languages": list(languages),
        },
    )


def withdraw_page(spec: StudySpec) -> Page:
    """Compose the page that asks whether to leave."""
    policy = spec.document["withdrawal"]["policy"]
    return Page(
        kind="withdraw",
        title=TITLES["withdraw"],
        study_title=spec.title,
        content={"policy": policy, "html": LEAVING[policy]},
    )


def _text_content(step: Step, *, version_id: int, attempt: int, language: str) -> dict[str, Any]:
    html, _digest = text_shown(version_id, step.params["text"], language)
    # Passed through the allow-list when the version was made, and again when it was read.
    return {"html": SafeString(html), "consent": bool(step.params.get("consent"))}


def _items_content(step: Step, *, version_id: int, attempt: int, language: str) -> dict[str, Any]:
    params = step.params
    review = params.get("text") if step.kind == "comprehension" and attempt else None
    return {
        "title": params.get("title", ""),
        "intro": params.get("intro", ""),
        "items": [_item_shown(item) for item in params["items"]],
        "attempt": attempt + 1,
        "attempts": params.get("attempts", 1),
        "review_html": SafeString(text_shown(version_id, review, language)[0]) if review else "",
    }


def _item_shown(item: Mapping[str, Any]) -> dict[str, Any]:
    """Name what is shown one by one: which answer is right or eligible stands in the same mapping."""
    kind, anchors = item.get("kind", "choice"), item.get("anchors") or ()
    options = [{"value": o["value"], "label": o["label"]} for o in item.get("options") or []]
    return {
        "id": item["id"],
        "name": item["id"],
        "text": item.get("text") or item.get("question", ""),
        "kind": kind,
        "options": scale_points(item["minimum"], item["maximum"], anchors) if kind == "ordinal" else options,
        "minimum": item.get("minimum"),
        "maximum": item.get("maximum"),
        "step": item.get("step"),
        "unit": item.get("unit", ""),
        "anchors": anchors or ("", ""),
        "required": item.get("required", True),
        "prefer_not": bool(item.get("prefer_not")),
    }


def _case_label(trial: TrialOfStudy, number: int, of: int) -> str:
    if len(trial.group) > 1:
        return f"Cases {number + 1} to {number + len(trial.group)} of {of}"
    return f"{'Practice case' if trial.is_practice else 'Case'} {number + 1} of {of}"
