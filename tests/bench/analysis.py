"""How long a full report takes and how much memory: ``python -m tests.bench.analysis [TRIALS ...]``.

Goals: 100,000 trials within 60 s; 1,000,000 within 5 minutes and 4 GB. Every report runs in a process of its own, so
that its peak memory is its own, with one thread for linear algebra.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.analysis.simulate import World, simulate, write_dataset

EACH = 50  # decisions of a participant
CASES = 300
GOALS = {100_000: (60.0, 4.0), 1_000_000: (300.0, 4.0)}  # trials: seconds, GB
PLAN = {
    "primary": {"measure": "accuracy", "contrasts": ["ig - ai", "ig - placebo"], "all": True, "smallest_effect": 0.05},
    "secondary": [{"measure": "over_reliance", "contrast": "ig - ai"}, {"measure": "rt_ms", "contrast": "ig - ai"}],
    "sensitivity": [{"without": {"comprehension_attempts": 2}}, {"without": {"median_rt_ms": {"below": 800}}}],
}  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """One report: its size and what it took."""

    trials: int
    seconds: float
    cpu_seconds: float
    peak_gb: float

    @property
    def sentence(self) -> str:
        goal = GOALS.get(self.trials)
        told = f" (goal: {goal[0]:g} s, {goal[1]:g} GB)" if goal else ""
        took = f"{self.seconds:.1f} s, {self.cpu_seconds:.1f} s of CPU, {self.peak_gb:.2f} GB"
        return f"{self.trials:,} trials: {took}{told}"


def make_dataset(trials: int, folder: Path) -> Path:
    """Write a study with four conditions, two strata and this many decisions (practice and simulation come on top)."""
    people = trials // EACH
    world = World(per_stratum=people // 2, trials=EACH, discernment={"ig": 0.1}, dropout=0.05)
    tables = simulate(world, seed=5)
    rng = np.random.default_rng(5)
    names = np.array([f"case{number:03d}" for number in range(CASES)])
    first = rng.integers(0, CASES, people)
    numbers = tables["trials"]["participant_id"].map(dict(zip(sorted(set(tables["trials"]["participant_id"])), first,
                                                              strict=True)))  # fmt: skip
    at = (numbers.to_numpy() + tables["trials"]["trial_index"].to_numpy()) % CASES
    tables["trials"] = tables["trials"].assign(case_id=names[at])
    return write_dataset(tables, folder, kind="parquet")


def measure_report(trials: int) -> Measured:
    """Write one report in a process of its own."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        data = make_dataset(trials, folder / "data")
        plan = folder / "plan.yaml"
        plan.write_text(json.dumps(PLAN))
        command = [
            sys.executable,
            "-m",
            "analysis",
            "report",
            str(data),
            "--plan",
            str(plan),
            "--out",
            str(folder / "out"),
        ]
        alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        subprocess.run(command, check=True, env={**os.environ, **alone}, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Measured(trials, seconds, cpu, after.ru_maxrss / 1024**2)


def main(sizes: list[int]) -> int:
    """Measure each size and say whether the goals are met."""
    missed = 0
    for trials in sizes:
        found = measure_report(trials)
        sys.stdout.write(f"{found.sentence}\n")
        sys.stdout.flush()
        seconds, gigabytes = GOALS.get(trials, (float("inf"), float("inf")))
        missed += found.seconds > seconds or found.peak_gb > gigabytes
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main([int(size) for size in sys.argv[1:]] or sorted(GOALS)))
