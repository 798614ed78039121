"""Make the simulated tables beside this file: ``python simulate.py``; they are kept, like the output of ``fit.R``."""

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent


def answers(
    seed: int, *, people: int, each: int, cuts: tuple[float, ...], sd: float, effect: float = 0.7
) -> pd.DataFrame:
    """Latent logistic answers with a condition between people and a number within them."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), each)
    treated, load = person % 2, np.round(rng.uniform(0, 300, len(person)))
    latent = (
        effect * treated + 0.004 * load + rng.normal(0, sd, people)[person] + rng.logistic(size=len(person))
    )
    table = pd.DataFrame(
        {"person": person, "condition": np.where(treated, "b", "a"), "load": load.astype(int)}
    )
    return table.assign(answer=np.searchsorted(cuts, latent) + 1)


TABLES = {
    "single": answers(1, people=120, each=1, cuts=(-1.0, 0.0, 1.0, 2.0), sd=0.0),
    "repeated": answers(2, people=40, each=6, cuts=(-1.0, 0.5, 1.5, 3.0), sd=1.2),
    "uneven": answers(3, people=30, each=9, cuts=(-2.0, 2.5), sd=0.8)
    .sample(frac=0.6, random_state=1)
    .sort_index(),
    "alike": answers(4, people=25, each=5, cuts=(0.0, 1.0, 2.0), sd=0.0),
}

if __name__ == "__main__":
    for name, table in TABLES.items():
        table.to_csv(HERE / f"{name}.csv", index=False)
