"""Meeting a stranger's weights: checked, and probed in a process of its own with limits and without keys."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from explainers.core.architectures import architecture_get
from explainers.core.errors import PredictorRefused
from explainers.core.predictor import LoadedPredictor, PredictorSpec
from explainers.core.weights import check_weights

TIME_LIMIT_S = 60
ADDRESS_SPACE_BYTES = 8 * 1024**3
PROBE_BATCHES = (1, 2, 37)
ROW_TOLERANCE = 1e-5
CLONE_NEWNET = 0x40000000


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
        `maximum` (probabilities), `network` (`none` or `not isolated`), `torch` (version).

    Raises
    ------
    PredictorRefused
        With a sentence on what is wrong.
    """
    spec.check()
    check_weights(weights, shapes=architecture_get(spec.architecture).shapes(spec.parameters))
    declaration = {
        "architecture": spec.architecture,
        "parameters": dict(spec.parameters),
        "features": list(spec.features),
        "classes": list(spec.classes),
        "preprocessing": dict(spec.preprocessing),
    }
    answer = _ask_subprocess(json.dumps(declaration).encode() + b"\n" + weights)
    if "problem" in answer:
        raise PredictorRefused(str(answer["problem"]))
    return answer


def _ask_subprocess(message: bytes) -> dict[str, Any]:
    environment = {
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "PATH": os.defpath,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "explainers.core.intake"],
            input=message,
            capture_output=True,
            timeout=TIME_LIMIT_S,
            env=environment,
            check=False,
        )
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired as error:
        raise PredictorRefused(f"The predictor was not probed within {TIME_LIMIT_S} s.") from error
    except ValueError as error:
        ending = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise PredictorRefused(
            f"The process that probed the predictor ended with {done.returncode}: {' '.join(ending)[:300]}."
        ) from error
    return dict(answer)


def main() -> None:
    """Answer one probe: a line of JSON and weights on standard input, a line of JSON on standard output."""
    _limit_process()
    import safetensors.torch
    import torch

    torch.set_num_threads(1)
    del safetensors
    network = _leave_network()
    line = sys.stdin.buffer.readline()
    weights = sys.stdin.buffer.read()
    try:
        predictor = LoadedPredictor(PredictorSpec(**json.loads(line)), weights=weights)
        answer = {**probe(predictor), "network": network, "torch": torch.__version__}
    except PredictorRefused as error:
        answer = {"problem": str(error)}
    except (RuntimeError, ValueError, MemoryError) as error:
        answer = {"problem": f"The network does not run: {str(error)[:300]}."}
    sys.stdout.write(json.dumps(answer))


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
        `batches`, `row_difference`, `minimum` and `maximum` of the probabilities.

    Raises
    ------
    PredictorRefused
        If a score is not finite, the network is not deterministic, rows influence one another, or the
        output has the wrong shape.
    """
    import torch

    generator = torch.Generator().manual_seed(0)
    rows = torch.randn((max(PROBE_BATCHES), len(predictor.spec.features)), generator=generator) * 3
    with torch.no_grad():
        together = predictor.module(rows)
        _check_scores(together, shape=(len(rows), len(predictor.spec.classes)))
        if not torch.equal(together, predictor.module(rows)):
            raise PredictorRefused("The network gives other scores when it is asked the same twice.")
        difference = _row_difference(predictor, rows=rows, together=together, batches=PROBE_BATCHES)
    if difference > ROW_TOLERANCE:
        raise PredictorRefused(
            f"The scores of a row change by {difference:.2g} of the largest score with the rows beside it."
        )
    probabilities = torch.softmax(together.double(), dim=1)
    return {
        "batches": list(PROBE_BATCHES),
        "row_difference": difference,
        "minimum": float(probabilities.min()),
        "maximum": float(probabilities.max()),
    }


def _check_scores(scores: Any, *, shape: tuple[int, int]) -> None:
    if tuple(scores.shape) != shape:
        raise PredictorRefused(
            f"The network gives the shape {tuple(scores.shape)} for {shape[0]} rows, not {shape}."
        )
    if not bool(scores.isfinite().all()):
        raise PredictorRefused("The network gives scores that are not finite numbers.")


def _row_difference(predictor: LoadedPredictor, *, rows: Any, together: Any, batches: Sequence[int]) -> float:
    largest = max(float(together.abs().max()), 1e-12)
    worst = 0.0
    for size in batches:
        for begin in range(0, len(rows), size):
            part = predictor.module(rows[begin : begin + size])
            worst = max(worst, float((part - together[begin : begin + size]).abs().max()) / largest)
    return worst


def _limit_process() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (TIME_LIMIT_S, TIME_LIMIT_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _leave_network() -> str:
    import ctypes

    unshare = getattr(ctypes.CDLL(None), "unshare", None)
    return "none" if unshare is not None and unshare(CLONE_NEWNET) == 0 else "not isolated"


if __name__ == "__main__":
    main()
