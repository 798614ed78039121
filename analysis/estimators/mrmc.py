"""Multi-reader multi-case analysis: readers judge cases in each condition, truth known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.estimate import CannotEstimateError, Estimate, Estimator
from analysis.estimators import _mrmc_anova, _mrmc_cells, _mrmc_covariance, _mrmc_result, registry
from analysis.estimators._mrmc_result import MrmcResult

if TYPE_CHECKING:
    import pandas as pd

    from analysis.estimators._mrmc_anova import Fixed
    from analysis.estimators._mrmc_cells import Metric
    from analysis.estimators._mrmc_covariance import Covariance


def mrmc(  # noqa: PLR0913 - the call form is public
    table: pd.DataFrame,
    *,
    reader: str = "participant_id",
    case: str = "case_id",
    condition: str = "condition",
    truth: str = "ground_truth",
    rating: str = "confidence",
    metric: Metric = "auc",
    covariance: Covariance = "delong",
    fixed: Fixed = None,
    positive: object = None,
    decision: str | None = None,
    level: float = 0.95,
) -> MrmcResult:
    """Compare conditions in a reader study after Obuchowski and Rockette, with Hillis' degrees of freedom.

    The figure of merit of reader j in condition i is ``theta_ij = mu + tau_i + R_j + (tau R)_ij + e_ij``; the errors
    share the cases. Global test ``F = MS(T) / Den``, differences ``SE(D) = sqrt(2/r Den)``; Den and its degrees of
    freedom stand at `analysis.estimators._mrmc_anova.analyse`, figures of merit and covariances at
    `analysis.estimators._mrmc_covariance.merit`.

    Parameters
    ----------
    table : pandas.DataFrame
        One row for each reading; rows without a rating are left out and counted. Readers may be crossed with the
        conditions or belong to one each; cases may be crossed, nested or partially paired: the design is read off.
    reader, case, condition, truth : str
        Columns. The truth is 0 or 1, or two labels with ``positive``.
    rating : str
        Column of the score, any unit: larger means more evidence for the positive class. For the other metrics
        the decision (0 or 1, or a label).
    metric : {"auc", "sensitivity", "specificity", "balanced_accuracy"}
        Figure of merit.
    covariance : {"delong", "jackknife", "unbiased"}
        Estimator of the covariance over cases; DeLong needs every case to be read in every cell.
    fixed : {"reader", "case"} or None
        Factor to which the claim is confined.
    positive : object, optional
        Label of the positive class.
    decision : str, optional
        Column of the decision. For the AUC, ``rating`` is then the confidence in it, and the score is +rating for
        a positive decision and -rating for another. Where ``rating`` is "confidence" and the table has a column
        "response", that is taken: stated confidence is confidence in the response.
    level : float
        Coverage of the intervals.

    Returns
    -------
    MrmcResult
        Estimates on the scale of the metric, 0 to 1.

    Raises
    ------
    CannotEstimateError
        One sentence for each fault: columns missing, repeated readings, truth that varies within a case, readers
        in some conditions only, a cell with fewer than 2 cases of a class, one condition, one reader, no variance.
    ValueError
        When an argument is not one of those named.

    Notes
    -----
    With two conditions and fixed cases this is the paired t test over readers. Pooling all readings would count
    each reader and each case many times. A cell with an AUC of 1 has hardly any variance of its own: fixed-reader
    results that rest on it are noted.

    References
    ----------
    .. [1] Obuchowski & Rockette (1995). Commun. Stat. Simul. Comput. 24, 285-308.
       https://doi.org/10.1080/03610919508813243
    .. [2] Hillis (2007). Stat. Med. 26, 596-619. https://doi.org/10.1002/sim.2532
    .. [3] Hillis (2014). Stat. Med. 33, 330-360. https://doi.org/10.1002/sim.5926

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> rows = [(f"r{j}", k, c, int(k < 20), (k < 20) * s + rng.normal())
    ...         for j in range(5) for c, s in (("ai", 1.0), ("ig", 1.5)) for k in range(50)]
    >>> table = pd.DataFrame(rows, columns=["participant_id", "case_id", "condition", "ground_truth", "score"])
    >>> found = mrmc(table, rating="score")
    >>> found.contrasts.index.tolist(), found.design
    (['ai - ig'], 'readers crossed with conditions, cases crossed')
    """
    _check_arguments(metric, covariance, fixed, level)
    if decision is None and rating == "confidence" and "response" in table.columns:
        decision = "response"
    names = {"reader": reader, "case": case, "condition": condition, "truth": truth, "rating": rating}
    if metric != "auc" and decision is not None:
        names["rating"] = decision
    readings = _mrmc_cells.read_cells(table, names=names, metric=metric, positive=positive, decision=decision)
    theta, s = _mrmc_covariance.merit(readings, metric=metric, covariance=covariance)
    anova = _mrmc_anova.analyse(readings, theta, s, fixed=fixed)
    return _mrmc_result.assemble(readings, theta, s, anova, asked=(metric, covariance, fixed), level=level)


@registry.register
class Mrmc(Estimator):
    """One contrast of a reader study, readers and cases random unless said otherwise."""

    name = "mrmc"
    version = "1"
    label = "Multi-reader multi-case analysis (Obuchowski-Rockette-Hillis)"
    assumptions = (
        "Readers and cases are random samples of those that the claim is about.",
        "Figures of merit of readers are about normal around the mean of their condition.",
    )
    returns = ("value", "std_error", "df", "statistic", "low", "high", "p", "n", "details")
    referee = "MRMCaov 0.3.0 (R), published output"
    reference = "Hillis 2007, https://doi.org/10.1002/sim.2532"

    @staticmethod
    def estimate(result: MrmcResult, contrast: tuple[str, str]) -> Estimate:
        """Return one difference of conditions from a result of `mrmc`.

        Parameters
        ----------
        result : MrmcResult
            Of `mrmc`.
        contrast : tuple of str
            Two conditions; the value is the first less the second.

        Returns
        -------
        Estimate
            On the scale of the metric.

        Raises
        ------
        CannotEstimateError
            When a condition is not there.
        """
        one, other = contrast
        sign = 1.0 if f"{one} - {other}" in result.contrasts.index else -1.0
        name = f"{one} - {other}" if sign > 0 else f"{other} - {one}"
        if name not in result.contrasts.index:
            there = ", ".join(map(str, result.estimates.index))
            raise CannotEstimateError(f"The readings do not compare {one} with {other}. There are: {there}.")
        row = result.contrasts.to_dict("index")[name]
        limits = sorted((sign * row["ci_low"], sign * row["ci_high"]))
        return Estimate(
            estimator=Mrmc.name,
            version=Mrmc.version,
            value=sign * row["estimate"],
            std_error=row["std_error"],
            df=row["df"],
            statistic=sign * row["statistic"],
            low=limits[0],
            high=limits[1],
            level=result.level,
            p=row["p_value"],
            n={name: int(result.estimates["n_readers"][name]) for name in contrast},
            details={"metric": result.metric, "covariance": result.covariance, "fixed": result.fixed},
            notes=(f"The claim reaches {result.population}.", *result.notes),
        )


def _check_arguments(metric: str, covariance: str, fixed: str | None, level: float) -> None:
    faults = []
    for name, value, known in (
        ("metric", metric, _mrmc_cells.METRICS),
        ("covariance", covariance, _mrmc_covariance.COVARIANCES),
        ("fixed", fixed, (None, "reader", "case")),
    ):
        if value not in known:
            faults.append(f"{name} must be one of {', '.join(map(str, known))}, got {value!r}.")
    if not 0 < level < 1:
        faults.append(f"level must be between 0 and 1, got {level}.")
    if faults:
        raise ValueError(" ".join(faults))
