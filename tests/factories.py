"""Launched studies for tests, made row by row: no study file, no worker, no torch.

Everything that a page could let out is a word that the test chooses (``advice_label``, ``fragment``, ``truth``), so
that it can plant canaries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from analysis.core.allocation import draw_permuted_blocks
from analysis.core.stream import sub_seed
from explainers.core.store import Store
from explainers.models import Case, CaseSet, Explanation, Prediction, Predictor, Rendering
from studies.design.models import (
    AllocationCounter,
    AllocationSlot,
    CaseColumn,
    GroundTruth,
    PlannedTrial,
    Recruitment,
    ShownExplanation,
    Study,
    StudyText,
    StudyVersion,
)
from studies.design.planblocks import Group, PlanRequest
from studies.design.services.launch import seed_bytes
from studies.design.slots import counters_write, lists_drawn, plans_needed, slots_write
from studies.design.spec import StudySpec

OPTIONS = ("benign", "malignant")
YES_NO = [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}]
AI = {"show": ["label", "confidence"], "source": "ai"}
IG = {"name": "ig", "method": "integrated_gradients", "target": "advised", "control": "", "parameters": {}}
PLACEBO = {**IG, "name": "shuffled_ig", "control": "shuffled"}
CONDITIONS: dict[str, dict[str, Any]] = {
    "unaided": {"advice": None, "explanations": []},
    "ai": {"advice": AI, "explanations": []},
    "ig": {"advice": AI, "explanations": [IG]},
    "placebo": {"advice": AI, "explanations": [PLACEBO]},
}
TRUST_ITEMS = [
    {"id": name, "text": f"The AI is {name}.", "kind": "ordinal", "minimum": 1, "maximum": 7}
    for name in ("reliable", "honest", "useful")
]


def step(kind: str, *, only: Sequence[str] = (), **params: Any) -> dict[str, Any]:
    return {"kind": kind, "params": params, "only": list(only)}


def trials_step(cases: int = 3, protocol: str = "judge_advisor", **params: Any) -> dict[str, Any]:
    quota = {"from": "cells", "per_participant": cases, "strata": {}, "disjoint": True}
    return step("trials", protocol=protocol, cases=quota, **{"breaks_every": 0, "feedback": False, **params})


def expertise_step(*values: str) -> dict[str, Any]:
    options = [{"value": value, "label": value.title()} for value in values]
    item = {"id": "level", "text": "How experienced are you?", "kind": "choice", "options": options}
    return step(
        "questionnaire", name="expertise", version="1", title="About you", items=[item], stratum="level"
    )


DAY_S = 24 * 3600


def session_step(*, opens: float = 7, closes: float | None = 21, code: str = "") -> dict[str, Any]:
    """Return a session; the window is in days."""
    closes_s = None if closes is None else round(closes * DAY_S)
    return step("session", name="later", opens_s=round(opens * DAY_S), closes_s=closes_s, code=code)


SHORT_FLOW = [step("consent", text="consent"), step("allocate"), trials_step(3)]
WHOLE_FLOW = [
    step("consent", text="consent"),
    step(
        "screening",
        items=[{"id": "adult", "question": "Are you an adult?", "options": YES_NO, "eligible": ["yes"]}],
    ),
    expertise_step("novice", "expert"),
    step("instructions", text="instructions"),
    step(
        "comprehension",
        items=[{"id": "who", "question": "Who decides?", "options": YES_NO, "correct": "yes"}],
        attempts=2,
        text="instructions",
    ),
    step("allocate"),
    step("practice", cases=2, feedback=True, protocol="judge_advisor"),
    trials_step(4, breaks_every=2),
    trials_step(2, protocol="forward_simulation"),
    step(
        "questionnaire",
        name="s_tias",
        version="1",
        title="Trust",
        items=TRUST_ITEMS,
        stratum=None,
        only=["ai", "ig", "placebo"],
    ),
    step("debrief", text="debrief", consent=True),
]


@dataclass(frozen=True)
class StudyRecipe:
    """What a test wants of its study."""

    slug: str = "cells"
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: CONDITIONS)
    flow: Sequence[Mapping[str, Any]] = field(default_factory=lambda: SHORT_FLOW)
    ratio: Sequence[int] = ()
    strata: Sequence[str] = ()
    stratum_keys: Sequence[str] = ("",)
    slots: int = 12
    capacity: int | None = None
    allocation: Mapping[str, Any] = field(default_factory=dict)
    seed: str = "seed of the tests"
    completion: Mapping[str, str] = field(default_factory=dict)
    bonus: Mapping[str, Any] = field(default_factory=dict)
    pause: Mapping[str, int] | None = None
    returning: Mapping[str, bool] = field(default_factory=dict)
    withdrawal: str = "erase"
    truth: Callable[[int], str] = lambda number: OPTIONS[number % 2]
    truths: Callable[[int], Mapping[str, str]] = lambda _number: {}
    columns: Callable[[int], Mapping[str, str]] = lambda _number: {}
    confidence: Callable[[int], float] = lambda _number: 0.8137
    decision: Mapping[str, Any] = field(default_factory=dict)
    advice_label: Callable[[int], str] = lambda number: OPTIONS[(number // 2) % 2]
    fragment: Callable[[str, int], str] = lambda name, number: (
        f'<table class="bars"><caption>{number}</caption></table>'
    )
    store: Path | None = None
    languages: Sequence[str] = ("en",)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    extra_cases: int = 0
    texts: Mapping[str, str] = field(default_factory=dict)
    part_schema: Sequence[Mapping[str, Any]] = ()
    parts: Callable[[int], Mapping[str, Any]] = lambda number: {}


def launched_version(recipe: StudyRecipe | None = None, **changes: Any) -> StudyVersion:
    """Make a launched version that is open for recruitment."""
    recipe = recipe or StudyRecipe(**changes)
    cases = cases_of(recipe)
    version = _version(recipe)
    explanations = _explanations(recipe, cases)
    _shown(recipe, version, cases, explanations)
    _allocation(recipe, version, cases)
    StudyVersion.objects.filter(pk=version.pk).update(launched_at=timezone.now())
    Recruitment.objects.create(version=version, state=Recruitment.State.OPEN)
    version.refresh_from_db()
    return version


def trials_per_plan(recipe: StudyRecipe) -> list[tuple[int, int]]:
    """Return (step, number of trials) of every step with trials."""
    sizes = []
    for index, entry in enumerate(recipe.flow):
        if entry["kind"] == "practice":
            sizes.append((index, entry["params"]["cases"]))
        elif entry["kind"] == "trials":
            sizes.append((index, entry["params"]["cases"]["per_participant"]))
    return sizes


def document_of(recipe: StudyRecipe) -> dict[str, Any]:
    """Return the normalised document."""
    return {
        "study": recipe.slug,
        "title": "Reading cell samples",
        "languages": list(recipe.languages),
        "words": {language: dict(words) for language, words in recipe.words.items()},
        "audience": "",
        "action": "",
        "ethics": {},
        "predictors": {"mlp": f"{recipe.slug}-mlp"},
        "cases": {"from": f"{recipe.slug}-cells", "per_participant": 3, "strata": {}, "disjoint": True},
        "decision": {
            "question": "Is this sample malignant?",
            "options": [{"value": value, "label": value} for value in OPTIONS],
            "positive": "malignant",
            "payoff": {"correct": 1, "wrong": 0},
            "confidence": "percent",
            **recipe.decision,
        },
        "conditions": [{"name": n, "predictor": "mlp", **c} for n, c in recipe.conditions.items()],
        "deception": False,
        "allocation": {
            "between": list(recipe.conditions),
            "ratio": list(recipe.ratio) or [1] * len(recipe.conditions),
            "strata": list(recipe.strata),
            "slots": recipe.slots,
            "method": "permuted_blocks",
            "block_multiples": [1, 2],
            **recipe.allocation,
        },
        "flow": [_of_study(entry, recipe) for entry in recipe.flow],
        "bonus": dict(recipe.bonus) or None,
        "pause": recipe.pause,
        "returning": {"link": False, "code": False} | dict(recipe.returning),
        "completion": dict(recipe.completion),
        "withdrawal": {"policy": recipe.withdrawal},
        "plan": {
            "primary": {"measure": "accuracy", "contrasts": ["ai - unaided"]},
            "secondary": [],
            "multiplicity": "holm",
            "n": 4,
            "analyse": "intention_to_treat",
            "sensitivity": [],
            "alpha": 0.05,
        },
    }


def _of_study(entry: Mapping[str, Any], recipe: StudyRecipe) -> dict[str, Any]:
    params = dict(entry["params"])
    if entry["kind"] == "trials":
        params["cases"] = {**params["cases"], "from": f"{recipe.slug}-cells"}
    return {**entry, "params": params}


def cases_of(recipe: StudyRecipe) -> list[Case]:
    """Make one case for every trial of a plan, a predictor, its predictions and the truth."""
    features = [
        _feature("size", "Size", "µm"),
        _feature("texture", "Texture", ""),
    ]
    case_set = CaseSet.objects.create(
        name=f"{recipe.slug}-cells",
        digest=_digest(recipe.slug, "set"),
        schema={"features": features, **({"parts": list(recipe.part_schema)} if recipe.part_schema else {})},
    )
    predictor = Predictor.objects.create(
        name=f"{recipe.slug}-mlp",
        digest=_digest(recipe.slug, "predictor"),
        architecture="mlp",
        features=["size", "texture"],
        classes=list(OPTIONS),
        weights_digest=_digest(recipe.slug, "weights"),
    )
    number = max(1, sum(size for _step, size in trials_per_plan(recipe))) + recipe.extra_cases
    cases = Case.objects.bulk_create(
        Case(
            case_set=case_set,
            key=f"cell-{i}",
            position=i,
            inputs={"size": 10.0 + i, "texture": 20.0 - i},
            parts=dict(recipe.parts(i)),
            digest=_digest(recipe.slug, "case", i),
        )
        for i in range(number)
    )
    Prediction.objects.bulk_create(
        Prediction(
            predictor=predictor,
            case=case,
            scores={recipe.advice_label(i): 0.8137, "other": 0.1863},
            label=recipe.advice_label(i),
            confidence=recipe.confidence(i),
            digest=_digest(recipe.slug, "prediction", i),
            recipe={},
        )
        for i, case in enumerate(cases)
    )
    GroundTruth.objects.bulk_create(
        GroundTruth(case=case, field=name, value=value)
        for i, case in enumerate(cases)
        for name, value in {"decision": recipe.truth(i), **recipe.truths(i)}.items()
    )
    CaseColumn.objects.bulk_create(
        CaseColumn(case=case, name=name, value=value)
        for i, case in enumerate(cases)
        for name, value in recipe.columns(i).items()
    )
    return cases


def _feature(name: str, label: str, unit: str) -> dict[str, Any]:
    return {
        "name": name, "label": label, "unit": unit, "low": 5.0, "high": 15.0, "decimals": 1, "meaning": "",
    }  # fmt: skip


def _version(recipe: StudyRecipe) -> StudyVersion:
    study, _ = Study.objects.get_or_create(slug=recipe.slug, defaults={"title": "Reading cell samples"})
    version = StudyVersion.objects.create(
        study=study,
        number=study.versions.count() + 1,
        source="made by a test",
        spec=document_of(recipe),
        digest=_digest(recipe.slug, "version"),
        plan_digest=_digest(recipe.slug, "plan"),
        allocation_seed=recipe.seed,
    )
    StudyText.objects.bulk_create(
        StudyText(
            version=version,
            name=f"{name}.{language}" if language else name,
            markdown=f"The {name}.",
            html=f"<p>Text {name} auf Deutsch.</p>"
            if language
            else recipe.texts.get(name, f"<p>The {name}.</p>"),
            digest=_digest(recipe.slug, "text", name, language)
            if language
            else _digest(recipe.slug, "text", name),
        )
        for name in ("consent", "instructions", "debrief")
        for language in ("", *recipe.languages[1:])
    )
    return version


def _explanations(recipe: StudyRecipe, cases: Sequence[Case]) -> dict[tuple[str, int], Explanation]:
    declared = {e["name"]: e for c in recipe.conditions.values() for e in c["explanations"]}
    predictor = Predictor.objects.get(name=f"{recipe.slug}-mlp")
    rows = {
        (name, i): Explanation(
            key=_digest(recipe.slug, "explanation", name, i),
            predictor=predictor,
            case=case,
            method=what["method"],
            method_version="1",
            target_declared="advised",
            target_class=recipe.advice_label(i),
            control_kind=what["control"],
            artefact_digest=_digest(recipe.slug, "artefact", name, i),
            fence=1,
            completeness_error=0.0,
            recipe={},
        )
        for name, what in declared.items()
        for i, case in enumerate(cases)
    }
    Explanation.objects.bulk_create(rows.values())
    return rows


def _shown(
    recipe: StudyRecipe,
    version: StudyVersion,
    cases: Sequence[Case],
    explanations: Mapping[tuple[str, int], Explanation],
) -> None:
    store = Store(recipe.store or settings.ASSAY_STORE)
    digests = {key: store.put(recipe.fragment(*key).encode()) for key in explanations}
    Rendering.objects.bulk_create(
        Rendering(
            explanation=explanation,
            spec_digest=_digest(recipe.slug, "spec"),
            digest=digests[key],
            spec={},
        )
        for key, explanation in explanations.items()
    )
    ShownExplanation.objects.bulk_create(
        ShownExplanation(
            version=version,
            condition=condition,
            position=position,
            name=what["name"],
            case=case,
            explanation=explanations[what["name"], i],
            artefact_digest=explanations[what["name"], i].artefact_digest,
            rendering_digest=digests[what["name"], i],
        )
        for condition, declared in recipe.conditions.items()
        for position, what in enumerate(declared["explanations"])
        for i, case in enumerate(cases)
    )


def _allocation(recipe: StudyRecipe, version: StudyVersion, cases: Sequence[Case]) -> None:
    if recipe.allocation:
        _allocation_as_launched(recipe, version, cases)
        return
    names, ratio = list(recipe.conditions), list(recipe.ratio) or [1] * len(recipe.conditions)
    plans: set[int] = set()
    for purpose in AllocationSlot.Purpose.values:
        rows, dealt = [], dict.fromkeys(names, 0)
        for key in recipe.stratum_keys:
            seed = sub_seed(recipe.seed, purpose, key)
            for slot in draw_permuted_blocks(seed, conditions=names, ratio=ratio, slots=recipe.slots):
                rows.append((key, slot, dealt[slot.condition]))
                dealt[slot.condition] += 1
        plans |= {plan for _key, _slot, plan in rows}
        AllocationSlot.objects.bulk_create(
            AllocationSlot(
                version=version,
                purpose=purpose,
                stratum=key,
                seq=slot.seq,
                block=slot.block,
                condition=slot.condition,
                plan=plan,
            )
            for key, slot, plan in rows
        )
        total = recipe.capacity or recipe.slots * len(recipe.stratum_keys)
        capacities = {AllocationCounter.ALL: total, **dict.fromkeys(recipe.stratum_keys, recipe.slots)}
        AllocationCounter.objects.bulk_create(
            AllocationCounter(version=version, purpose=purpose, stratum=key, capacity=capacity)
            for key, capacity in capacities.items()
        )
    _plans(recipe, version, cases, plans)


def _allocation_as_launched(recipe: StudyRecipe, version: StudyVersion, cases: Sequence[Case]) -> None:
    """Draw lists and counters by the code of the launch."""
    spec = StudySpec.of(version.spec)
    count = 0
    for purpose in AllocationSlot.Purpose.values:
        seed = seed_bytes(recipe.seed)
        lists = lists_drawn(spec, seed=seed if purpose == "real" else sub_seed(seed, "rehearsal"))
        plans = {key: plans_needed(spec, places) for key, places in lists.items()}
        request = PlanRequest((Group(tuple(recipe.conditions), ()),), (), plans)
        slots_write(version, spec, purpose=purpose, lists=lists, request=request)
        counters_write(version, spec, purpose=purpose, lists=lists, request=request)
        count = max(count, sum(plans.values()))
    _plans(recipe, version, cases, set(range(count)))


def _plans(recipe: StudyRecipe, version: StudyVersion, cases: Sequence[Case], plans: set[int]) -> None:
    rows, first = [], 0
    for block, (index, size) in enumerate(trials_per_plan(recipe)):
        for plan in plans:
            order = [cases[first + (i + plan) % size] for i in range(size)]
            rows += [
                PlannedTrial(
                    version=version, plan=plan, step_index=index, block_index=block, trial_index=i, case=case
                )
                for i, case in enumerate(order)
            ]
        first += size
    PlannedTrial.objects.bulk_create(rows, batch_size=500)


def _digest(*parts: Any) -> str:
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()
