"""Simulated trials for the generalised mixed models: eighteen shapes, made again from their seeds.

Every number comes from ``numpy.random.default_rng(seed).random`` through inverse distribution functions of scipy, so
that it does not depend on how numpy draws other distributions. ``python -m tests.reference.glmm_data FOLDER`` writes
the tables as CSV for ``glmm.R``; the formulas stand in `MODELS`, once for both programs.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import special, stats


@dataclass(frozen=True)
class Model:
    """One data set and the model fitted to it, as `fit_glmm` and as glmmTMB write it."""

    name: str
    formula: str
    random: dict[str, Any]
    r_formula: str
    family: str = "binomial"
    link: str = "logit"
    more: dict[str, str] = field(default_factory=dict)


MODELS = [
    Model("crossed", "y ~ c", {"p": "1", "k": "1"}, "y ~ c + (1|p) + (1|k)"),
    Model("few_readers", "y ~ aided", {"p": "1 + aided", "k": "1"}, "y ~ aided + (1 + aided|p) + (1|k)"),
    Model("many_people", "y ~ c + x", {"p": "1"}, "y ~ c + x + (1|p)"),
    Model("case_slopes", "y ~ c", {"p": "1", "k": "1 + c"}, "y ~ c + (1|p) + (1 + c|k)"),
    Model("both_slopes", "y ~ x", {"p": "1 + x", "k": "1 + x"}, "y ~ x + (1 + x|p) + (1 + x|k)"),
    Model("unbalanced", "y ~ c * x", {"p": "1", "k": "1"}, "y ~ c * x + (1|p) + (1|k)"),
    Model("small_variance", "y ~ c", {"p": "1", "k": "1"}, "y ~ c + (1|p) + (1|k)"),
    Model("singular", "y ~ c", {"p": "1 + c", "k": "1"}, "y ~ c + (1 + c|p) + (1|k)"),
    Model("rare", "y ~ x", {"p": "1", "k": "1"}, "y ~ x + (1|p) + (1|k)"),
    Model("uncorrelated", "y ~ t", {"p": ["1", "0 + t"], "k": "1"}, "y ~ t + (1|p) + (0 + t|p) + (1|k)"),
    Model("three_levels", "y ~ c", {"p": "1 + c", "k": "1"}, "y ~ c + (1 + c|p) + (1|k)"),
    Model("three_groupings", "y ~ x", {"p": "1", "k": "1", "s": "1"}, "y ~ x + (1|p) + (1|k) + (1|s)"),
    Model(
        "successes", "y ~ c", {"p": "1"}, "cbind(y, m - y) ~ c + (1|p)", more={"trials": "m"}
    ),
    Model(
        "probit", "y ~ a * c", {"p": "1 + a", "k": "1"}, "y ~ c * a + (1 + a|p) + (1|k)", link="probit"
    ),
    Model("poisson", "y ~ c", {"p": "1", "k": "1"}, "y ~ c + offset(o) + (1|p) + (1|k)", "poisson", "log",
          more={"offset": "o"}),
    Model("poisson_slopes", "y ~ x", {"p": "1 + x"}, "y ~ x + (1 + x|p)", "poisson", "log"),
    Model("negative_binomial", "y ~ c", {"p": "1", "k": "1"}, "y ~ c + (1|p) + (1|k)", "negative_binomial", "log"),
    Model("negative_binomial_slopes", "y ~ x", {"p": "1 + x"}, "y ~ x + (1 + x|p)", "negative_binomial", "log"),
]  # fmt: skip


def normal(rng: np.random.Generator, *shape: int) -> Any:
    return special.ndtri(rng.random(shape))


def grid(people: int, cases: int) -> pd.DataFrame:
    p, k = np.meshgrid(np.arange(people), np.arange(cases), indexing="ij")
    return pd.DataFrame({"p": p.ravel(), "k": k.ravel()})


def slopes(rng: np.random.Generator, n: int, sd: tuple[float, ...], corr: float) -> Any:
    matrix = np.full((len(sd), len(sd)), corr) + (1 - corr) * np.eye(len(sd))
    return normal(rng, n, len(sd)) @ np.linalg.cholesky(matrix).T * np.array(sd)


def table(name: str) -> pd.DataFrame:
    """Return the trials of one model."""
    seed = [model.name for model in MODELS].index(name) + 20_260
    made: pd.DataFrame = globals()[f"_{name}"](np.random.default_rng(seed))
    made["p"] = [f"p{v:03d}" for v in made["p"]]
    return made


def _binary(rng: np.random.Generator, t: pd.DataFrame, eta: Any, *, probit: bool = False) -> pd.DataFrame:
    chance = special.ndtr(eta) if probit else special.expit(eta)
    return t.assign(y=(rng.random(len(t)) < chance).astype(int))


def _crossed(rng: np.random.Generator) -> pd.DataFrame:
    t = grid(40, 24)
    t["c"] = np.array(["a", "b", "d"])[(t["p"] + t["k"]) % 3]
    eta = 0.4 + 0.5 * (t["c"] == "b") + 0.8 * normal(rng, 40)[t["p"]] + normal(rng, 24)[t["k"]]
    return _binary(rng, t, eta)


def _few_readers(rng: np.random.Generator) -> pd.DataFrame:
    t = pd.concat([grid(6, 60).assign(aided=a) for a in (0, 1)], ignore_index=True)
    b = slopes(rng, 6, (0.6, 0.5), -0.3)[t["p"]]
    return _binary(rng, t, 0.8 + b[:, 0] + (0.4 + b[:, 1]) * t["aided"] + 1.5 * normal(rng, 60)[t["k"]])


def _many_people(rng: np.random.Generator) -> pd.DataFrame:
    t = grid(300, 4)
    t["c"] = np.where(t["p"] % 2, "b", "a")
    t["x"] = normal(rng, len(t)).round(4)
    return _binary(rng, t, -0.3 + 0.5 * (t["c"] == "b") + 0.3 * t["x"] + 1.4 * normal(rng, 300)[t["p"]])


def _case_slopes(rng: np.random.Generator) -> pd.DataFrame:
    t = grid(60, 30)
    t["c"] = np.where(t["p"] % 2, "b", "a")
    b = slopes(rng, 30, (0.9, 0.7), 0.2)[t["k"]]
    is_b = (t["c"] == "b").to_numpy()
    return _binary(rng, t, 0.3 + b[:, 0] + (0.2 + b[:, 1]) * is_b + 0.6 * normal(rng, 60)[t["p"]])


def _both_slopes(rng: np.random.Generator) -> pd.DataFrame:
    t = grid(50, 40)
    t["x"] = normal(rng, len(t)).round(4)
    b, d = slopes(rng, 50, (0.8, 0.5), 0.4)[t["p"]], slopes(rng, 40, (1.0, 0.4), -0.4)[t["k"]]
    return _binary(rng, t, 0.5 + b[:, 0] + d[:, 0] + (0.3 + b[:, 1] + d[:, 1]) * t["x"])


def _unbalanced(rng: np.random.Generator) -> pd.DataFrame:
    t = grid(80, 50)
    t = t[rng.random(len(t)) < np.geomspace(0.02, 0.9, 80)[t["p"]]].reset_index(drop=True)
    t["c"] = np.array(["a", "b", "d", "e"])[t["p"] % 4]
    t["x"] = (5 + 2 * normal(rng, len(t))).round(4)
    eta = -1 + 0.6 * (t["c"] == "d") + 0.2 * t["x"] + normal(rng, 80)[t["p"]] + 0.7 * normal(rng, 50)[t["k"]]
    return _binary(rng, t, eta)


def _small_variance(rng: np.random.Generator) -> pd.DataFrame:
    t = grid(60, 20)
    t["c"] = np.where((t["p"] + t["k"]) % 2, "b", "a")
    return _binary(
        rng, t, 0.6 + 0.3 * (t["c"] == "b") + 0.25 * normal(rng, 60)[t["p"]] + normal(rng, 20)[t["k"]]
    )


def _singular(rng: np.random.Generator) -> pd.DataFrame:
    t = grid(12, 20)
    t["c"] = np.where((t["p"] + t["k"]) % 2, "b", "a")
    return _binary(
        rng, t, 0.6 + 0.3 * (t["c"] == "b") + 0.4 * normal(rng, 12)[t["p"]] + normal(rng, 20)[t["k"]]
    )


def _rare(rng: np.random.Generator) -> pd.DataFrame:
    t = grid(100, 30)
    t["x"] = normal(rng, len(t)).round(4)
    return _binary(rng, t, -4 + 0.5 * t["x"] + 0.8 * normal(rng, 100)[t["p"]] + 0.8 * normal(rng, 30)[t["k"]])


def _uncorrelated(rng: np.random.Generator) -> pd.DataFrame:
    t = grid(40, 40)
    t["t"] = (t["k"] * 7 % 40 + 1) / 10
    b = normal(rng, 40, 2)[t["p"]]
    return _binary(
        rng, t, -0.5 + 0.9 * b[:, 0] + (0.3 + 0.5 * b[:, 1]) * t["t"] + 0.5 * normal(rng, 40)[t["k"]]
    )


def _three_levels(rng: np.random.Generator) -> pd.DataFrame:
    t = grid(60, 45)
    t["c"] = np.array(["a", "b", "d"])[(t["p"] + t["k"]) % 3]
    b = slopes(rng, 60, (1.0, 0.8, 1.2), 0.3)[t["p"]]
    is_b, is_d = (t["c"] == "b").to_numpy(), (t["c"] == "d").to_numpy()
    eta = 0.2 + b[:, 0] + (0.4 + b[:, 1]) * is_b + (0.1 + b[:, 2]) * is_d + 0.7 * normal(rng, 45)[t["k"]]
    return _binary(rng, t, eta)


def _three_groupings(rng: np.random.Generator) -> pd.DataFrame:
    t = grid(90, 16)
    t["s"] = [f"s{v:02d}" for v in t["p"] // 9]
    t["x"] = normal(rng, len(t)).round(4)
    site = 0.6 * normal(rng, 10)[t["p"] // 9]
    return _binary(
        rng, t, 0.5 * t["x"] + site + 0.7 * normal(rng, 90)[t["p"]] + 0.9 * normal(rng, 16)[t["k"]]
    )


def _successes(rng: np.random.Generator) -> pd.DataFrame:
    t = grid(70, 2).rename(columns={"k": "c"})
    t["m"] = 3 + (18 * rng.random(len(t))).astype(int)
    chance = special.expit(-0.4 + 0.6 * t["c"] + 0.5 * normal(rng, 70)[t["p"]])
    return t.assign(y=stats.binom.ppf(rng.random(len(t)), t["m"], chance).astype(int))


def _probit(rng: np.random.Generator) -> pd.DataFrame:
    t = grid(60, 30)
    t["a"] = ((t["k"] % 10) < 7).astype(float)
    t["c"] = np.where(t["p"] % 2, "b", "a")
    b = slopes(rng, 60, (0.5, 0.4), -0.2)[t["p"]]
    eta = -0.3 + b[:, 0] + (0.9 + b[:, 1] + 0.3 * (t["c"] == "b")) * t["a"] + 0.4 * normal(rng, 30)[t["k"]]
    return _binary(rng, t, eta, probit=True)


def _poisson(rng: np.random.Generator) -> pd.DataFrame:
    t = grid(40, 15)
    t["c"] = np.where((t["p"] + t["k"]) % 2, "b", "a")
    t["o"] = np.log(0.5 + 2 * rng.random(len(t))).round(6)
    eta = 0.5 + 0.3 * (t["c"] == "b") + t["o"] + 0.6 * normal(rng, 40)[t["p"]] + 0.4 * normal(rng, 15)[t["k"]]
    return t.assign(y=stats.poisson.ppf(rng.random(len(t)), np.exp(eta)).astype(int))


def _poisson_slopes(rng: np.random.Generator) -> pd.DataFrame:
    t = grid(80, 8)
    t["x"] = normal(rng, len(t)).round(4)
    b = slopes(rng, 80, (0.7, 0.3), 0.5)[t["p"]]
    eta = 0.2 + b[:, 0] + (0.4 + b[:, 1]) * t["x"]
    return t.assign(y=stats.poisson.ppf(rng.random(len(t)), np.exp(eta)).astype(int))


def _overdispersed(rng: np.random.Generator, t: pd.DataFrame, eta: Any, *, phi: float) -> pd.DataFrame:
    mean = np.exp(eta) * stats.gamma.ppf(rng.random(len(t)), phi) / phi
    return t.assign(y=stats.poisson.ppf(rng.random(len(t)), mean).astype(int))


def _negative_binomial(rng: np.random.Generator) -> pd.DataFrame:
    t = grid(50, 20)
    t["c"] = np.array(["a", "b", "d"])[(t["p"] + t["k"]) % 3]
    eta = 1 + 0.4 * (t["c"] == "b") + 0.5 * normal(rng, 50)[t["p"]] + 0.4 * normal(rng, 20)[t["k"]]
    return _overdispersed(rng, t, eta, phi=1.5)


def _negative_binomial_slopes(rng: np.random.Generator) -> pd.DataFrame:
    t = grid(90, 10)
    t["x"] = normal(rng, len(t)).round(4)
    b = slopes(rng, 90, (0.6, 0.4), -0.3)[t["p"]]
    return _overdispersed(rng, t, 0.5 + b[:, 0] + (0.3 + b[:, 1]) * t["x"], phi=3.0)


def write(folder: Path) -> None:
    """Write every table and the list of models."""
    folder.mkdir(parents=True, exist_ok=True)
    for model in MODELS:
        table(model.name).to_csv(folder / f"{model.name}.csv", index=False)
    listed = [{"name": m.name, "formula": m.r_formula, "family": m.family, "link": m.link} for m in MODELS]
    (folder / "models.json").write_text(json.dumps(listed, indent=1))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
