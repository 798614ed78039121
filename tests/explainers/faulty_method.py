"""A method that does what it is told: take its time, write down that it began, or kill its process at one case."""

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from explainers.core.attribution import Explanation
from explainers.core.method import Batch, Method


class Faulty(Method):
    """Attributes the value of every feature to itself; see the parameters for its faults."""

    name = "faulty"
    version = "1"
    label = "Faulty"
    modality = "tabular"
    scope = "attribution"
    parameters: ClassVar[Mapping[str, Any]] = {"sleep_s": 0.0, "dies_below": 0.0}
    promises = frozenset({"determinism"})
    reference = "none"

    def explain(self, batch: Batch) -> list[Explanation]:
        results = []
        for row, target, parameters in zip(batch.rows, batch.targets, batch.parameters, strict=True):
            note(f"{os.getpid()} {row['age']!r}")
            time.sleep(parameters["sleep_s"])
            if row["age"] < parameters["dies_below"]:
                os.kill(os.getpid(), signal.SIGKILL)
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


def note(line: str) -> None:
    """Write to the ledger, which is no part of what is tested."""
    with Path(os.environ["LEDGER"]).open("a", encoding="utf-8") as ledger:
        ledger.write(line + "\n")
