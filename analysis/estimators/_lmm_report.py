"""Tables and sentences about a fitted linear mixed model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from analysis.core.estimate import NAN

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from analysis.estimators._lmm_fit import Optimum
    from analysis.estimators._lmm_result import Spread
    from analysis.estimators._mixed_design import MixedDesign, RandomTerm

    Floats = npt.NDArray[np.float64]


def coefficient_frame(names: Sequence[str], beta: Floats, spread: Spread, *, level: float) -> pd.DataFrame:
    """Return estimates with t tests on Satterthwaite's degrees of freedom, by term."""
    import numpy as np
    import pandas as pd
    from scipy import stats

    errors = np.sqrt(np.diag(spread.vcov))
    df = np.array([spread.df(row) for row in np.eye(len(beta))])
    t = beta / errors
    reach = stats.t.ppf((1 + level) / 2, df) * errors
    columns = {
        "estimate": beta,
        "std_error": errors,
        "statistic": t,
        "df": df,
        "p_value": 2 * stats.t.sf(np.abs(t), df),
        "ci_low": beta - reach,
        "ci_high": beta + reach,
    }
    return pd.DataFrame(columns, index=pd.Index(list(names), name="term"))


def random_covariances(design: MixedDesign, theta: Floats, sigma: float) -> tuple[pd.DataFrame, ...]:
    """Return the covariance of the random effects of each term, in their order."""
    import pandas as pd

    return tuple(
        pd.DataFrame(sigma**2 * block @ block.T, index=list(term.names), columns=list(term.names))
        for term, block in zip(design.random, design.blocks(theta), strict=True)
    )


def random_frame(design: MixedDesign, covariances: Sequence[pd.DataFrame], sigma: float) -> pd.DataFrame:
    """Return standard deviations and correlations with the first effect of the same term; last the residual."""
    import pandas as pd

    rows = []
    for term, covariance in zip(design.random, covariances, strict=True):
        values = covariance.to_numpy(float)
        for at, name in enumerate(term.names):
            sd, both = math.sqrt(values[at, at]), math.sqrt(values[at, at] * values[0, 0])
            corr = min(1.0, max(-1.0, float(values[at, 0]) / both)) if at and both > 0 else NAN
            rows.append({"group": term.group, "term": name, "sd": sd, "corr": corr})
    rows.append({"group": "residual", "term": "", "sd": sigma, "corr": NAN})
    return pd.DataFrame(rows)


def mode_frames(design: MixedDesign, modes: Sequence[Floats]) -> dict[str, pd.DataFrame]:
    """Return the conditional modes by level, the terms of a grouping side by side."""
    import pandas as pd

    found: dict[str, pd.DataFrame] = {}
    for term, values in zip(design.random, modes, strict=True):
        frame = pd.DataFrame(values, index=pd.Index(term.levels, name=term.group), columns=list(term.names))
        found[term.group] = found[term.group].join(frame) if term.group in found else frame
    return found


def notes(design: MixedDesign, optimum: Optimum) -> tuple[str, ...]:
    """Return the sentences that a reader must see: missing rows, no convergence, the edge, slopes left out."""
    found = []
    if design.n_missing:
        found.append(f"{design.n_missing} row(s) with missing values were left out.")
    if not optimum.is_converged:
        found.append(
            f"The fit did not converge (largest gradient {optimum.gradient:.2g}): do not rest a claim on it. Leave "
            "out a random effect."
        )
    if optimum.is_singular:
        found.append(
            "The fit is singular: a variance of the random effects is estimated as 0, or a correlation as 1 or -1. "
            "Compare with a model that lacks the effect."
        )
    few = [f"{term.group} ({term.n_levels})" for term in design.random if term.n_levels < 5]
    if few:
        found.append(f"Few levels, so that their variance is hardly known: {', '.join(dict.fromkeys(few))}.")
    return (*found, *_slopes_left_out(design))


def _slopes_left_out(design: MixedDesign) -> list[str]:
    """Say which fixed effects vary within the people and have no random slope there."""
    import numpy as np

    group = design.random[0].group
    own = [term for term in design.random if term.group == group]
    values = np.hstack([term.values for term in own])
    lost = [
        name
        for name, column in zip(design.names, design.fixed.T, strict=True)
        if _varies_within(column, own[0]) and not _spanned(column, values)
    ]
    if not lost:
        return []
    sentence = (
        f"{', '.join(lost)}: varies within {group} and has no random slope there, so that its standard error takes "
        f"the effect to be the same for every {group}."
    )
    return [sentence]


def _varies_within(column: Floats, term: RandomTerm) -> bool:
    import numpy as np

    count = np.bincount(term.codes)
    mean = np.bincount(term.codes, weights=column) / count
    return bool(np.abs(column - mean[term.codes]).max() > 1e-9 * max(1.0, float(np.abs(column).max())))


def _spanned(column: Floats, values: Floats) -> bool:
    import numpy as np

    weights, *_ = np.linalg.lstsq(values, column, rcond=None)
    return math.sqrt(float(((column - values @ weights) ** 2).mean())) < 1e-8 * max(
        1.0, float(np.abs(column).max())
    )
