"""Dunnett: several conditions, each compared with one control, any false alarm among them held to alpha."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from analysis.core.estimate import CannotEstimateError, Direction, Estimate, Estimator, check_direction
from analysis.estimators import registry

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@registry.register
class Dunnett(Estimator):
    """Many-to-one comparison of participant means with a common variance."""

    name = "dunnett"
    version = "1"
    label = "Dunnett (many to one)"
    assumptions = (
        "Participants are independent of each other; means are about normal.",
        "The variance is the same in every condition: it is pooled. Where it is not, use max_t.",
    )
    returns = ("value", "std_error", "df", "statistic", "low", "high", "p", "n", "details")
    referee = "scipy.stats.dunnett; R multcomp::glht with mvtnorm (tests/reference/dunnett.R)"
    reference = "Dunnett 1955, https://doi.org/10.1080/01621459.1955.10501294"

    @staticmethod
    def estimate(
        treatments: Mapping[str, npt.ArrayLike],
        control: npt.ArrayLike,
        *,
        control_name: str = "control",
        direction: Direction = "two_sided",
        level: float = 0.95,
    ) -> dict[str, Estimate]:
        """Compare conditions with one control on participant values.

        ``t_i = (mean_i - mean_0) / (s sqrt(1/n_i + 1/n_0))`` with ``s^2`` pooled over all conditions on
        ``df = N - k - 1``; ``p_i = P(max_j |T_j| >= |t_i|)`` where T is multivariate t with correlations
        ``l_i l_j``, ``l_i = sqrt(n_i / (n_i + n_0))``. The distribution is integrated numerically (error below
        1e-5), not simulated.

        Parameters
        ----------
        treatments : mapping of str to array_like of float
            One value for each participant, by condition; NaN (not defined) is left out.
        control : array_like of float
            Likewise.
        control_name : str
            Name of the control.
        direction : {"two_sided", "greater", "less"}
            Of the tests; the intervals are two-sided in any case.
        level : float
            Simultaneous coverage of the intervals.

        Returns
        -------
        dict of str to Estimate
            By condition; ``p`` is corrected, ``details["p_single"]`` is not, ``low`` and ``high`` hold together.

        Raises
        ------
        CannotEstimateError
            When a condition has fewer than two defined values, or no value varies within conditions.
        ValueError
            When there is no treatment.

        Notes
        -----
        Conditions that were left out of the family still lend their variance only if they are given.

        References
        ----------
        .. [1] Dunnett (1955). A multiple comparison procedure for comparing several treatments with a control.
           J. Amer. Statist. Assoc. 50, 1096-1121. https://doi.org/10.1080/01621459.1955.10501294

        Examples
        --------
        >>> found = Dunnett.estimate({"a": [3.0, 4.0, 5.0], "b": [1.0, 2.0, 3.0]}, [0.0, 1.0, 2.0])
        >>> round(found["a"].p, 4), round(found["b"].p, 4)
        (0.0184, 0.4179)
        """
        from scipy import optimize, stats

        check_direction(direction)
        if not treatments:
            raise ValueError("Dunnett needs at least one treatment.")
        base = _defined(control, control_name)
        groups = {name: _defined(values, name) for name, values in treatments.items()}
        df = len(base) + sum(map(len, groups.values())) - len(groups) - 1
        squares = sum(float(((one - one.mean()) ** 2).sum()) for one in (base, *groups.values()))
        scale = max(1.0, *(float(abs(one).max()) for one in (base, *groups.values())))
        sd = math.sqrt(squares / df)
        if sd <= 1e-12 * scale:
            raise CannotEstimateError("The values do not vary within conditions: there is nothing to go by.")
        loads = [math.sqrt(len(one) / (len(one) + len(base))) for one in groups.values()]
        tail = _tail(loads, df=df, two_sided=direction == "two_sided")
        both = _tail(loads, df=df, two_sided=True)
        reach = float(optimize.brentq(lambda t: both(t) - (1 - level), 0.0, 1e3, xtol=1e-10))
        found = {}
        for name, one in groups.items():
            value = float(one.mean() - base.mean())
            std_error = sd * math.sqrt(1 / len(one) + 1 / len(base))
            t = value / std_error
            side = {"two_sided": abs(t), "greater": t, "less": -t}[direction]
            single = float(stats.t.sf(side, df)) * (2 if direction == "two_sided" else 1)
            found[name] = Estimate(
                estimator=Dunnett.name,
                version=Dunnett.version,
                value=value,
                std_error=std_error,
                df=df,
                statistic=t,
                low=value - reach * std_error,
                high=value + reach * std_error,
                level=level,
                p=max(single, tail(side)),
                direction=direction,
                n={name: len(one), control_name: len(base)},
                details={"p_single": single, "critical": reach},
            )
        return found


def _defined(values: npt.ArrayLike, name: str) -> npt.NDArray[np.float64]:
    import numpy as np

    found: npt.NDArray[np.float64] = np.sort(np.asarray(values, dtype=float))
    found = found[~np.isnan(found)]
    if len(found) < 2:
        raise CannotEstimateError(
            f"Condition {name} has {len(found)} participant(s) with a defined value; at least 2 are needed."
        )
    return found


def _tail(loads: list[float], *, df: float, two_sided: bool) -> Callable[[float], float]:
    """Return the probability that the largest of the correlated t values reaches t."""
    import numpy as np
    from scipy import special, stats

    # T_i = (sqrt(1 - l^2) Z_i + l Z_0) / S: given the common Z_0 and S the T are independent of each other.
    nodes, weights = np.polynomial.legendre.leggauss(200)
    z = 9.0 * nodes
    z_weight = 9.0 * weights * stats.norm.pdf(z)
    share = (nodes + 1) / 2
    s = np.sqrt(stats.chi2.ppf(share, df) / df)
    s_weight = weights / 2
    load = np.asarray(loads)[:, None, None]
    rest = np.sqrt(1 - load**2)

    def tail(t: float) -> float:
        upper = special.ndtr((t * s[None, None, :] - load * z[None, :, None]) / rest)
        lower = special.ndtr((-t * s[None, None, :] - load * z[None, :, None]) / rest) if two_sided else 0.0
        inside = np.prod(np.maximum(upper - lower, 0.0), axis=0)
        return float(min(1.0, max(0.0, 1.0 - z_weight @ inside @ s_weight)))

    return tail
