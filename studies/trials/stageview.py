"""One stage of one trial: what its page shows, and the record of what that is. It cannot reach the truth."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.safestring import SafeString

from studies.design.attention import AttentionCheck
from studies.design.conditions import Part
from studies.design.spec import ConditionSpec, StudySpec
from studies.protocols.preference import LETTERS, alternatives_of
from studies.protocols.reveal import OWN_ANSWERS
from studies.protocols.stages import Decision, Stage
from studies.trials.casestages import original_of
from studies.trials.content import advice_given, case_shown, explanations_shown, predictor_name
from studies.trials.fieldview import field_shown, option_order
from studies.trials.reveals import Held, Seen, parts_held
from studies.trials.stakes import prize_told, stake_told

FINAL = "final"
STAGE_LABELS = {"initial": "Your first answer", FINAL: "Your final answer"}
LAYOUT = "case-aside-answer/1"


@dataclass(frozen=True)
class ItemShown:
    """One thing on the screen, by digest: a row of ``PresentedItem`` to be."""

    item: str
    name: str
    digest: str
    rendering_digest: str = ""


@dataclass(frozen=True)
class StageView:
    """What the template of a trial is given, and what the presentation records of it.

    ``beside`` holds what is recorded of the further trials that share the page, one for each.
    """

    content: Mapping[str, Any]
    items: tuple[ItemShown, ...]
    option_order: tuple[str, ...]
    beside: tuple[tuple[ItemShown, ...], ...] = ()


@dataclass(frozen=True)
class Example:
    """A case to learn from, and the condition in which it is shown."""

    case_id: int
    condition: ConditionSpec


@dataclass(frozen=True)
class TrialOfStudy:
    """The case, and the condition in which it is shown, in a version of a study.

    ``group`` holds what shares its page, ``examples`` what was studied before, ``outcomes`` the right
    answers that may be told of them, and ``turn`` says how far the sides of alternatives have moved on. ``seen`` is
    what the participant has been shown of the trial (``None``: everything is), ``withheld`` numbers the parts of the
    treatment that are not on the page; ``check`` says how it checks attention, if it does; ``variant`` is that of the
    explanations.
    """

    version_id: int
    spec: StudySpec
    condition: ConditionSpec
    case_id: int
    is_practice: bool = False
    group: tuple[Example, ...] = ()
    examples: tuple[Example, ...] = ()
    outcomes: Mapping[int, str] = field(default_factory=dict)
    turn: int = 0
    seen: Seen | None = None
    withheld: frozenset[int] = frozenset()
    check: AttentionCheck | None = None
    variant: str = ""

    @property
    def predictor(self) -> str:
        return predictor_name(self.spec, self.condition)

    @property
    def confidence(self) -> float | None:
        """Return how sure the AI is, where a rule of the condition asks for it."""
        if not any(part.when for part in self.condition.parts):
            return None
        return advice_given(self.version_id, self.predictor, self.case_id).confidence

    def held(self, stage: Stage) -> tuple[Held, ...]:
        """Return what of the treatment the page of a stage holds back for now."""
        if self.seen is None or not self.condition.treatment.is_held:
            return ()
        parts = (
            part
            for part in self.condition.parts
            if part.number not in stage.held
            and ("advice" if part.is_advice else "explanations") in stage.items
        )
        return tuple(parts_held(parts, seen=self.seen, confidence=self.confidence))


def _stage_label(stage: Stage) -> str:
    """Return which answer a stage asks for; an answer is the final one only where there was one before."""
    return "" if stage.name == FINAL and "own_answer" not in stage.items else STAGE_LABELS.get(stage.name, "")


def stage_view(trial: TrialOfStudy, *, stage: Stage, earlier: Mapping[str, Any]) -> StageView:
    """Compose a stage; ``earlier`` holds what the participant answered at an earlier stage of this trial."""
    held = trial.held(stage)
    trial = replace(trial, withheld=frozenset({*stage.held, *(each.part.number for each in held)}))
    content: dict[str, Any] = {
        "prompt": stage.prompt,
        "stage_label": _stage_label(stage),
        "is_practice": trial.is_practice,
        "panel": None,
        "advice": None,
        "explanations": [],
        "own_answer": None,
        "original": None,
        "outcome": "",
        "reference": [],
        "alternatives": [],
        "examples": [],
        "layout": trial.condition.layout,
        "stake": None if trial.is_practice else stake_told(trial.spec, trial.condition, stage=stage),
        "note": trial.check.text if trial.check else "",
        "fields": [
            field_shown(field, prize="" if trial.is_practice else prize_told(trial.spec, field))
            for field in stage.fields
        ],
    }
    items: list[ItemShown] = []
    if "original" in stage.items:
        for content["original"], item in _original(trial, stage.items):
            items.append(item)
    for kind in stage.items:
        for key, shown, item in _SHOW.get(kind, _nothing)(trial, earlier):
            content[key] = [*content[key], shown] if isinstance(content[key], list) else shown
            items.append(item)
    if content["original"] and content["panel"]:
        content["panel"] = _with_changes(content["panel"], content["original"]["panel"])
    if content["stake"] is not None:
        items.append(ItemShown("incentive", "", _digest(content["stake"])))
    if content["note"]:
        items.append(ItemShown("note", "", _digest(content["note"])))
    _place_held(content, held, is_of_person=trial.condition.told_source == "person")
    if len(trial.group) > 1:
        content["examples"] = [example_shown(_of(trial, example), stage.items) for example in trial.group]
    beside = tuple(
        stage_view(replace(_of(trial, example), group=()), stage=stage, earlier={}).items
        for example in trial.group[1:]
    )
    return StageView(
        content=content, items=tuple(items), option_order=option_order(stage.fields), beside=beside
    )


def advice_met(trial: TrialOfStudy, stage: Stage) -> dict[str, Any] | None:
    """Return the advice as a stage that is over has shown it, or ``None`` if it has not."""
    held = any(each.part.is_advice for each in trial.held(stage))
    if held or 0 in stage.held or "advice" not in stage.items:
        return None
    return next((advice for _key, advice, _item in _advice(trial, {})), None)


def advice_shown(trial: TrialOfStudy) -> dict[str, Any]:
    """Return the advice as its condition shows it; what the condition hides is not in it."""
    advice = advice_given(trial.version_id, trial.predictor, trial.case_id)
    show = trial.condition.advice_show
    decision = trial.spec.decision
    claim = trial.condition.claimed_accuracy
    return {
        "is_of_person": trial.condition.told_source == "person",
        "label": option_label(decision, advice.label) if "label" in show else "",
        "confidence_text": percent_text(advice.confidence)
        if "confidence" in show and advice.confidence is not None
        else "",
        "has_no_confidence": "confidence" in show and advice.confidence is None,
        "claim": trial.condition.claim,
        "claim_text": percent_text(claim) if "claimed_accuracy" in show and claim is not None else "",
        "scores": [
            {"label": option_label(decision, value), "text": percent_text(score)}
            for value, score in advice.scores.items()
        ]
        if "scores" in show
        else [],
    }


def answer_shown(decision: Decision, answer: Mapping[str, Any]) -> dict[str, str]:
    """Return a participant's own answer in words."""
    chosen = next((answer[name] for name in OWN_ANSWERS if name in answer), "")
    confidence = answer.get("confidence")
    return {
        "label": answer_text(decision, chosen),
        "confidence_text": "" if confidence is None else percent_text(confidence),
    }


def answer_text(decision: Decision, value: Any) -> str:
    """Return an answer in words: of a number the number and its unit."""
    if isinstance(value, int | float):
        return f"{value:g} {decision.unit}".strip()
    return option_label(decision, value)


def option_label(decision: Decision, value: str) -> str:
    """Return the words for an option of the decision; a label that is no option speaks for itself."""
    if decision.kind == "numeric":
        return f"{value} {decision.unit}".strip()
    return next((option.label for option in decision.options if option.value == value), value)


def percent_text(proportion: float) -> str:
    """Write a proportion as people read it. Certainty is never claimed: 0.9996 is not 100 %."""
    percent = round(100 * proportion)
    if percent == 100 and proportion < 1:
        return "more than 99 %"
    return "less than 1 %" if percent == 0 and proportion > 0 else f"{percent} %"


Shown = Iterator[tuple[str, Any, ItemShown]]


def _nothing(_trial: TrialOfStudy, _earlier: Mapping[str, Any]) -> Shown:
    yield from ()  # the original is made as a whole


def _case(trial: TrialOfStudy, _earlier: Mapping[str, Any]) -> Shown:
    case = case_shown(trial.version_id, trial.case_id)
    yield "panel", case.panel, ItemShown("case", case.key, case.digest)


def _advice(trial: TrialOfStudy, _earlier: Mapping[str, Any]) -> Shown:
    part = next((part for part in trial.condition.parts if part.is_advice), None)
    if part is not None and 0 not in trial.withheld and part.is_due(trial.confidence):
        given = advice_given(trial.version_id, trial.predictor, trial.case_id)
        yield "advice", advice_shown(trial), ItemShown("advice", given.predictor, given.digest)


def _explanations(trial: TrialOfStudy, _earlier: Mapping[str, Any]) -> Shown:
    found = explanations_shown(trial.version_id, trial.condition.name, trial.case_id, trial.variant)
    parts = [part for part in trial.condition.parts if not part.is_advice]
    confidence = trial.confidence
    for part, shown in zip(parts, found, strict=True):
        if part.number in trial.withheld or not part.is_due(confidence):
            continue
        item = ItemShown("explanation", shown.name, shown.artefact_digest, shown.rendering_digest)
        # The engine rendered and hashed this fragment, and its bytes were verified when they were read.
        yield "explanations", _panel(part, SafeString(shown.html)), item


def _panel(part: Part, html: str) -> dict[str, Any]:
    return {"number": part.number, "label": part.label, "how_to_read": part.how_to_read, "html": html}


def _place_held(content: dict[str, Any], held: Collection[Held], *, is_of_person: bool) -> None:
    """Put the place of what is held back where it will stand."""
    for each in held:
        place = {
            "number": each.part.number,
            "label": each.part.label,
            "how": each.part.reveal.kind,
            "is_of_person": is_of_person,
            "is_required": each.part.reveal.is_required,
            "wait_s": round(each.wait_s, 1),
        }
        if each.part.is_advice:
            content["advice"] = {"held": place}
        else:
            content["explanations"].append({"number": each.part.number, "held": place})
    content["explanations"].sort(key=lambda panel: panel["number"])
    content["is_held"] = bool(held)


def _own_answer(trial: TrialOfStudy, earlier: Mapping[str, Any]) -> Shown:
    # Who ran out of time on the page before has no answer to be reminded of.
    if earlier and answer_shown(trial.spec.decision, earlier)["label"]:
        text = json.dumps(earlier, sort_keys=True, ensure_ascii=False)
        item = ItemShown("own_answer", "", hashlib.sha256(text.encode()).hexdigest())
        yield "own_answer", answer_shown(trial.spec.decision, earlier), item


def example_shown(trial: TrialOfStudy, items: Collection[str]) -> dict[str, Any]:
    """Return a case to learn from, with what the condition shows of it."""
    return {
        "panel": case_shown(trial.version_id, trial.case_id).panel,
        "advice": next((advice for _key, advice, _item in _advice(trial, {})), None)
        if "advice" in items
        else None,
        "explanations": [panel for _key, panel, _item in _explanations(trial, {})]
        if "explanations" in items
        else [],
        "outcome": trial.outcomes.get(trial.case_id, ""),
    }


def _outcome(trial: TrialOfStudy, _earlier: Mapping[str, Any]) -> Shown:
    label = trial.outcomes.get(trial.case_id, "")
    yield "outcome", label, ItemShown("outcome", "", _digest(label))


def _original(
    trial: TrialOfStudy, stage_items: Collection[str]
) -> Iterator[tuple[dict[str, Any], ItemShown]]:
    before = replace(trial, case_id=original_of(trial.version_id, trial.case_id))
    case = case_shown(before.version_id, before.case_id)
    shown: dict[str, Any] = {"panel": case.panel, "advice": None, "explanations": []}
    yield shown, ItemShown("original", case.key, case.digest)
    if "original_advice" in stage_items:
        given = advice_given(before.version_id, before.predictor, before.case_id)
        shown["advice"] = {"label": option_label(before.spec.decision, given.label)}
        yield shown, ItemShown("advice", given.predictor, given.digest)
    if "original_explanations" in stage_items:
        for _key, panel, item in _explanations(before, {}):
            shown["explanations"].append(panel)
            yield shown, item


def _with_changes(panel: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Return the panel of a changed case with the value that each changed row had before."""
    was = {row["label"]: row["value"] for row in before["rows"]}
    rows = [
        row | {"before": was[row["label"]]} if was.get(row["label"], row["value"]) != row["value"] else row
        for row in panel["rows"]
    ]
    return {**panel, "rows": rows}


def _reference(trial: TrialOfStudy, _earlier: Mapping[str, Any]) -> Shown:
    for example in trial.examples:
        case = case_shown(trial.version_id, example.case_id)
        item = ItemShown("reference", case.key, case.digest)
        yield "reference", example_shown(_of(trial, example), ("advice", "explanations")), item


def _of(trial: TrialOfStudy, example: Example) -> TrialOfStudy:
    return replace(trial, case_id=example.case_id, condition=example.condition, withheld=frozenset())


def _alternatives(trial: TrialOfStudy, earlier: Mapping[str, Any]) -> Shown:
    found = list(_explanations(trial, earlier))
    order = alternatives_of(tuple(range(len(found))), turn=trial.turn)
    for letter, place in zip(LETTERS, order, strict=False):
        _key, panel, item = found[place]
        yield "alternatives", {"letter": letter.upper(), "html": panel["html"]}, item


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_SHOW = {
    "case": _case,
    "advice": _advice,
    "explanations": _explanations,
    "own_answer": _own_answer,
    "outcome": _outcome,
    "reference": _reference,
    "alternatives": _alternatives,
}
