"""The content that a version stands on: its cases, its predictors, what they say, and the plan request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from explainers.models import Case, CaseSet, Prediction, Predictor
from studies.design.attention import check_cases
from studies.design.models import StudyVersion
from studies.design.planblocks import Block, Group, PlanRequest, PoolCase, Portion, PracticeBlock
from studies.design.selectors import case_set_names, columns_of, original_map, predictor_aliases, version_spec
from studies.design.spec import SHOWN, ArmSpec, CaseQuota, ExplanationSpec, Step, StudySpec
from studies.design.strata import PRESENT, case_cells, list_keys
from studies.design.truth import truth_of, truths_of
from studies.protocols.keys import same_answer


@dataclass(frozen=True)
class Content:
    """Case sets and predictors of a version by the names and aliases of its file; ``None`` where one is not there."""

    spec: StudySpec
    case_sets: Mapping[str, CaseSet | None]
    predictors: Mapping[str, Predictor | None]

    @property
    def is_there(self) -> bool:
        return all(self.case_sets.values()) and all(self.predictors.values())

    @property
    def known_predictors(self) -> dict[str, Predictor]:
        return {alias: found for alias, found in self.predictors.items() if found is not None}

    @property
    def known_case_sets(self) -> list[CaseSet]:
        return [found for found in self.case_sets.values() if found is not None]

    def cases(self) -> list[Case]:
        """Return the cases of every set in their order."""
        return [case for case_set in self.known_case_sets for case in case_set.cases.order_by("position")]


def content_of(version: StudyVersion) -> Content:
    """Find the content that a version names."""
    return content_named(version_spec(version.pk))


def content_named(spec: StudySpec) -> Content:
    """Find the content that a study names, also one that is not stored."""
    sets = {found.name: found for found in CaseSet.objects.filter(name__in=case_set_names(spec))}
    names = predictor_aliases(spec)
    there = {found.name: found for found in Predictor.objects.filter(name__in=names.values())}
    return Content(
        spec=spec,
        case_sets={name: sets.get(name) for name in case_set_names(spec)},
        predictors={alias: there.get(name) for alias, name in names.items()},
    )


def missing_content(content: Content) -> list[str]:
    """Return a sentence for each case set and each predictor that has not been brought yet."""
    found = [
        f"There is no case set '{name}': bring the cases first."
        for name, case_set in content.case_sets.items()
        if case_set is None
    ]
    names = content.spec.document["predictors"]
    found += [
        f"There is no predictor '{names[alias]}': bring it first."
        for alias, predictor in content.predictors.items()
        if predictor is None
    ]
    return found


def explanations_of(spec: StudySpec) -> list[ExplanationSpec]:
    """Return every explanation of the study once, in order of the conditions."""
    found = {e.name: e for condition in spec.conditions for e in condition.explanations}
    return list(found.values())


def case_pool(
    spec: StudySpec, *, cases: Iterable[Case], predictors: Mapping[str, Predictor]
) -> list[PoolCase]:
    """Return the cases that can be planned, in a fixed order: those with a reference answer and every prediction.

    Cases that check attention are put among the trials afterwards, and are in no plan.
    """
    by_id = {case.pk: case for case in cases}
    names = dict(CaseSet.objects.filter(cases__in=list(by_id)).values_list("pk", "name").distinct())
    apart = check_cases(spec.steps)
    by_id = {pk: case for pk, case in by_id.items() if (names[case.case_set_id], case.key) not in apart}
    truth = truth_of(case_ids=list(by_id))
    # Any column of the case file can be a stratum: those that describe the cases, and the reference columns.
    attributes: dict[int, dict[str, str]] = {}
    for (pk, name), value in {**truths_of(case_ids=list(by_id)), **columns_of(case_ids=list(by_id))}.items():
        attributes.setdefault(pk, {})[name] = value
    said = {
        alias: dict(
            Prediction.objects.filter(predictor=predictor, case__in=list(by_id)).values_list(
                "case_id", "label"
            )
        )
        for alias, predictor in predictors.items()
    }
    originals = original_map(case_ids=list(by_id))
    same = partial(same_answer, spec.decision)
    return [
        PoolCase(
            pk,
            right={alias: bool(same(labels.get(pk), truth[pk])) for alias, labels in said.items()},
            flips={
                alias: not same(labels[pk], labels[originals[pk]])
                for alias, labels in said.items()
                if pk in labels and originals.get(pk) in labels
            },
            ground_truth=truth[pk],
            attributes=attributes.get(pk, {}),
            case_set=names[case.case_set_id],
            position=case.position,
        )
        for pk, case in sorted(by_id.items(), key=lambda each: (names[each[1].case_set_id], each[1].position))
        if pk in truth and (not spec.needs_predictions or all(pk in labels for labels in said.values()))
    ]


def plan_request(spec: StudySpec) -> PlanRequest:
    """Return what the case plan of a study is to hold; how many plans a list needs is known once slots are drawn."""
    trial_steps = [step for step in spec.steps if step.kind in ("practice", "trials")]
    numbers = {step.index: number for number, step in enumerate(trial_steps)}
    practice = tuple(
        PracticeBlock(step.index, numbers[step.index], step.params["cases"], _practised(step))
        for step in trial_steps
        if step.kind == "practice"
    )
    groups = tuple(_group(spec, arms, numbers) for arms in arm_groups(spec))
    variants = tuple(variant.name for variant in spec.variants)
    return PlanRequest(groups, practice, dict.fromkeys(list_keys(spec), 0), variants)


def arm_groups(spec: StudySpec) -> list[list[ArmSpec]]:
    """Return the arms that share their plans: under the same levels their trials need the same predictor.

    Yoked cases are shared by all arms of the same levels: they are chosen by nothing that depends on a predictor.
    """
    groups: dict[object, list[ArmSpec]] = {}
    yoked = any(step.params["cases"].get("order") == "yoked" for step in spec.steps if step.kind == "trials")
    for arm in spec.arms:
        needs = sorted(
            (within, "" if yoked else spec.condition(name).predictor)
            for within, name in arm.conditions.items()
        )
        steps = [(step.index, str(_declared(step, arm))) for step in spec.steps if step.kind == "trials"]
        groups.setdefault(repr((needs, steps)), []).append(arm)
    return list(groups.values())


def _practised(step: Step) -> tuple[str, ...]:
    return (f"{SHOWN}{step.params['show']}",) if step.params.get("show") else ()


def _group(spec: StudySpec, arms: list[ArmSpec], numbers: Mapping[int, int]) -> Group:
    arm = arms[0]
    blocks: list[Block] = []
    for step in spec.steps:
        if step.kind == "trials":
            block = _block(spec, arm, step, numbers[step.index])
            block = replace(block, arms=frozenset(each.name for each in arms if step.applies_to(each.name)))
            if block.reread:  # the same cases make the same cells
                block = replace(block, cells=blocks[-1].cells, case_set=blocks[-1].case_set)
            blocks.append(block)
    if spec.per == "step":
        blocks = list(_each_with_one_level(blocks, levels=arm.runs if spec.order == "fixed" else ()))
    return Group(
        arms=tuple(each.name for each in arms),
        blocks=tuple(blocks),
        levels=arm.runs,
        order=spec.order,
        practised=tuple(arm.conditions),
    )


def _each_with_one_level(blocks: Iterable[Block], *, levels: Sequence[str]) -> Iterator[Block]:
    """Number the blocks by the place in the order that each takes; where it is fixed, no other level is met there."""
    place = 0
    for block in blocks:
        if any(portion.within.startswith(SHOWN) for portion in block.portions):
            yield block
        else:
            met = [each for each in block.portions if not levels or each.level == levels[place]]
            yield replace(block, takes=place, portions=tuple(met))
            place += 1


def _block(spec: StudySpec, arm: ArmSpec, step: Step, number: int) -> Block:
    cases = step.params["cases"]
    portions = tuple(
        Portion(
            each["within"], each["level"], each["size"], spec.condition_of(arm.name, each["within"]).predictor
        )
        for each in _declared(step, arm)
    )
    return Block(
        step.index,
        number,
        tuple(
            _with_needs(spec, step, cell)
            for cell in case_cells(cases["strata"], per_participant=cases["per_participant"])
        ),
        disjoint=cases["disjoint"],
        portions=portions,
        case_order=cases.get("order", "random"),
        case_set=cases["from"],
        reread=cases.get("reread", False),
    )


def _with_needs(spec: StudySpec, step: Step, cell: CaseQuota) -> CaseQuota:
    """Demand of the cases of a cell what the protocol cannot do without, such as the case that they were made from."""
    columns = spec.needs(step) - {"prediction", "truth", *cell.values}
    return CaseQuota({**cell.values, **dict.fromkeys(sorted(columns), PRESENT)}, cell.count)


def _declared(step: Step, arm: ArmSpec) -> list[dict[str, Any]]:
    whole = {"within": "", "level": "", "size": step.params["cases"]["per_participant"]}
    found: list[dict[str, Any]] = step.params.get("portions", {}).get(arm.name, [whole])
    return found
