"""From a formula to draws by bambi, and from draws to rows of numbers; `analysis.estimators.bayes` is the door."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.core.estimate import CannotEstimateError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

FAMILIES = {"binomial": "bernoulli", "gaussian": "gaussian", "poisson": "poisson"}
MISSING = "The Bayesian model needs bambi, which is not installed here: pip install 'assay[bayes]'."


def split_rhat(chains: npt.NDArray[np.float64]) -> float:
    """Return the split R-hat: how far halves of chains lie apart, 1 when they are alike.

    ``sqrt(((n - 1) / n W + B / n) / W)`` over the halves, W the mean variance within and B / n the variance of means.

    Parameters
    ----------
    chains : numpy.ndarray, shape (chains, draws)
        Draws of one coefficient.

    Returns
    -------
    float
        NaN when nothing varies.

    References
    ----------
    .. [1] Gelman et al. (2013). Bayesian Data Analysis, 3rd ed., section 11.4.

    Examples
    --------
    >>> import numpy as np
    >>> bool(abs(split_rhat(np.random.default_rng(1).normal(size=(4, 1000))) - 1) < 0.01)
    True
    """
    import numpy as np

    half = chains.shape[1] // 2
    parts = np.concatenate([chains[:, :half], chains[:, half : 2 * half]])
    within = float(parts.var(axis=1, ddof=1).mean())
    between = float(parts.mean(axis=1).var(ddof=1))
    return math.sqrt(((half - 1) / half * within + between) / within) if within > 0 else math.nan


@dataclass(frozen=True)
class Sampled:
    draws: dict[str, Any]  # term to an array of (chains, draws)
    divergences: int


def complete(table: pd.DataFrame, whole: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    import re

    names = [
        name for name in dict.fromkeys(re.findall(r"[A-Za-z_]\w*", whole)) if name not in ("C", "np", "log")
    ]
    absent = [name for name in names if name not in table.columns]
    if absent:
        raise CannotEstimateError(f"The model needs the column(s) {', '.join(absent)}, which are not there.")
    rows = table[names].dropna().reset_index(drop=True)
    outcome = whole.split("~", maxsplit=1)[0].strip()
    if rows.empty or rows[outcome].nunique() < 2:
        raise CannotEstimateError(f"The outcome {outcome} does not vary over {len(rows)} complete row(s).")
    gone = len(table) - len(rows)
    return rows, (f"{gone} row(s) with a missing value were left out.",) if gone else ()


def sampled(
    whole: str, rows: pd.DataFrame, *, family: str, link: str, prior_sd: float, sampler: Mapping[str, int]
) -> Sampled:
    try:
        import bambi
    except ImportError as error:
        raise CannotEstimateError(MISSING) from error
    spread = bambi.Prior("HalfNormal", sigma=1.0)
    model = bambi.Model(whole, rows, family=FAMILIES[family], link=link)
    model.set_priors(
        priors={"Intercept": bambi.Prior("Normal", mu=0, sigma=2.5)},
        common=bambi.Prior("Normal", mu=0, sigma=prior_sd),
        group_specific=bambi.Prior("Normal", mu=0, sigma=spread),
    )
    found = model.fit(**sampler, cores=1, progressbar=False)
    posterior, draws = found.posterior, {}
    fixed = [
        name
        for name in posterior.data_vars
        if "|" not in name and not name.endswith("_sigma") and name != "sigma"
    ]
    for name in fixed:
        values = posterior[name].to_numpy()
        if values.ndim == 2:
            draws[str(name)] = values
            continue
        levels = [str(one) for one in posterior[posterior[name].dims[2]].to_numpy()]
        draws |= {f"{name}[{level}]": values[:, :, at] for at, level in enumerate(levels)}
    return Sampled(draws, int(found.sample_stats["diverging"].sum()))


def summary(draws: Mapping[str, Any], *, level: float, rope: tuple[float, float] | None) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    tail = (1 - level) / 2
    rows = {}
    for name, chains in draws.items():
        values = chains.ravel()
        low, high = np.quantile(values, [tail, 1 - tail])
        rows[name] = {
            "mean": float(values.mean()),
            "sd": float(values.std(ddof=1)),
            "ci_low": float(low),
            "ci_high": float(high),
            "p_positive": float((values > 0).mean()),
            "in_rope": math.nan if rope is None else float(((values > rope[0]) & (values < rope[1])).mean()),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("term")


def by_prior(frames: Mapping[float, pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    kept = ["mean", "ci_low", "ci_high", "p_positive"]
    return (
        pd.concat({scale: frame[kept] for scale, frame in frames.items()}, names=["prior", "term"])
        .swaplevel()
        .sort_index()
    )


def moved(told: pd.DataFrame) -> tuple[str, ...]:
    """Name the effects whose probability of being positive moves by 0.05 or more with the prior."""
    spread = told["p_positive"].groupby(level="term").agg(lambda values: values.max() - values.min())
    moved = [str(term) for term, width in spread.items() if width >= 0.05 and term != "Intercept"]
    return (f"The prior decides much of {', '.join(moved)}: see the sensitivity.",) if moved else ()
