"""The order of the flow: consent first, one place where the slot is claimed, a debrief where people were deceived."""

from __future__ import annotations

from collections.abc import Iterator

from studies.design.checks import Draft, arms_meant, option_value
from studies.design.schemafaults import did_you_mean
from studies.design.sidefiles import ITEM_STEPS, RawStep
from studies.errors import Fault


def flow_faults(draft: Draft) -> Iterator[Fault]:
    """Check the order of the steps and what each may name."""
    yield from _consent_faults(draft)
    yield from _allocate_faults(draft)
    yield from _only_faults(draft)
    yield from _debrief_faults(draft)
    for step in draft.of_kind(*ITEM_STEPS):
        yield from _item_faults(draft, step)
    yield from _repeated_questionnaires(draft)
    for step in draft.of_kind("questionnaire"):
        yield from _branch_faults(draft, step)


def _consent_faults(draft: Draft) -> Iterator[Fault]:
    consents = draft.of_kind("consent")
    if not consents or consents[0].index != 0:
        yield draft.fault(("flow",), "The flow must begin with the consent: '- consent: FILE.md'.")
    for again in consents[1:]:
        yield draft.fault(
            again.path, "There is a second consent: one is asked at the start (and one at the debrief)."
        )
    for step in consents:
        if "only" in step.params:
            yield draft.fault((*step.path, "only"), "Everybody gives consent: leave 'only' out.")


def _allocate_faults(draft: Draft) -> Iterator[Fault]:
    claims = draft.of_kind("allocate")
    if not claims:
        yield draft.fault(("flow",), "The flow needs '- allocate' once: that is where the slot is claimed.")
    for again in claims[1:]:
        yield draft.fault(again.path, "'allocate' may stand here only once.")
    if not draft.of_kind("trials"):
        yield draft.fault(("flow",), "The flow has no trials.")
    if claims:
        yield from _order_faults(draft, place=claims[0].index)


def _order_faults(draft: Draft, *, place: int) -> Iterator[Fault]:
    for step in draft.of_kind("trials", "practice"):
        if step.index < place:
            yield draft.fault(step.path, f"'{step.kind}' needs a condition: put it after 'allocate'.")
    for step in draft.of_kind(*ITEM_STEPS):
        if step.index > place:
            yield draft.fault(
                step.path,
                f"Put '{step.kind}' before 'allocate', so that who leaves there has not taken a slot.",
            )
    for step in draft.of_kind("practice"):
        if not any(later.index > step.index for later in draft.of_kind("trials")):
            yield draft.fault(step.path, "Practice without trials after it serves nothing: move it.")


def _only_faults(draft: Draft) -> Iterator[Fault]:
    place = next((step.index for step in draft.of_kind("allocate")), len(draft.steps))
    for step in draft.steps:
        for index, name in enumerate(step.params.get("only", [])):
            if draft.arms and not arms_meant(draft, name):
                known = [*draft.arms, *draft.conditions]
                message = f"There is no arm and no condition '{name}'.{did_you_mean(name, known)}"
                yield draft.fault((*step.path, "only", index), message)
        if "only" in step.params and step.index < place and step.kind != "consent":
            yield draft.fault(
                (*step.path, "only"), "Nobody has a condition before 'allocate': leave 'only' out."
            )


def _debrief_faults(draft: Draft) -> Iterator[Fault]:
    debriefs = draft.of_kind("debrief")
    last_trials = max((step.index for step in draft.of_kind("trials", "practice")), default=-1)
    for step in debriefs:
        if step.index < last_trials:
            yield draft.fault(
                step.path, "The debrief tells what the study is about: put it after all trials."
            )
    for again in debriefs[1:]:
        yield draft.fault(again.path, "not supported yet: a second debrief.")
    if not draft.data.get("deception", False):
        return
    if not debriefs:
        yield draft.fault(
            ("deception",), "Deception needs a debrief: add '- debrief: FILE.md' at the end of the flow."
        )
    for step in debriefs:
        if step.params.get("consent") is False:
            yield draft.fault(
                (*step.path, "consent"),
                "After deception people consent anew once they know: write consent: true.",
            )
        if "only" in step.params:
            yield draft.fault(
                (*step.path, "only"), "After deception everybody is debriefed: leave 'only' out."
            )


def _item_faults(draft: Draft, step: RawStep) -> Iterator[Fault]:
    ids: set[str] = set()
    path = (*step.path, "items")
    for number, item in enumerate(draft.side.items.get(step.index, [])):
        # Items that stand in a file of their own have no line here: the fault names the item.
        name, at = f"item '{item['id']}'", (*path, number)
        if item["id"] in ids:
            yield draft.fault(at, f"{name}: an earlier item has the same id.")
        ids.add(item["id"])
        options = [option_value(option) for option in item["options"]]
        if len(set(options)) != len(options):
            yield draft.fault(at, f"{name}: two options have the same value.")
        wanted = item["eligible"] if step.kind == "screening" else [item["correct"]]
        for value in wanted:
            if value not in options:
                yield draft.fault(
                    at, f"{name}: '{value}' is not one of its options.{did_you_mean(value, options)}"
                )


def _repeated_questionnaires(draft: Draft) -> Iterator[Fault]:
    strata = set(draft.data["allocation"].get("strata", []))
    seen: set[str] = set()
    for step in draft.of_kind("questionnaire"):
        use = step.params["use"]
        if use in seen and use in strata:
            yield draft.fault(step.path, f"'{use}' makes the stratum: it can be asked only once.")
        seen.add(use)


def _branch_faults(draft: Draft, step: RawStep) -> Iterator[Fault]:
    """Check the conditions on answers to other questionnaires: those must have been asked before."""
    asked = draft.side.questionnaires.get(step.params["use"])
    earlier = {
        found.name: {item.id for item in found.items}
        for before in draft.of_kind("questionnaire")
        if before.index < step.index
        for found in [draft.side.questionnaires.get(before.params["use"])]
        if found is not None
    }
    for item in asked.items if asked else ():
        for condition in item.show_if:
            other = condition["questionnaire"]
            if asked is None or other == asked.name:
                continue
            if condition["item"] not in earlier.get(other, ()):
                message = (
                    f"The item '{item.id}' depends on '{condition['item']}' of the questionnaire '{other}', which no "
                    "earlier step asks."
                )
                yield draft.fault((*step.path, "use"), message)
