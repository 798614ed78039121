"""Make the simulated tables beside this file: ``python simulate.py``. Every table has another shape.

The tables are kept, so that the numbers of ``fit.R`` stay those of the same data whatever the generator does.
"""

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent


def crossed(
    rng: np.random.Generator, *, people: int, cases: int, conditions: str, between: bool = False
) -> pd.DataFrame:
    rows = [
        (f"p{p:02d}", f"k{k:02d}", condition, t)
        for p in range(people)
        for t, k in enumerate(rng.permutation(cases))
        for condition in (conditions[p % len(conditions)] if between else conditions)
    ]
    return pd.DataFrame(rows, columns=["person", "case", "condition", "trial"])


def add(
    table: pd.DataFrame, rng: np.random.Generator, *, noise: float = 0.6, mean: float = 0.0, **parts: float
) -> pd.DataFrame:
    """Sum effects by name: ``person, case`` (SDs of intercepts), ``slope_*``, ``trial_*`` (of slopes), ``effect``."""
    y = mean + rng.normal(0, noise, len(table))
    treated = (table["condition"] != "a").to_numpy(float)
    for group in ("person", "case"):
        codes, levels = pd.factorize(table[group], sort=True)
        y += rng.normal(0, 1, len(levels))[codes] * parts.get(group, 0.0)
        y += rng.normal(0, 1, len(levels))[codes] * parts.get(f"slope_{group}", 0.0) * treated
        y += rng.normal(0, 1, len(levels))[codes] * parts.get(f"trial_{group}", 0.0) * table["trial"]
    return table.assign(y=(y + parts.get("effect", 0.0) * treated).round(4))


# fmt: off
SHAPES = {
    "between": ({"people": 14, "cases": 9, "between": True}, {"person": 0.7, "case": 0.5, "effect": 0.4}),
    "within": ({"people": 11, "cases": 8}, {"person": 0.6, "case": 0.4, "slope_person": 0.5, "effect": -0.3}),
    "three": (
        {"people": 16, "cases": 6, "conditions": "abc"},
        {"person": 0.5, "case": 0.4, "slope_person": 0.4, "effect": 0.2},
    ),
    "offset": (
        {"people": 13, "cases": 20, "between": True},
        {"mean": 250_000.0, "noise": 40.0, "person": 60.0, "case": 20.0, "trial_person": 3.0, "effect": 30.0},
    ),
    "no_case_variance": ({"people": 12, "cases": 15, "between": True}, {"person": 0.5, "effect": 0.3}),
    "no_slope_variance": ({"people": 8, "cases": 7}, {"noise": 1.0, "person": 0.5, "case": 0.3}),
    "sites": ({"people": 18, "cases": 7, "between": True}, {"person": 0.5, "case": 0.4, "effect": 0.3}),
}
# fmt: on


def tables() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(20240611)
    found = {}
    for name, (shape, parts) in SHAPES.items():
        found[name] = add(crossed(rng, **({"conditions": "ab"} | shape)), rng, **parts)
    sites = found["sites"]
    number = sites["person"].str[1:].astype(int) % 6
    sites["site"] = "s" + number.astype(str)
    sites["y"] = (sites["y"] + rng.normal(0, 0.8, 6)[number]).round(4)
    found["unbalanced"] = found["within"].sample(frac=0.55, random_state=5).sort_index()
    return found


if __name__ == "__main__":
    for name, table in tables().items():
        table.to_csv(HERE / f"{name}.csv", index=False)
