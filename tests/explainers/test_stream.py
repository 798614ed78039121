"""Any number of cases, in bounded memory; and less memory than a chunk needs."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from explainers.core import attributor
from explainers.core.engine import ExplainRequest, explain, explain_stream
from explainers.methods import METHODS
from tests.explainers.toys import TABLE, explained, rows_of, toy

pytestmark = pytest.mark.heavy
FEW_STEPS = {"integrated_gradients": {"steps": 16, "steps_maximum": 16}}
PROGRAM = """
import resource, sys
from tests.explainers.test_stream import requests_without_end
from tests.explainers.toys import TABLE, toy
from explainers.core.engine import explain_stream
from explainers.methods import METHODS

plugin, count, early = METHODS.get("integrated_gradients"), 0, 0
stream = explain_stream(
    plugin(), predictor=toy(TABLE), predictor_digest="p", requests=requests_without_end(plugin, int(sys.argv[1]))
)
for found in stream:
    assert len(found.to_bytes()) > 100
    count += 1
    if count == 2000:
        early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - early)
"""


def requests_without_end(plugin: Any, count: int) -> Any:
    """So many cases, made one by one."""
    random = np.random.default_rng(2)
    parameters = plugin.complete(FEW_STEPS.get(plugin.name, {"samples": 16}))
    for number in range(count):
        row = dict(zip(TABLE.features, random.normal(size=6).tolist(), strict=True))
        yield ExplainRequest(
            case_key=str(number), case_digest=str(number), inputs=row, target_declared="class: ill",
            target_class="ill", parameters=parameters,
        )  # fmt: skip


def grown_kib(cases: int) -> int:
    program = [sys.executable, "-c", PROGRAM, str(cases)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    counted, grown = map(int, done.stdout.split())
    assert counted == cases
    return grown


@pytest.mark.long
def test_a_hundred_thousand_cases_take_no_more_memory_than_two_thousand() -> None:
    assert grown_kib(100_000) < 32 * 1024


def test_how_many_are_held_at_a_time_changes_nothing() -> None:
    plugin = METHODS.get("gradient_shap")
    requests = list(requests_without_end(plugin, 70))
    whole = explain(plugin(), predictor=toy(TABLE), predictor_digest="p", requests=requests)
    for together in (1, 32):
        stream = explain_stream(
            plugin(), predictor=toy(TABLE), predictor_digest="p", requests=iter(requests), together=together
        )
        assert [found.to_bytes() for found in stream] == [found.to_bytes() for found in whole]


def test_where_memory_runs_out_the_chunk_is_halved_and_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(attributor, "SMALLER", {})
    predictor, rows = toy(TABLE), rows_of("tabular", 5)
    usual = explained("saliency", predictor, rows)
    tried: list[int] = []

    def narrow(_module: Any, inputs: Any) -> None:
        tried.append(len(inputs[0]))
        if len(inputs[0]) > 128:
            raise torch.OutOfMemoryError("pretended")

    predictor.module.register_forward_pre_hook(narrow)
    predictor.probabilities(rows)
    first = explained("saliency", predictor, rows)
    assert max(tried) == 1024
    assert first[0].recipe["details"]["chunk"] == 128
    tried.clear()
    again = explained("saliency", predictor, rows)
    assert max(tried) == 128
    assert [found.to_bytes() for found in again] == [found.to_bytes() for found in first]
    for one, other in zip(usual, first, strict=True):
        np.testing.assert_allclose(one.values, other.values, rtol=1e-5)


def test_where_not_even_one_row_fits_the_error_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(attributor, "SMALLER", {})
    predictor, rows = toy(TABLE), rows_of("tabular", 1)
    task = METHODS.get("saliency")()

    def never(*_: Any) -> None:
        raise torch.OutOfMemoryError("pretended")

    monkeypatch.setattr(type(task), "attribute", never)
    with pytest.raises(torch.OutOfMemoryError):
        explained("saliency", predictor, rows)
