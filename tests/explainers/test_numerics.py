"""Classes of numbers and devices: named in recipes and keys, refused where they are not, the same bytes within one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from explainers.core.errors import ExplanationRefused
from explainers.core.numerics import CPU, Numerics, numerics_of
from explainers.core.predictor import LoadedPredictor
from tests.explainers.toys import SPECS, explained, rows_of, toy

pytestmark = pytest.mark.heavy


def in_class(name: str, modality: str) -> LoadedPredictor:
    found = toy(SPECS[modality])
    found.numerics = numerics_of(name)
    return found


@pytest.mark.parametrize("name", ["tf32-cpu", "fp16-cpu", "fp32-cuda", "cpu", "fp32-cuda-sm90; DROP"])
def test_an_unknown_class_is_refused(name: str) -> None:
    with pytest.raises(ExplanationRefused, match="There are no numerics"):
        numerics_of(name)


def test_a_gpu_that_is_not_there_or_another_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ExplanationRefused, match="has no GPU"):
        numerics_of("tf32-cuda-sm90").check()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (8, 0))
    with pytest.raises(ExplanationRefused, match="is sm80"):
        numerics_of("tf32-cuda-sm90").check()


def test_tensor_cores_are_used_within_the_block_and_only_there() -> None:
    products = torch.backends.cuda.matmul
    with Numerics("tf32", "cpu").running():
        assert products.allow_tf32
    with CPU.running():
        assert not products.allow_tf32
        assert torch.backends.cudnn.deterministic


@pytest.mark.parametrize("method", ["integrated_gradients", "kernel_shap"])
@pytest.mark.parametrize("modality", ["tabular", "image"])
def test_bf16_is_near_fp32_says_so_and_does_not_depend_on_company(method: str, modality: str) -> None:
    rows = rows_of(modality, 5)
    exact = explained(method, toy(SPECS[modality]), rows)
    near = explained(method, in_class("bf16-cpu", modality), rows)
    alone = explained(method, in_class("bf16-cpu", modality), rows[3:4])
    assert {each.recipe["numerics"] for each in near} == {"bf16-cpu"}
    assert alone[0].to_bytes() == near[3].to_bytes()
    for one, other in zip(exact, near, strict=True):
        a, b = np.asarray(one.values), np.asarray(other.values)
        assert not np.array_equal(a, b)
        assert np.corrcoef(a, b)[0, 1] > 0.95


@pytest.mark.django_db
def test_another_class_is_another_job_in_its_queue(
    schema: dict[str, Any], store_folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from explainers.models import Job
    from explainers.services import case_set_import, explanations_request, jobs_work
    from tests.explainers.conftest import make_rows
    from tests.explainers.test_known_cases import register

    monkeypatch.setattr("explainers.services.predictors.predictor_probe", lambda spec, weights: {})
    net = register()
    cases = list(case_set_import(name="clinic", schema=schema, rows=make_rows(2)).cases.all())
    on_cpu = explanations_request(predictor=net, cases=cases, method="saliency")
    settings.ASSAY_NUMERICS = "tf32-cuda-sm90"
    on_gpu = explanations_request(predictor=net, cases=cases, method="saliency")
    assert not set(on_cpu) & set(on_gpu)
    assert set(Job.objects.filter(key__in=on_gpu).values_list("queue", flat=True)) == {"gpu"}
    jobs_work(queue="cpu")
    jobs_work(queue="gpu")
    assert {"has no GPU" in job.error for job in Job.objects.filter(key__in=on_gpu)} == {True}


def test_the_benchmark_of_a_gpu_says_where_there_is_none_and_runs_on_a_cpu(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.bench import explainers_gpu

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert explainers_gpu.main() == 1
    assert "nothing was measured" in capsys.readouterr().err
    monkeypatch.setattr(explainers_gpu, "TURNS", 1)
    monkeypatch.setattr(explainers_gpu, "STEPS", 2)
    faults = explainers_gpu.measure(numerics_of("bf16-cpu"), cases=3, size=32)
    assert "a case depends on its company" not in faults
