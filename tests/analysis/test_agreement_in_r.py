"""Mixed models against R itself on tables nobody fitted before: slopes, imbalance, rare outcomes, near-singularity.

`test_glmm_agreement.py` and `test_lmm.py` compare with figures that are kept; here R is run.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import fit_glmm, fit_lmm

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        shutil.which("Rscript") is None,
        reason="Rscript is not installed, so that there is no R to compare with: "
        "apt-get install r-base-core r-cran-glmmtmb r-cran-lmertest r-cran-jsonlite",
    ),
]

R = r"""
suppressMessages({library(glmmTMB); library(lmerTest); library(jsonlite)})
folder <- commandArgs(TRUE)[1]
tables <- fromJSON(file.path(folder, "tables.json"))
tight <- glmmTMBControl(optCtrl = list(iter.max = 1e4, eval.max = 1e4, rel.tol = 1e-14))
found <- list()
for (at in seq_len(nrow(tables))) {
  name <- tables$name[at]
  d <- read.csv(file.path(folder, paste0(name, ".csv")), stringsAsFactors = TRUE)
  right <- tables$formula[at]
  g <- suppressWarnings(glmmTMB(as.formula(paste("y ~", right)), data = d, family = binomial(), control = tight))
  l <- suppressMessages(suppressWarnings(lmer(as.formula(paste("t ~", right)), data = d, REML = TRUE,
         control = lmerControl(optimizer = "bobyqa", optCtrl = list(maxfun = 1e6, rhoend = 1e-10, rhobeg = 1e-3)))))
  a <- coef(summary(g))$cond; b <- coef(summary(l))
  found[[name]] <- list(
    glmm = list(log_likelihood = -g$fit$objective, coef = unname(a[, 1]), se = unname(a[, 2]),
                hessian = isTRUE(g$sdr$pdHess)),
    lmm = list(log_likelihood = as.numeric(logLik(l)), coef = unname(b[, 1]), se = unname(b[, 2]),
               df = unname(b[, "df"]), singular = isSingular(l)))
}
cat(toJSON(found, auto_unbox = TRUE, digits = 12))
"""


@dataclass(frozen=True)
class Shape:
    """A table: who meets what, how much people and cases differ, what is missing."""

    name: str
    people: int = 60
    cases: int = 30
    within: bool = True
    person: tuple[float, float, float] = (0.6, 0.4, 0.2)  # sd of intercept and slope, correlation
    case: tuple[float, float, float] = (0.8, 0.0, 0.0)
    intercept: float = 0.4
    effect: float = 0.5
    missing: float = 0.0
    share: float = 0.5  # of the second arm
    covariate: bool = False
    slopes: tuple[str, ...] = ("p",)

    @property
    def fixed(self) -> str:
        return "arm + x" if self.covariate else "arm"

    @property
    def random(self) -> dict[str, str]:
        return {group: "1 + arm" if group in self.slopes else "1" for group in ("p", "c")}

    @property
    def in_r(self) -> str:
        return " + ".join([self.fixed, *(f"({terms} | {group})" for group, terms in self.random.items())])


SHAPES = [
    Shape("between", within=False, slopes=()),
    Shape("within"),
    Shape("both_slopes", case=(0.8, 0.5, -0.3), slopes=("p", "c")),
    Shape("unequal_arms", within=False, share=0.17, missing=0.3, people=90, slopes=()),
    Shape("holes", missing=0.6, case=(0.5, 0.4, 0.4), slopes=("p", "c")),
    Shape("few_readers", people=8, cases=120, person=(0.5, 0.3, -0.4)),
    Shape("cases_nearly_alike", case=(0.08, 0.0, 0.0)),
    Shape("slope_nearly_none", person=(0.7, 0.06, 0.0)),
    Shape("rare", intercept=-3.0, people=120, person=(0.8, 0.5, 0.1)),
    Shape("steep_and_tied", person=(0.5, 1.0, 0.9), covariate=True, case=(1.5, 0.0, 0.0)),
]


def draw(shape: Shape, *, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)

    def deviations(n: int, about: tuple[float, float, float]) -> np.ndarray:
        one, slope, corr = about
        covariance = [[one**2, one * slope * corr], [one * slope * corr, slope**2]]
        return rng.multivariate_normal([0, 0], covariance, n)

    people, cases = deviations(shape.people, shape.person), deviations(shape.cases, shape.case)
    arms = (0, 1) if shape.within else (None,)
    second = rng.random(shape.people) < shape.share
    rows = [
        (p, c, int(second[p]) if arm is None else arm)
        for p in range(shape.people)
        for c in range(shape.cases)
        for arm in arms
        if rng.random() >= shape.missing
    ]
    p, c, arm = (np.array(column) for column in zip(*rows, strict=True))
    x = rng.normal(size=len(p)).round(3)
    fixed = shape.intercept + shape.effect * arm + (0.3 * x if shape.covariate else 0.0)
    eta = fixed + people[p, 0] + people[p, 1] * arm + cases[c, 0] + cases[c, 1] * arm
    return pd.DataFrame(
        {
            "p": [f"p{at:03d}" for at in p],
            "c": [f"c{at:03d}" for at in c],
            "arm": np.where(arm == 1, "b", "a"),
            "x": x,
            "y": (rng.random(len(p)) < 1 / (1 + np.exp(-eta))).astype(int),
            "t": (eta + rng.normal(0, 0.8, len(p))).round(6),
        }
    )


TABLES = {shape.name: draw(shape, seed=9_100 + at) for at, shape in enumerate(SHAPES)}


@pytest.fixture(scope="module")
def referee(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("r")
    for name, table in TABLES.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    shapes = [{"name": shape.name, "formula": shape.in_r} for shape in SHAPES]
    (folder / "tables.json").write_text(json.dumps(shapes))
    (folder / "fit.R").write_text(R)
    ran = subprocess.run(
        ["Rscript", "--vanilla", Path(folder / "fit.R"), folder], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_logistic_model_is_that_of_glmmtmb(shape: Shape, referee: dict[str, Any]) -> None:
    fit, other = (
        fit_glmm(f"y ~ {shape.fixed}", TABLES[shape.name], random=shape.random),
        referee[shape.name]["glmm"],
    )
    assert fit.converged
    apart = np.abs(fit.coefficients["estimate"].to_numpy() - other["coef"]).max()
    print(
        f"{shape.name}: log-likelihood {fit.log_likelihood - other['log_likelihood']:+.1e}, coefficients {apart:.1e}"
    )
    assert fit.log_likelihood == pytest.approx(other["log_likelihood"], abs=0.01)
    assert apart < 0.002
    if other["hessian"]:  # else glmmTMB has no errors of its own to compare with
        errors = np.abs(fit.coefficients["std_error"].to_numpy() / other["se"] - 1).max()
        print(f"{shape.name}: standard errors {errors:.1e} of themselves")
        assert errors < 0.01
    else:
        assert fit.singular


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_linear_model_is_that_of_lmertest(shape: Shape, referee: dict[str, Any]) -> None:
    fit, other = (
        fit_lmm(f"t ~ {shape.fixed}", TABLES[shape.name], random=shape.random),
        referee[shape.name]["lmm"],
    )
    assert fit.converged
    assert fit.singular == other["singular"]
    assert fit.log_likelihood == pytest.approx(other["log_likelihood"], abs=1e-4)
    for column, name, tolerance in (
        ("estimate", "coef", 1e-4),
        ("std_error", "se", 1e-4),
        ("df", "df", 1e-4),
    ):
        mine, theirs = fit.coefficients[column].to_numpy(), np.array(other[name])
        print(f"{shape.name}: {column} {np.abs(mine / theirs - 1).max():.1e} of itself")
        np.testing.assert_allclose(mine, theirs, rtol=tolerance, atol=1e-6)
