"""A crossed logistic fit at the size of a large study, beside glmmTMB where R is present.

``python -m tests.bench.mixed_models``. Both read the same trials and are timed after their libraries are loaded;
seconds are wall clock and of processor (on a busy machine only the second means something).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special

from analysis import fit_glmm

PEOPLE, CASES, TRIALS_EACH = 560, 300, 30
LIMIT_S = 3.0
R_SCRIPT = """
suppressMessages({library(glmmTMB); library(jsonlite)})
path <- commandArgs(TRUE)[1]; d <- read.csv(path)
times <- replicate(as.integer(commandArgs(TRUE)[3]), {t <- proc.time()
  fit <<- glmmTMB(as.formula(commandArgs(TRUE)[2]), data = d, family = binomial)
  t <- proc.time() - t; c(t[["elapsed"]], t[["user.self"]] + t[["sys.self"]])})
found <- coef(summary(fit))$cond
cat(toJSON(list(wall = min(times[1, ]), cpu = min(times[2, ]), log_likelihood = -fit$fit$objective,
                coef = unname(found[, 1]), se = unname(found[, 2])), auto_unbox = TRUE, digits = 10))
"""
MODELS = {
    "intercepts": ({"participant_id": "1", "case_id": "1"}, "(1|participant_id) + (1|case_id)", 3),
    "slope of condition by case": (
        {"participant_id": "1", "case_id": "1 + condition"},
        "(1|participant_id) + (1 + condition|case_id)",
        1,
    ),
}


def trials() -> pd.DataFrame:
    """16,800 trials of 560 participants on 300 cases, four conditions within participants."""
    rng = np.random.default_rng(17)
    chosen = [(p, k) for p in range(PEOPLE) for k in rng.choice(CASES, TRIALS_EACH, replace=False).tolist()]
    rows = pd.DataFrame(chosen, columns=["participant_id", "case_id"])
    condition = rng.integers(0, 4, len(rows))
    by_case = 0.3 * rng.normal(size=(CASES, 4))
    eta = 0.8 + np.array([0.0, 0.3, -0.4, 0.1])[condition] + by_case[rows["case_id"], condition]
    eta += (
        0.8 * rng.normal(size=PEOPLE)[rows["participant_id"]] + 1.1 * rng.normal(size=CASES)[rows["case_id"]]
    )
    return rows.assign(
        participant_id="p" + rows["participant_id"].astype(str),
        case_id="k" + rows["case_id"].astype(str),
        condition=np.array(["ai", "ig", "none", "placebo"])[condition],
        correct=(rng.random(len(rows)) < special.expit(eta)).astype(int),
    )


def ours(table: pd.DataFrame, random: dict[str, str], repeats: int) -> dict[str, object]:
    """Fit several times; the best times and the numbers found."""
    wall, cpu = [], []
    for _ in range(repeats):
        began, used = time.perf_counter(), time.process_time()
        fit = fit_glmm("correct ~ condition", table, random=random)
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
    return {
        "wall": min(wall),
        "cpu": min(cpu),
        "log_likelihood": fit.log_likelihood,
        "coef": fit.coefficients["estimate"].tolist(),
        "se": fit.coefficients["std_error"].tolist(),
    }


def theirs(table: pd.DataFrame, terms: str, repeats: int) -> dict[str, object] | None:
    """The same in glmmTMB; None where there is no R with it."""
    program = shutil.which("Rscript")
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path, script = Path(folder) / "trials.csv", Path(folder) / "fit.R"
        table.to_csv(path, index=False)
        script.write_text(R_SCRIPT, encoding="utf-8")
        done = subprocess.run(
            [program, str(script), str(path), f"correct ~ condition + {terms}", str(repeats)],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        print(f"  R could not fit it: {done.stderr.strip().splitlines()[-1:]}")
        return None
    return dict(json.loads(done.stdout))


def report(name: str, table: pd.DataFrame, random: dict[str, str], terms: str, repeats: int) -> None:
    """Print one comparison."""
    one, other = ours(table, random, repeats), theirs(table, terms, repeats)
    limit = f", limit {LIMIT_S:g} s" if name == "intercepts" else ""
    print(f"{name}: {len(table)} trials, {PEOPLE} participants, {CASES} cases, errors included")
    print(f"  fit_glmm {one['wall']:.2f} s ({one['cpu']:.2f} s of processor)" + limit)
    if other is None:
        print("  glmmTMB: no Rscript here, no ratio")
        return
    print(f"  glmmTMB  {other['wall']:.2f} s ({other['cpu']:.2f} s of processor)")
    ratios = [float(one[key]) / float(other[key]) for key in ("wall", "cpu")]  # type: ignore[arg-type]
    print(f"  ratio    {ratios[0]:.2f} ({ratios[1]:.2f})")
    apart = float(one["log_likelihood"]) - float(other["log_likelihood"])  # type: ignore[arg-type]
    beta = np.abs(np.subtract(one["coef"], other["coef"])).max()  # type: ignore[arg-type]
    error = np.abs(np.divide(one["se"], other["se"]) - 1).max()  # type: ignore[arg-type]
    print(
        f"  apart: log likelihood {apart:+.1e}, coefficients {beta:.1e}, standard errors {error:.1e} of themselves"
    )


def main() -> None:
    """Print every comparison."""
    table = trials()
    for name, (random, terms, repeats) in MODELS.items():
        report(name, table, random, terms, repeats)


if __name__ == "__main__":
    main()
