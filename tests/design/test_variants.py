"""Variants of one explanation: by seed, by checkpoint, spread over people and not over conditions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest

from explainers.models import Explanation, Job, Prediction
from studies.design.caseplan import deal_plans
from studies.design.draws import Draws
from studies.design.models import PlannedTrial, PreparedExplanation, ShownExplanation, StudyVersion
from studies.design.planpreview import plan_preview
from studies.design.selectors import explanation_progress, version_spec
from studies.design.services import version_launch, version_prepare, version_problems
from studies.design.studyfile import study_read
from studies.design.variants import variants_dealt
from studies.errors import FileInvalid
from tests.design.scene import (
    CASES,
    SIDE_FILES,
    STUDY,
    finish_jobs,
    imported,
    launched,
    make_cases,
    make_predictor,
)
from tests.design.test_caseplan import POOL, REQUEST

DRAWN = STUDY.replace("{method: integrated_gradients}]", "{method: gradient_shap}]")
SEEDS = DRAWN.replace("deception: true", "variants: {seeds: 3}\ndeception: true")
TWO_NETS = STUDY.replace("{net: small-net}", "{net: small-net, twin: twin-net}")
CHECKPOINTS = TWO_NETS.replace("deception: true", "variants: {checkpoints: [twin]}\ndeception: true")
NAMES = ("seed_0", "seed_1", "seed_2")


def faults(source: str, files: Mapping[str, bytes] = SIDE_FILES) -> str:
    with pytest.raises(FileInvalid) as caught:
        study_read(source, files=files)
    return "\n".join(f"{fault.line}: {fault.message}" for fault in caught.value.faults)


def prepared_twins() -> StudyVersion:
    make_cases()
    make_predictor()
    make_predictor("twin-net")
    version = imported(CHECKPOINTS)
    for _ in range(3):
        version_prepare(version=version)
        finish_jobs()
    version_prepare(version=version)
    return version


def test_a_number_of_seeds_is_that_many_and_a_list_is_those() -> None:
    spec = study_read(SEEDS, files=SIDE_FILES).spec
    assert [(variant.name, variant.seed) for variant in spec.variants] == list(
        zip(NAMES, range(3), strict=True)
    )
    chosen = study_read(SEEDS.replace("seeds: 3", "seeds: [7, 11]"), files=SIDE_FILES).spec
    assert [(variant.name, variant.seed) for variant in chosen.variants] == [("seed_7", 7), ("seed_11", 11)]


def test_seeds_and_checkpoints_are_crossed() -> None:
    source = CHECKPOINTS.replace("{method: integrated_gradients}]", "{method: gradient_shap}]")
    spec = study_read(
        source.replace("{checkpoints: [twin]}", "{seeds: 2, checkpoints: [twin]}"), files=SIDE_FILES
    ).spec
    found = [(variant.name, variant.checkpoint, variant.seed) for variant in spec.variants]
    assert found == [
        ("net_seed_0", "", 0), ("net_seed_1", "", 1), ("twin_seed_0", "twin", 0), ("twin_seed_1", "twin", 1),
    ]  # fmt: skip


def test_only_explanations_that_differ_vary_and_controls_never_do() -> None:
    spec = study_read(SEEDS, files=SIDE_FILES).spec
    assert {condition.name: condition.varies for condition in spec.conditions} == {
        "ai": False, "ig": True, "placebo": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (
            SEEDS.replace("gradient_shap", "integrated_gradients"),
            "No explanation of this study differs between seeds",
        ),
        (CHECKPOINTS.replace("[twin]", "[twni]"), "There is no predictor 'twni'. Did you mean 'twin'?"),
        (CHECKPOINTS.replace("[twin]", "[net]"), "'net' gives the advice and is the first variant anyway"),
        (
            CHECKPOINTS.replace(
                "{method: integrated_gradients}]", "{method: integrated_gradients, target: rank_2}]"
            ),
            "another target than rank_2",
        ),
        (SEEDS.replace("seeds: 3", "seeds: 1"), "1"),
        (SEEDS.replace("seeds: 3", "seeds: [1, 1]"), "twice"),
    ],
)
def test_what_cannot_vary_is_refused_at_its_line(source: str, told: str) -> None:
    line = 1 + source.splitlines().index(
        next(row for row in source.splitlines() if row.startswith("variants"))
    )
    found = faults(source)
    assert told in found
    assert f"{line}: " in found


def test_checkpoints_of_two_explained_predictors_are_refused() -> None:
    source = CHECKPOINTS.replace("ig: {advice", "ig: {predictor: twin, advice").replace(
        "ai: {advice: {show: [label, confidence]}}",
        "ai: {advice: {show: [label, confidence]}, explanations: [{method: saliency}]}",
    )
    assert "Conditions explain different predictors (net, twin)" in faults(source)


def test_every_round_of_plans_holds_every_variant_once() -> None:
    dealt = variants_dealt(NAMES, plans=14, draws=Draws(b"any"))
    for start in range(0, 12, 3):
        assert sorted(dealt[start : start + 3]) == sorted(NAMES)
    assert len(dealt) == 14
    assert dealt == variants_dealt(NAMES, plans=14, draws=Draws(b"any"))
    assert len({tuple(dealt[start : start + 3]) for start in range(0, 12, 3)}) > 1  # the order is drawn


def test_variants_change_nothing_else_of_the_plans() -> None:
    varied = replace(REQUEST, variants=NAMES)
    bare, spread = (deal_plans("s", request=each, pool=POOL) for each in (REQUEST, varied))
    assert [(t.plan, t.step_index, t.trial_index, t.case) for t in bare] == [
        (t.plan, t.step_index, t.trial_index, t.case) for t in spread
    ]
    assert {t.variant for t in bare} == {""}
    assert {t.variant for t in spread} == set(NAMES)


@pytest.mark.django_db
def test_every_variant_is_made_of_every_case_and_a_control_once() -> None:
    version = launched(SEEDS)
    keys = PreparedExplanation.objects.filter(version=version)
    assert Counter(keys.values_list("name", "variant")) == {
        **{("gradient_shap", name): CASES for name in NAMES},
        ("shuffled_integrated_gradients", ""): CASES,
    }
    assert keys.filter(name="gradient_shap").values("key").distinct().count() == 3 * CASES
    assert Counter(ShownExplanation.objects.values_list("condition", "variant")) == {
        **{("ig", name): CASES for name in NAMES},
        ("placebo", ""): CASES,
    }
    assert explanation_progress(version)["gradient_shap"].wanted == 3 * CASES


@pytest.mark.django_db
def test_one_variant_belongs_to_a_plan_and_each_to_as_many_plans() -> None:
    version = launched(SEEDS)
    rows = set(PlannedTrial.objects.filter(version=version).values_list("plan", "variant"))
    assert len({plan for plan, _variant in rows}) == len(rows)
    counts = Counter(variant for _plan, variant in rows)
    assert set(counts) == set(NAMES)
    lists = 2  # one for each stratum: each ends in the middle of a round
    assert max(counts.values()) - min(counts.values()) <= lists


@pytest.mark.django_db
def test_a_checkpoint_explains_what_the_predictor_advises() -> None:
    version = prepared_twins()
    assert version_problems(version=version) == []
    jobs = Job.objects.filter(kind=Job.Kind.EXPLAIN, predictor__name="twin-net")
    advised = dict(version_said())
    assert {job.case_id: job.payload["target"] for job in jobs} == {
        case: f"class: {label}" for case, label in advised.items()
    }
    version_launch(version=version, seed="twins")
    shown = ShownExplanation.objects.filter(condition="ig").values_list(
        "variant", "explanation__predictor__name"
    )
    assert Counter(shown) == {("net", "small-net"): CASES, ("twin", "twin-net"): CASES}


def version_said() -> list[tuple[int, str]]:
    return list(Prediction.objects.filter(predictor__name="small-net").values_list("case_id", "label"))


@pytest.mark.django_db
def test_a_version_without_one_of_its_checkpoints_says_so() -> None:
    make_cases()
    make_predictor()
    version = imported(CHECKPOINTS)
    assert "There is no predictor 'twin-net': bring it first." in "\n".join(version_problems(version=version))


@pytest.mark.django_db
def test_a_missing_variant_stops_the_launch() -> None:
    make_cases()
    make_predictor()
    version = imported(SEEDS)
    for _ in range(2):
        version_prepare(version=version)
        finish_jobs()
    version_prepare(version=version)
    PreparedExplanation.objects.filter(version=version, variant="seed_1").delete()
    assert f"{CASES} of {4 * CASES} explanations were not asked for yet" in "\n".join(
        version_problems(version=version)
    )
    assert Explanation.objects.exists()
    assert version_spec(version.pk).variants


@pytest.mark.django_db
def test_the_preview_of_the_plan_says_how_evenly_variants_are_spread() -> None:
    version = launched(SEEDS)
    told = [claim for claim in plan_preview(version).claims if "variants" in claim.text]
    assert [(claim.verdict, claim.text.split(" is seen")[0]) for claim in told] == [
        ("nearly", "Each of 3 variants of the explanations")
    ]


@pytest.mark.django_db
def test_the_preview_before_launch_says_it_too() -> None:
    assert [claim for claim in plan_preview(prepared_twins()).claims if "2 variants" in claim.text]
