"""`make bench-analysis`: the power of a study of 200 people and 24 cases by 1,000 simulations, on every core."""

from __future__ import annotations

import os
import time

from analysis.power.simulate import simulate_power

PARTICIPANTS, CASES, SIMULATIONS = 200, 24, 1000
GOAL_S = 120


def main() -> None:
    """Simulate the power of one contrast by three planned tests, and print how long each takes."""
    for estimator in ("participant_contrast", "permutation", "glmm"):
        primary = {
            "measure": "accuracy",
            "contrast": "ig - ai",
            "smallest_effect": 0.05,
            "estimator": estimator,
        }
        start = time.perf_counter()
        found = simulate_power(
            {"primary": primary, "n": PARTICIPANTS},
            participants=PARTICIPANTS,
            cases=CASES,
            simulations=SIMULATIONS,
        )
        seconds = time.perf_counter() - start
        (row,) = found.rows
        size = f"{SIMULATIONS} simulations of {PARTICIPANTS} people x {CASES} cases"
        print(f"power, {size}, {estimator}: {seconds:.1f} s on {os.cpu_count()} cores (goal {GOAL_S} s)")
        print(f"  power {row['power']:.3f} +- {row['monte_carlo_error']:.3f}, {row['failed']} failed")


if __name__ == "__main__":
    main()
