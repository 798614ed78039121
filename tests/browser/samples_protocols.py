"""Pages of the protocols that show more than one case, or ask what no decision asks: what the browser tests look at."""

from __future__ import annotations

from typing import Any

from studies.protocols import get_protocol
from studies.protocols.stages import Decision, Option, Stage, Treatment
from studies.trials.fieldview import field_shown
from studies.trials.pages import Page
from tests.browser.samples import ADVICE, BARS, OWN, PANEL, trial

DECISION = Decision(
    "Is this sample malignant?", (Option("b", "benign"), Option("m", "malignant")), "m", "percent"
)
NONE: dict[str, Any] = {
    "panel": PANEL,
    "advice": None,
    "explanations": [],
    "own_answer": None,
    "stage_label": "",
}
EXAMPLE = {
    "panel": PANEL,
    "advice": ADVICE,
    "explanations": [{"number": 1, "html": BARS}],
    "outcome": "malignant",
}


def stage_of(name: str, explanations: int = 1, phase: str = "", stage: int = 0, **given: Any) -> Stage:
    protocol = get_protocol(name)
    treatment = Treatment(True, explanations, ("each_option",) * explanations)
    return protocol.stages(DECISION, treatment, protocol.completed(given, phase=phase))[stage]


def asked(stage: Stage, **shown: Any) -> Page:
    return trial(
        **{**NONE, "prompt": stage.prompt, "fields": [field_shown(f) for f in stage.fields], **shown}
    )


FIRST, *OTHERS = PANEL["rows"]
CHANGED = {**PANEL, "rows": [{**FIRST, "before": "12.9"}, *OTHERS]}
ORIGINAL = {"panel": PANEL, "advice": {"label": "malignant"}, "explanations": [{"number": 1, "html": BARS}]}
ALTERNATIVES = [{"letter": letter, "html": BARS} for letter in "AB"]
ROUTED = get_protocol("deferral").routed(
    Treatment(True, 0),
    get_protocol("deferral").completed({"routing": {"ai_confidence": {"above": 0.9}, "notice": True}}),
    confidence=0.95,
)
assert ROUTED is not None
PROTOCOL_PAGES: dict[str, Page] = {
    "trial_counterfactual": asked(
        stage_of("counterfactual_simulation"), original=ORIGINAL, panel=CHANGED
    ),
    "trial_agreement": asked(
        stage_of("agreement", answer="four_levels"), advice=ADVICE, explanations=[{"number": 1, "html": BARS}]
    ),
    "trial_deferral": asked(stage_of("deferral", costs={"escalate": 0.5}), advice=ADVICE),
    "trial_routed": asked(ROUTED, advice=ADVICE),
    "trial_examples": asked(
        stage_of("learning_transfer", phase="learn"), panel=None, examples=[EXAMPLE, EXAMPLE]
    ),
    "trial_look": asked(
        stage_of("learning_transfer", phase="learn", learn="answer_first", stage=1),
        own_answer=OWN, advice=ADVICE, outcome="malignant",
    ),
    "trial_reference": asked(
        stage_of("learning_transfer", phase="test", reference_panel=True), reference=[EXAMPLE, EXAMPLE]
    ),
    "trial_audit": asked(
        stage_of("audit", defects=["a shortcut", "data of the test in training"], reason=True)
    ),
    "trial_preference": asked(
        stage_of("preference", 2, neither=True, reasons=["It is shorter", "I can check it"]),
        alternatives=ALTERNATIVES,
    ),
}  # fmt: skip
