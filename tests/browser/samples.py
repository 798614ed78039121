"""One page of every kind, with content as a real study has it: what the browser tests look at."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from explainers.core.attribution import Explanation
from explainers.core.bars import bars_html
from explainers.core.cases import check_schema, panel_rows
from studies.trials.fieldview import scale_points
from studies.trials.pages import Page, Progress
from tests.browser.composite import PARTS

STUDY = "Do attribution explanations help people read cell samples?"
OPTIONS = [{"value": "benign", "label": "benign"}, {"value": "malignant", "label": "malignant"}]
NUCLEI = (
    # name, label, unit, usual range, decimals, value, push towards malignant
    ("radius", "Radius of the nuclei", "µm", 10.1, 14.2, 1, 17.3, 0.62),
    ("texture", "Texture", "grey levels", 11.6, 24.0, 1, 21.4, -0.21),
    ("perimeter", "Perimeter of the nuclei", "µm", 64.0, 92.0, 1, 113.4, 0.48),
    ("area", "Area of the nuclei", "µm²", 310.0, 620.0, 0, 928.0, 0.93),
    ("smoothness", "Roughness of outline", "", 0.070, 0.115, 3, 0.099, 0.03),
    ("compactness", "Compactness", "", 0.035, 0.146, 3, 0.117, -0.08),
    ("concavity", "Concavity of the outline", "", None, 0.110, 3, 0.133, 0.34),
    ("concave_points", "Concave points", "", 0.006, 0.053, 3, 0.079, 0.71),
    ("symmetry", "Asymmetry", "", 0.135, 0.215, 3, 0.128, -0.12),
    ("raggedness", "Raggedness of outline, standard error", "grey levels", 0.0542, 0.0738, 4, 0.0571, -0.17),
)
MEANING = "What it is, in a sentence: the mean over all nuclei that the program found in the picture."
FEATURES = check_schema(
    {
        "features": [
            {
                "name": name,
                "label": label,
                "unit": unit,
                "low": low,
                "high": high,
                "decimals": d,
                "meaning": MEANING,
            }
            for name, label, unit, low, high, d, _value, _push in NUCLEI
        ]
    }
)
INPUTS = {row[0]: row[6] for row in NUCLEI}
PUSHES = {row[0]: row[7] for row in NUCLEI}
PANEL = {
    "title": "The sample",
    "rows": [vars(row) for row in panel_rows(INPUTS, features=FEATURES)],
}
BARS = bars_html(
    Explanation(
        features=tuple(PUSHES),
        values=tuple(PUSHES.values()),
        target_class="malignant",
        target_space="log_odds",
        baseline=(0.0,) * len(PUSHES),
        output=1.9,
        output_at_baseline=-0.6,
        completeness_error=0.0,
    ),
    inputs=INPUTS,
    features=FEATURES,
    spec={"renderer": "bars", "version": "1", "top": 5, "limit": 1.0, "baseline": "a typical case"},
)
ADVICE = {"label": "malignant", "confidence_text": "87 %", "scores": []}
OWN = {"label": "benign", "confidence_text": "60 %"}
DECISION = {
    "name": "decision", "kind": "choice", "label": "Is this sample malignant?", "options": OPTIONS, "required": True,
    "minimum": None, "maximum": None, "unit": "", "anchors": ("", ""),
}  # fmt: skip
CONFIDENCE = {
    "name": "confidence", "kind": "percent", "label": "How sure are you?", "options": [], "required": True,
    "minimum": 0, "maximum": 100, "unit": "%", "anchors": ("0 = a pure guess", "100 = certain"),
}  # fmt: skip
INSTRUCTIONS = """
<p>You will see <strong>24 samples</strong> of cells that were taken with a fine needle. For each sample you read ten
measurements and decide whether it is <em>benign</em> or <em>malignant</em>.</p>
<h2>What you see</h2>
<ul><li>Every line is one measurement, with its unit and the range that is usual in benign samples.</li>
<li>A small mark shows where the value lies: inside the grey band, below it or above it.</li></ul>
<h2>What you do</h2>
<ol><li>Give your own answer first, and say how sure you are.</li>
<li>Look again. You may then keep your answer or change it.</li></ol>
<table><thead><tr><th>Measurement</th><th>Low</th><th>High</th></tr></thead>
<tbody><tr><td>Radius of the nuclei</td><td>small nuclei</td><td>large nuclei</td></tr></tbody></table>
"""
CONSENT = """
<p>You are invited to take part in a study of the Department of Pathology. Please read this page before you decide.</p>
<h2>What the study is about</h2>
<p>We want to learn how people read measurements of cell samples, alone and together with a computer program.</p>
<h2>What you will do</h2>
<p>You judge 24 samples and answer a few questions. This takes about 20 minutes.</p>
<h2>Your answers</h2>
<p>We store your answers and how long they took, without your name. You can stop at any time.</p>
<p>Approval 2026-117. Questions: <a href="mailto:study@example.org">study@example.org</a></p>
"""
SECOND = (
    "Look at the case once more together with what the AI adds, then give your final answer. "
    "You may keep your answer or change it."
)
SECOND_ALONE = (
    "Look at the case once more, then give your final answer. You may keep your answer or change it."
)
WINDOW = {
    "opens": {
        "iso": "2026-12-03T09:12+00:00",
        "words": "Thursday, 3 December 2026, 09:12 (UTC)",
        "far": "7 days",
    },
    "closes": {
        "iso": "2026-12-17T09:12+00:00",
        "words": "Thursday, 17 December 2026, 09:12 (UTC)",
        "far": "21 days",
    },
    "code": "PART-ONE",
    "can_return": True,
}
LEAVING = "If you leave now, the answers you have given so far are deleted at once. This cannot be undone."
SCALE = {"kind": "ordinal", "minimum": 1, "maximum": 7, "anchors": ("not at all", "extremely")}
AGREE = {
    **SCALE,
    "maximum": 5,
    "anchors": (
        "I disagree strongly",
        "I disagree somewhat",
        "I\u2019m neutral about it",
        "I agree somewhat",
        "I agree strongly",
    ),
}
LOAD = {"kind": "slider", "minimum": 0, "maximum": 100, "step": 5, "anchors": ("Very low", "Very high")}


def page(
    kind: Any, title: str, content: Mapping[str, Any], *, done: int | None = None, label: str = ""
) -> Page:
    progress = None if done is None else Progress(done, 24, label)
    nonce = hashlib.sha256(f"{kind} {title} {label}".encode()).hexdigest()
    return Page(kind=kind, title=title, study_title=STUDY, nonce=nonce, progress=progress, content=content)


def trial(
    number: int = 3, *, stage_label: str = "Your final answer", prompt: str = SECOND, **shown: Any
) -> Page:
    """Return a stage of a trial; what is not said is not shown."""
    nothing = {"advice": None, "explanations": [], "own_answer": None, "is_practice": False}
    asked = {"prompt": prompt, "stage_label": stage_label, "panel": PANEL, "fields": [DECISION, CONFIDENCE]}
    label = f"Case {number} of 24"
    return page("trial", label, nothing | asked | shown, done=number - 1, label=label)


def item(name: str, text: str, kind: str = "choice", **more: Any) -> dict[str, Any]:
    empty = {"options": [], "minimum": None, "maximum": None, "step": None, "unit": "", "anchors": ("", "")}
    if kind == "ordinal":
        empty["options"] = scale_points(more["minimum"], more["maximum"], more["anchors"])
    return (
        {"id": name, "name": name, "text": text, "kind": kind, "required": True, "prefer_not": False}
        | empty
        | more
    )


def items(*asked: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "title": "",
        "intro": "",
        "attempt": 1,
        "attempts": 1,
        "review_html": "",
        "items": list(asked),
    } | more


def choices(*labels: str) -> list[dict[str, str]]:
    return [{"value": f"v{number}", "label": label} for number, label in enumerate(labels)]


def notice(kind: str, title: str, text: str, **content: Any) -> Page:
    return page(kind, title, {"text": text, **content})


FIRST_ANSWER = trial(
    stage_label="Your first answer", prompt="Look at the case and give your own answer first."
)
PAGES: dict[str, Page] = {
    "welcome": page("welcome", STUDY, {"can_start": True, "hidden": {"PROLIFIC_PID": "a"}, "invited": False}),
    "consent": page("consent", "Your consent", {"html": CONSENT}, done=0, label="Part 1 of 8"),
    "screening": page(
        "screening",
        "Before you begin",
        items(
            item("adult", "Are you 18 years old or older?", options=choices("Yes", "No")),
            item("read", "Can you read English without help?", options=choices("Yes", "No")),
        ),
        done=3,
        label="Part 2 of 8",
    ),
    "questionnaire": page(
        "questionnaire",
        "The AI assistant",
        items(
            item("confident", "I am confident in the AI assistant.", **SCALE),
            item("reliable", "The AI assistant is reliable.", **SCALE, prefer_not=True),
            item(
                "years",
                "For how many years have you worked in health care?",
                "numeric",
                minimum=0,
                maximum=70,
            ),
            item("why", "What made you follow the advice, or not?", "text", required=False),
            intro="Think of the AI assistant that you have just worked with. How much do you agree?",
        ),
        done=18,
        label="Part 7 of 8",
    ),
    "questionnaire_agreement": page(
        "questionnaire",
        "The explanations",
        items(
            item("understand", "From the explanation, I understand how the AI works.", **AGREE),
            item("detail", "This explanation of how the AI works has sufficient detail.", **AGREE),
            item(
                "years",
                "For how many years have you worked in this field?",
                "numeric",
                unit="years",
                minimum=0,
                maximum=70,
                prefer_not=True,
            ),
            intro="Think of the explanations of the AI that you have just seen. How much do you agree?",
        ),
        done=18,
        label="Part 7 of 8",
    ),
    "questionnaire_load": page(
        "questionnaire",
        "How demanding it was",
        items(
            item("mental", "How mentally demanding was the task?", **LOAD),
            item(
                "performance",
                "How successful were you in accomplishing what you were asked to do?",
                **{**LOAD, "anchors": ("Perfect", "Failure")},
            ),
            intro="Think of all the cases that you have just judged; they are the task here.",
        ),
        done=18,
        label="Part 7 of 8",
    ),
    "instructions": page("instructions", "Instructions", {"html": INSTRUCTIONS}, done=9, label="Part 4 of 8"),
    "comprehension": page(
        "comprehension",
        "A few questions about the instructions",
        items(
            item(
                "band", "What does the grey band show?", options=choices("The usual range", "The worst case")
            ),
            item("change", "May you change your first answer?", options=choices("Yes", "No")),
            attempt=2,
            attempts=2,
            review_html=INSTRUCTIONS,
        ),
        done=12,
        label="Part 5 of 8",
    ),
    "trial": FIRST_ANSWER,
    "trial_unaided": trial(own_answer=OWN, prompt=SECOND_ALONE),
    "trial_advice": trial(own_answer=OWN, advice=ADVICE),
    "trial_explained": trial(own_answer=OWN, advice=ADVICE, explanations=[{"number": 1, "html": BARS}]),
    "trial_composite": trial(panel={"title": "The case", "rows": [], "parts": PARTS}),
    "trial_invalid": replace(
        FIRST_ANSWER,
        errors={"confidence": "Give a number from 0 to 100."},
        values={"decision": "benign", "confidence": "180"},
    ),
    "feedback": page(
        "feedback",
        "Your answer was not right",
        {"panel": PANEL, "own_answer": OWN, "advice": ADVICE, "truth_label": "malignant", "correct": False},
        done=1,
        label="Practice case 1 of 4",
    ),
    "score": page("score", "How you have done so far", {"right": 9, "judged": 12}, done=12, label="12 of 24"),
    "break": page(
        "break", "Time for a short break", {"done": 12, "total": 24}, done=12, label="12 of 24 cases done"
    ),
    "debrief": page(
        "debrief", "About this study", {"html": CONSENT, "consent": True}, done=21, label="Part 8 of 8"
    ),
    "done": notice(
        "done",
        "Thank you",
        "Your answers are stored. You can close this page.",
        code="K7QM-2XRV-90TD",
        redirect="https://example.org/back?cc=K7QM",
    ),
    "left": notice(
        "left", "You did not take part", "You did not agree to take part, so nothing more is asked."
    ),
    "closed": notice(
        "closed", "This study is closed", "This study does not take new participants at the moment."
    ),
    "done_with_bonus": notice(
        "done",
        "Thank you",
        "Your answers are stored. You can close this page.",
        code="K7QM2XPA9TRW",
        bonus={"amount": "GBP 1.35", "right": 27, "scored": 32},
    ),
    "session_waits": page("session", "See you again", {**WINDOW, "is_open": False}),
    "session_opens": page("session", "The next part of the study", {**WINDOW, "is_open": True, "code": ""}),
    "expired": notice(
        "expired",
        "This study is over for you",
        "Your last answer was too long ago for you to go on. What you have answered before is kept.",
    ),
    "resume": page("resume", "Go on with another device", {"code": ""}),
    "resume_refused": replace(
        page("resume", "Go on with another device", {"code": ""}),
        errors={"code": "This code is not valid. Please check that you typed all of it."},
    ),
    "resume_code": page("resume", "Go on with another device", {"code": "K7QM2XPA9TRW"}),
    "full": notice("full", "This study is full", "Every place was taken a moment before you arrived."),
    "screened_out": notice("screened_out", "Thank you for your interest", "You can close this page."),
    "comprehension_failed": notice(
        "comprehension_failed", "Thank you for your time", "You can close this page."
    ),
    "withdraw": page("withdraw", "Leave the study", {"policy": "erase", "html": LEAVING}),
    "withdrawn": notice("withdrawn", "You have left the study", "Your answers have been deleted."),
}
