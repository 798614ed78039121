"""Explanations that refer to other cases, by jobs: neighbours, prototypes, concepts; brought and drawn."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explainers.core.errors import CaseSetRefused, ExplanationRefused
from explainers.models import Case, CaseSet, Job, Prediction, Predictor, Reference
from explainers.selectors import explanation_list, job_progress, rendering_bytes
from explainers.services import (
    case_set_import,
    explanation_checkpoints_request,
    explanations_request,
    jobs_work,
    known_cases_bring,
    predictions_request,
    predictor_calibrate,
    predictor_register,
    reference_keep,
    renderings_request,
)
from tests.explainers.conftest import CLASSES, FEATURES, PARAMETERS, PREPROCESSING, make_rows, make_weights
from tests.explainers.test_manifest import npz

pytestmark = [pytest.mark.heavy, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def unprobed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explainers.services.predictors.predictor_probe", lambda spec, weights: {})


@pytest.fixture
def cases(schema: dict[str, Any], store_folder: Path) -> list[Case]:
    return list(case_set_import(name="clinic", schema=schema, rows=make_rows(4)).cases.all())


def register(name: str = "net", *, seed: int = 11) -> Predictor:
    return predictor_register(
        name=name,
        architecture="mlp",
        parameters=PARAMETERS,
        features=FEATURES,
        classes=CLASSES,
        preprocessing=PREPROCESSING,
        weights=make_weights(seed=seed),
    )


def known(name: str = "train", *, schema: dict[str, Any], count: int = 30, first: int = 0) -> Reference:
    rows = make_rows(first + count)[first:]
    lines = [
        ",".join([row["key"], *(str(row["inputs"][each]) for each in FEATURES), CLASSES[n % 2]])
        for n, row in enumerate(rows)
    ]
    manifest = "\n".join([",".join(["case_id", *FEATURES, "outcome"]), *lines]).encode()
    return known_cases_bring(name=name, manifest=manifest, schema=schema)


def drawn(predictor: Predictor, shown: list[Case], /, *, method: str, **parameters: Any) -> list[str]:
    keys = explanations_request(predictor=predictor, cases=shown, method=method, parameters=parameters)
    jobs_work(queue="cpu")
    assert job_progress(keys=keys)["done"] == len(shown), Job.objects.exclude(error="").first()
    digest = renderings_request(keys=keys, scale_of=keys)
    jobs_work(queue="render")
    rows = explanation_list(keys=keys)
    return [rendering_bytes(explanation_id=row.pk, spec_digest=digest)[1].decode() for row in rows]


@pytest.mark.parametrize("method", ["nearest_cases", "prototypes", "influential_cases"])
def test_examples_are_cards_with_values_and_outcomes(
    method: str, cases: list[Case], schema: dict[str, Any]
) -> None:
    known(schema=schema)
    for fragment in drawn(register(), cases, method=method, cases="train"):
        assert fragment.count('<li class="card">') >= 2
        assert "Outcome: <strong>ill</strong>" in fragment
        assert "<dt>Age</dt>" in fragment
        assert " years</dd>" in fragment


def test_a_counterfactual_is_a_table_in_the_words_of_the_schema(
    cases: list[Case], schema: dict[str, Any]
) -> None:
    known(schema=schema)
    found = drawn(register(), cases, method="counterfactual", cases="train", locked=["height"])
    assert all("Not allowed to change: Height." in fragment for fragment in found)
    assert any("With these values the AI would say" in fragment for fragment in found)


def test_concepts_are_tested_by_jobs(cases: list[Case], schema: dict[str, Any]) -> None:
    for name, count, first in (("old", 20, 0), ("pool", 60, 20), ("all", 40, 80)):
        known(name, schema=schema, count=count, first=first)
    found = drawn(
        register(),
        cases,
        method="tcav",
        concepts=["old"],
        pool="pool",
        cases="all",
        sets=3,
        null=19,
        copies=2,
    )
    assert all('class="bar-null"' in fragment for fragment in found)


def test_found_concepts_are_shown_with_the_patches_that_have_most_of_them(store_folder: Path) -> None:
    from explainers.services import predictor_admit
    from tests.explainers.toys import PICTURE, SIDE, toy

    images = np.random.default_rng(4).integers(0, 256, (6, SIDE, SIDE, 3), dtype=np.uint8)
    manifest = npz(case_id=np.array(list("abcdef")), images=images)
    reference = known_cases_bring(
        name="pictures", manifest=manifest, schema={"modality": "image", "label": "Photograph"}
    )
    from safetensors.torch import save

    weights = save(toy(PICTURE).module.state_dict())
    net = predictor_admit(name="cnn", spec=PICTURE, weights=weights)
    cases = list(reference.case_set.cases.all())
    for fragment in drawn(net, cases, method="concept_factorisation", cases="pictures", concepts=2):
        assert '<img class="concept-patch" src="data:image/png;base64,' in fragment


def test_a_set_that_is_not_there_is_named_before_anything_is_queued(cases: list[Case]) -> None:
    with pytest.raises(ExplanationRefused, match="refers to known cases called train, which are not there"):
        explanations_request(
            predictor=register(), cases=cases, method="nearest_cases", parameters={"cases": "train"}
        )
    assert not Job.objects.exists()


def test_known_cases_never_change(schema: dict[str, Any], store_folder: Path) -> None:
    reference = known(schema=schema)
    assert known(schema=schema) == reference
    with pytest.raises(ExplanationRefused, match="they never change"):
        reference_keep(name="train", case_set=reference.case_set, labels={})


def test_outcomes_are_of_all_cases_or_of_none(schema: dict[str, Any], store_folder: Path) -> None:
    case_set = case_set_import(name="clinic", schema=schema, rows=make_rows(3))
    with pytest.raises(CaseSetRefused, match=r"there is no case 'x'.*case c001: there is no outcome"):
        reference_keep(name="known", case_set=case_set, labels={"c000": "ill", "x": "ill"})
    assert not Reference.objects.exists()


def test_of_refused_known_cases_nothing_stays(schema: dict[str, Any], store_folder: Path) -> None:
    bad = b"case_id,age,pulse,height,outcome\na,1,2,3,\n"
    with pytest.raises(CaseSetRefused, match="case a: there is no outcome"):
        known_cases_bring(name="known", manifest=bad, schema=schema)
    assert not CaseSet.objects.exists()


def test_checkpoints_explain_the_class_that_people_are_advised(cases: list[Case]) -> None:
    one, two = register(), register("again", seed=12)
    predictions_request(predictor=one, case_set=cases[0].case_set)
    jobs_work(queue="cpu")
    keys = explanation_checkpoints_request(
        predictor=one, checkpoints=[one, two], cases=cases, method="integrated_gradients"
    )
    jobs_work(queue="cpu")
    for first, second in zip(
        explanation_list(keys=keys["net"]), explanation_list(keys=keys["again"]), strict=True
    ):
        said = first.case.predictions.get(predictor=one).label
        assert first.target_class == second.target_class == said
        assert first.recipe["family"] == second.recipe["family"]
        assert first.artefact_digest != second.artefact_digest


def wrong(label: str) -> str:
    return CLASSES[1 - CLASSES.index(label)]


def test_a_calibrated_predictor_is_one_of_its_own_with_its_curve(
    schema: dict[str, Any], store_folder: Path
) -> None:
    base = register()
    rows = make_rows(60)
    case_set = case_set_import(name="held-back", schema=schema, rows=rows)
    predictions_request(predictor=base, case_set=case_set)
    jobs_work(queue="cpu")
    said = dict(Prediction.objects.values_list("case__key", "label"))
    labels = {
        row["key"]: said[row["key"]] if n % 4 else wrong(said[row["key"]]) for n, row in enumerate(rows)
    }
    reference = reference_keep(name="held-back", case_set=case_set, labels=labels)
    calibrated = predictor_calibrate(name="calm", base=base, known=reference)
    told = calibrated.output["calibration"]
    assert calibrated.output["temperature"] == told["temperature"] != 1
    assert told["loss"] < told["loss_before"]
    assert sum(each["count"] for each in told["curve"]) == 60
    assert calibrated.digest != base.digest
