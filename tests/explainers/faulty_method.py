"""A method that does what it is told: take its time, write down that it began, or kill its process at one case."""

import ctypes
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from explainers.core.attribution import Explanation
from explainers.core.method import Batch, Method
from explainers.core.stopping import check_stopped


class Faulty(Method):
    """Attributes the value of every feature to itself; see the parameters for its faults."""

    name = "faulty"
    version = "1"
    label = "Faulty"
    modality = "tabular"
    scope = "attribution"
    parameters: ClassVar[Mapping[str, Any]] = {"sleep_s": 0.0, "dies_below": 0.0, "how": "killed"}
    promises = frozenset({"determinism"})
    reference = "none"

    def explain(self, batch: Batch) -> list[Explanation]:
        results = []
        for row, target, parameters in zip(batch.rows, batch.targets, batch.parameters, strict=True):
            note(f"{os.getpid()} {row['age']!r}")
            end = time.monotonic() + parameters["sleep_s"]
            while time.monotonic() < end:
                check_stopped()
                time.sleep(min(0.05, max(0.0, end - time.monotonic())))
            if row["age"] < parameters["dies_below"]:
                FAULTS[parameters["how"]]()
            names = tuple(batch.predictor.spec.features)
            results.append(
                Explanation(
                    features=names,
                    values=tuple(row[name] for name in names),
                    target_class=target,
                    target_space="score",
                    baseline=(0.0,) * len(names),
                    output=sum(row[name] for name in names),
                    output_at_baseline=0.0,
                    completeness_error=0.0,
                )
            )
        return results


def killed() -> None:
    """Die as by the kernel's hand when memory is out."""
    os.kill(os.getpid(), signal.SIGKILL)


def segfault() -> None:
    """Read where nothing is."""
    ctypes.string_at(0)


def endless() -> None:
    """Never come back."""
    while True:
        pass


def out_of_memory() -> None:
    """Say what a GPU says when its memory is out, whatever the size of the chunk."""
    import torch

    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


FAULTS = {"killed": killed, "segfault": segfault, "endless": endless, "out_of_memory": out_of_memory}


def note(line: str) -> None:
    """Write to the ledger, which is no part of what is tested."""
    with Path(os.environ["LEDGER"]).open("a", encoding="utf-8") as ledger:
        ledger.write(line + "\n")
