"""Meeting a stranger's weights: checked, and probed in a process of its own with limits and without keys."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from explainers.core.errors import PredictorRefused
from explainers.core.predictor import LoadedPredictor, PredictorSpec
from explainers.core.sandbox import (
    TIME_LIMIT_S,
    SandboxFailedError,
    sandbox_answer,
    sandbox_ask,
    sandbox_enter,
)
from explainers.core.weights import check_weights

if TYPE_CHECKING:
    import torch

PROBE_BATCHES = (1, 2, 37)
ROWS_OF_PICTURES = 4
ROW_TOLERANCE = 1e-5
DEEPLIFT_LACKS = ("GELU", "SiLU", "Mish", "Hardswish", "LayerNorm", "GroupNorm", "MultiheadAttention")


def predictor_probe(spec: PredictorSpec, *, weights: bytes) -> dict[str, Any]:
    """
    Check a predictor before anything of it is stored.

    The declaration and the file's layout are checked here; the network runs in a subprocess with limits on
    time, memory and files, an empty environment and, where the system allows it, no network.

    Parameters
    ----------
    spec : PredictorSpec
        The declaration.
    weights : bytes
        A safetensors file.

    Returns
    -------
    dict
        What the probes found: `batches`, `row_difference` (relative to the largest score), `minimum`,
        `maximum` (probabilities, or values of a regression), `no_deeplift_rule` (kinds of modules for which
        DeepLift has no rule), `network` (`none` or `not isolated`), `torch` (version).

    Raises
    ------
    PredictorRefused
        With a sentence on what is wrong.
    """
    spec.check()
    check_weights(weights, shapes=spec.family.shapes(spec.parameters))
    try:
        answer, _ = sandbox_ask(__name__, message=json.dumps(asdict(spec)).encode() + b"\n" + weights)
    except SandboxFailedError as error:
        raise PredictorRefused(
            f"The predictor could not be probed (at most {TIME_LIMIT_S} s): {error}."
        ) from error
    if "problem" in answer:
        raise PredictorRefused(str(answer["problem"]))
    return answer


def main() -> None:
    """Answer one probe: a line of JSON and weights on standard input, a line of JSON on standard output."""
    network = sandbox_enter(prepare=_import_heavy)
    import torch

    line = sys.stdin.buffer.readline()
    weights = sys.stdin.buffer.read()
    try:
        predictor = LoadedPredictor(PredictorSpec(**json.loads(line)), weights=weights)
        answer = {**probe(predictor), "network": network, "torch": torch.__version__}
    except PredictorRefused as error:
        answer = {"problem": str(error)}
    except (RuntimeError, ValueError, MemoryError, IndexError, TypeError) as error:
        answer = {"problem": f"The network does not run: {str(error)[:300]}."}
    sandbox_answer(answer)


def _import_heavy() -> None:
    import safetensors.torch
    import torch

    torch.set_num_threads(1)
    del safetensors


def probe(predictor: LoadedPredictor) -> dict[str, Any]:
    """
    Run a network on probe rows: batches of 1, 2 and 37, twice, alone and in company.

    Parameters
    ----------
    predictor : LoadedPredictor
        The predictor.

    Returns
    -------
    dict
        `batches`, `row_difference`, `minimum` and `maximum`, `no_deeplift_rule`.

    Raises
    ------
    PredictorRefused
        If a score is not finite, the network is not deterministic or not in eval mode, rows influence one
        another, or the output has the wrong shape.
    """
    import torch

    if any(module.training for module in predictor.module.modules()):
        raise PredictorRefused("A part of the network is in training mode; it would not answer alike twice.")
    rows = probe_rows(predictor, count=max(PROBE_BATCHES))
    with torch.no_grad():
        together = predictor.module(rows)
        _check_scores(together, shape=(len(rows), len(predictor.spec.classes)))
        if not torch.equal(together, predictor.module(rows)):
            raise PredictorRefused("The network gives other scores when it is asked the same twice.")
        difference = _row_difference(predictor, rows=rows, together=together, batches=PROBE_BATCHES[:-1])
    if difference > ROW_TOLERANCE:
        raise PredictorRefused(
            f"The scores of a row change by {difference:.2g} of the largest score with the rows beside it."
        )
    values = together.double()
    if predictor.outcome == "classification":
        values = torch.softmax(values / predictor.temperature, dim=1)
    kinds = {type(module).__name__ for module in predictor.module.modules()}
    return {
        "batches": list(PROBE_BATCHES),
        "row_difference": difference,
        "minimum": float(values.min()),
        "maximum": float(values.max()),
        "no_deeplift_rule": sorted(kinds & set(DEEPLIFT_LACKS)),
    }


def probe_rows(predictor: LoadedPredictor, *, count: int) -> "torch.Tensor":
    """
    Make rows to ask a network with.

    Parameters
    ----------
    predictor : LoadedPredictor
        The predictor.
    count : int
        How many.

    Returns
    -------
    torch.Tensor
        Standard normal times 3 in the shape of its rows; for texts random tokens, padded after random lengths
        of at least one. Always the same.
    """
    import torch

    generator = torch.Generator().manual_seed(0)
    shape = predictor.baseline_tensor().shape
    if predictor.modality != "text":
        return torch.randn((count, *shape), generator=generator) * 3
    size = int(predictor.spec.parameters["vocabulary"])
    numbers = torch.randint(1, size, (count, *shape), generator=generator)
    lengths = torch.randint(1, shape[0] + 1, (count, 1), generator=generator)
    return numbers * (torch.arange(shape[0]) < lengths)


def _check_scores(scores: Any, *, shape: tuple[int, int]) -> None:
    if tuple(scores.shape) != shape:
        raise PredictorRefused(
            f"The network gives the shape {tuple(scores.shape)} for {shape[0]} rows, not {shape}."
        )
    if not bool(scores.isfinite().all()):
        raise PredictorRefused("The network gives scores that are not finite numbers.")


def _row_difference(predictor: LoadedPredictor, *, rows: Any, together: Any, batches: Sequence[int]) -> float:
    largest = max(float(together.abs().max()), 1e-12)
    compared = ROWS_OF_PICTURES if predictor.modality == "image" else len(rows)
    worst = 0.0
    for size in batches:
        for begin in range(0, compared, size):
            part = predictor.module(rows[begin : begin + size])
            worst = max(worst, float((part - together[begin : begin + size]).abs().max()) / largest)
    return worst


if __name__ == "__main__":
    main()
