"""Mean squares, variance components and error terms of a reader study, after Obuchowski, Rockette and Hillis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from analysis.core.estimate import NAN, CannotEstimateError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from analysis.estimators._mrmc_cells import Readings

Fixed = Literal["reader", "case"] | None


@dataclass(frozen=True)
class Anova:
    """What the tests are made of.

    Attributes
    ----------
    means, counts : ndarray, shape (t,)
        Mean figure of merit over readers and number of readers, by condition.
    mean_squares : dict of str to float
        ``condition``, ``reader``, ``condition:reader``; or ``condition``, ``reader(condition)``.
    components : dict of str to float
        Variances of readers, and Error, Cov1, Cov2, Cov3; as estimated, so possibly negative.
    denominator, df : float
        Of F; df is infinite for fixed readers.
    """

    means: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]
    mean_squares: dict[str, float]
    components: dict[str, float]
    denominator: float
    df: float


def analyse(
    readings: Readings, theta: npt.NDArray[np.float64], s: npt.NDArray[np.float64], *, fixed: Fixed
) -> Anova:
    """Return mean squares, components and the denominator of F.

    Readers crossed with t conditions, r readers: ``Den = MS(TR) + r [Cov2 - Cov3]+`` on
    ``Den^2 / (MS(TR)^2 / ((t - 1)(r - 1)))`` degrees of freedom; fixed cases: ``Den = MS(TR)``; fixed readers:
    ``Den = Error - Cov1 + (r - 1) [Cov2 - Cov3]+``, large-sample. Readers nested in conditions, R in all:
    ``Den = MS(R(T)) + r0 [Cov2 - Cov3]+`` on ``Den^2 / (MS(R(T))^2 / (R - t))``.

    Parameters
    ----------
    readings : Readings
        Of the study.
    theta : ndarray, shape (C,)
        Figure of merit of each cell.
    s : ndarray, shape (C, C)
        Its covariance over cases.
    fixed : {"reader", "case"} or None
        Factor that the claim does not reach beyond.

    Returns
    -------
    Anova
        With everything that tests and intervals need.

    Raises
    ------
    CannotEstimateError
        When there are too few readers, or nothing varies.

    References
    ----------
    .. [1] Hillis (2007). Stat. Med. 26, 596-619. https://doi.org/10.1002/sim.2532
    .. [2] Hillis (2014). Stat. Med. 33, 330-360. https://doi.org/10.1002/sim.5926
    """
    covariances = _covariances(readings, s)
    found = _nested if readings.readers_nested else _crossed
    anova = found(readings, theta, covariances, fixed=fixed)
    if not anova.denominator > 1e-14:
        within = "cases" if fixed == "reader" else "readers"
        raise CannotEstimateError(
            f"Differences between conditions do not vary between {within}: there is nothing to test them against."
            + ("" if fixed == "reader" else " Analyse the readers as fixed (fixed='reader').")
        )
    return anova


def condition_error(
    readings: Readings, theta: npt.NDArray[np.float64], s: npt.NDArray[np.float64], *, at: int, fixed: Fixed
) -> tuple[float, float]:
    """Return standard error and degrees of freedom of one condition's mean, from its own readings only.

    Parameters
    ----------
    readings, theta, s, fixed
        As for `analyse`.
    at : int
        Place of the condition.

    Returns
    -------
    tuple of float
        Standard error; degrees of freedom (infinite for fixed readers, NaN when nothing varies).
    """
    import numpy as np

    inside = np.flatnonzero(readings.cell_condition == at)
    r = len(inside)
    block = s[np.ix_(inside, inside)]
    alike = readings.cases in ("nested in reader", "nested in both")
    cov2 = 0.0 if r < 2 or alike else float((block.sum() - np.trace(block)) / (r * (r - 1)))
    if fixed == "reader":
        return math.sqrt((float(np.trace(block)) / r + (r - 1) * max(cov2, 0.0)) / r), math.inf
    ms = float(theta[inside].var(ddof=1))
    shared = 0.0 if fixed == "case" else r * max(cov2, 0.0)
    df = (ms + shared) ** 2 / (ms**2 / (r - 1)) if ms > 0 else NAN
    return math.sqrt((ms + shared) / r), df


def _covariances(readings: Readings, s: npt.NDArray[np.float64]) -> dict[str, float]:
    """Return the means of the four kinds of elements of the covariance matrix."""
    import numpy as np

    same_condition = readings.cell_condition[:, None] == readings.cell_condition[None, :]
    same_reader = readings.cell_reader[:, None] == readings.cell_reader[None, :]
    kinds = {
        "error": same_condition & same_reader,
        "cov1": ~same_condition & same_reader,
        "cov2": same_condition & ~same_reader,
        "cov3": ~same_condition & ~same_reader,
    }
    zero = {
        "nested in reader": ("cov2", "cov3"),
        "nested in condition": ("cov1", "cov3"),
        "nested in both": ("cov1", "cov2", "cov3"),
    }.get(readings.cases, ())
    return {
        kind: 0.0 if kind in zero or not mask.any() else float(np.mean(s[mask]))
        for kind, mask in kinds.items()
        if not (kind == "cov1" and readings.readers_nested)
    }


def _crossed(
    readings: Readings, theta: npt.NDArray[np.float64], cov: dict[str, float], *, fixed: Fixed
) -> Anova:
    t, r = len(readings.conditions), len(readings.readers)
    grid = theta.reshape(t, r)  # cells are in order of condition, then reader
    means, overall = grid.mean(axis=1), grid.mean()
    squares = {"condition": float(r * ((means - overall) ** 2).sum() / (t - 1))}
    apart = max(cov["cov2"] - cov["cov3"], 0.0)
    components: dict[str, float] = {"reader": NAN, "condition:reader": NAN}
    if r > 1:
        of_reader = grid.mean(axis=0)
        rest = grid - means[:, None] - of_reader[None, :] + overall
        squares["reader"] = float(t * ((of_reader - overall) ** 2).sum() / (r - 1))
        squares["condition:reader"] = float((rest**2).sum() / ((t - 1) * (r - 1)))
        components["reader"] = (
            (squares["reader"] - squares["condition:reader"]) / t - cov["cov1"] + cov["cov3"]
        )
        components["condition:reader"] = (
            squares["condition:reader"] - cov["error"] + cov["cov1"] + cov["cov2"] - cov["cov3"]
        )
    if fixed == "reader":
        denominator, df = cov["error"] - cov["cov1"] + (r - 1) * apart, math.inf
    else:
        if r < 2:
            raise CannotEstimateError(
                "One reader tells nothing about readers; at least 2 are needed. Analyse the reader as fixed "
                "(fixed='reader')."
            )
        ms = _vary(squares["condition:reader"])
        denominator = ms + (0.0 if fixed == "case" else r * apart)
        df = denominator**2 / (ms**2 / ((t - 1) * (r - 1)))
    counts = _counts(readings)
    return Anova(means, counts, squares, components | cov, denominator, df)


def _nested(
    readings: Readings, theta: npt.NDArray[np.float64], cov: dict[str, float], *, fixed: Fixed
) -> Anova:
    import numpy as np

    if fixed == "reader":
        raise CannotEstimateError(
            "Each reader read in one condition only: with fixed readers a difference between conditions cannot be "
            "told from one between readers. Analyse readers as random (fixed=None)."
        )
    counts = _counts(readings)
    if (counts < 2).any():
        few = ", ".join(readings.conditions[at] for at in np.flatnonzero(counts < 2))
        raise CannotEstimateError(
            f"Each condition needs at least 2 readers when readers belong to one; too few in {few}."
        )
    t, total = len(counts), int(counts.sum())
    sums = np.bincount(readings.cell_condition, weights=theta)
    means = sums / counts
    between = float((counts * (means - theta.mean()) ** 2).sum() / (t - 1))
    within = _vary(float(((theta - means[readings.cell_condition]) ** 2).sum() / (total - t)))
    shared = (total - float((counts**2).sum()) / total) / (t - 1)
    apart = 0.0 if fixed == "case" else shared * max(cov["cov2"] - cov["cov3"], 0.0)
    denominator = within + apart
    return Anova(
        means=means,
        counts=counts,
        mean_squares={"condition": between, "reader(condition)": within},
        components={"reader(condition)": within - cov["error"] + cov["cov2"]} | cov,
        denominator=denominator,
        df=denominator**2 / (within**2 / (total - t)),
    )


def _counts(readings: Readings) -> npt.NDArray[np.int64]:
    import numpy as np

    return np.bincount(readings.cell_condition)


def _vary(mean_square: float) -> float:
    if mean_square > 1e-14:
        return mean_square
    raise CannotEstimateError(
        "Readers do not differ in what the conditions do to them: degrees of freedom for random readers are not "
        "defined. Analyse the readers as fixed (fixed='reader')."
    )
