"""Pictures, texts and regressions take the whole path: cases in, prediction, explanation, what people see."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explainers.core.cases.manifest import case_set_from_npz, case_set_read
from explainers.core.errors import PredictorRefused
from explainers.core.predictor import PredictorSpec
from tests.explainers.test_architectures import SPECS, weights_of
from tests.explainers.test_bars import Reader
from tests.explainers.test_manifest import npz

pytestmark = [pytest.mark.heavy, pytest.mark.django_db]


@pytest.fixture
def no_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    """The probes have tests of their own; here they would only take their seconds."""
    monkeypatch.setattr("explainers.services.predictors.predictor_probe", lambda spec, *, weights: {})


def shown(spec: PredictorSpec, case_set: Any, *, method: str, **parameters: Any) -> tuple[Any, list[str]]:
    from explainers.models import Prediction
    from explainers.selectors import explanation_list, rendering_bytes
    from explainers.services import explanations_request, jobs_work, predictor_admit, renderings_request

    predictor = predictor_admit(name="lab", spec=spec, weights=weights_of(spec))
    keys = explanations_request(
        predictor=predictor, cases=list(case_set.cases.all()), method=method, parameters=parameters
    )
    jobs_work(queue="cpu")
    digest = renderings_request(keys=keys, scale_of=keys)
    jobs_work(queue="render")
    drawn = [
        rendering_bytes(explanation_id=each.pk, spec_digest=digest)[1].decode()
        for each in explanation_list(keys=keys)
    ]
    return Prediction.objects.filter(predictor=predictor).first(), drawn


def test_a_picture_takes_the_whole_path(store_folder: Path, no_probe: None) -> None:
    from explainers.services import case_set_import

    images = np.random.default_rng(7).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    data = npz(case_id=np.array(["a", "b"]), images=images)
    found = case_set_from_npz(data, schema={"modality": "image", "label": "Photograph"})
    case_set = case_set_import(name="photos", schema=found.schema, rows=found.rows, pictures=found.pictures)
    prediction, drawn = shown(SPECS["cnn"], case_set, method="saliency")
    assert prediction.confidence == max(prediction.scores.values())
    assert all(Reader(each).texts["map-title"] for each in drawn)


def test_a_text_takes_the_whole_path(store_folder: Path, no_probe: None) -> None:
    from explainers.services import case_set_import

    manifest = b'case_id,text\na,No bleeding seen.\nb,"<b>Fresh</b> bleeding."\n'
    found = case_set_read(manifest, schema={"modality": "text", "label": "Report"})
    case_set = case_set_import(name="reports", schema=found.schema, rows=found.rows)
    _, drawn = shown(SPECS["text_transformer"], case_set, method="layer_integrated_gradients")
    assert "<b>" not in drawn[1]
    assert "What pushed the AI towards " in Reader(drawn[0]).texts["tint-text"][0]


def test_a_regression_takes_the_whole_path_without_confidence(store_folder: Path, no_probe: None) -> None:
    from explainers.services import case_set_import

    schema = {"features": [{"name": "age"}, {"name": "pulse"}]}
    rows = [
        {"key": "a", "inputs": {"age": 50.0, "pulse": 80.0}},
        {"key": "b", "inputs": {"age": 30.0, "pulse": 60.0}},
    ]
    case_set = case_set_import(name="people", schema=schema, rows=rows)
    prediction, drawn = shown(SPECS["mlp"], case_set, method="input_x_gradient", target_space="score")
    assert prediction.confidence is None
    value = prediction.scores["systolic pressure"]
    assert prediction.label in (f"{value:.0f}", f"\N{MINUS SIGN}{-value:.0f}", "0")
    assert all("mmHg" in words for words in Reader(drawn[0]).texts["bars-words"])


def test_nothing_of_a_refused_predictor_stays(store_folder: Path) -> None:
    from explainers.models import Predictor
    from explainers.services import predictor_admit

    spec = SPECS["cnn"]
    for weights in (weights_of(spec)[:-4], b"PK\x03\x04", weights_of(SPECS["text_transformer"])):
        with pytest.raises(PredictorRefused):
            predictor_admit(name="bad", spec=spec, weights=weights)
    assert not Predictor.objects.exists()
    assert not store_folder.exists()
