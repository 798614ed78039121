"""How many parts carry an explanation; information for the experimenter, no condition of the light."""

import numpy as np
from numpy.typing import ArrayLike


def gini(values: ArrayLike) -> float:
    """
    Return the Gini index of the magnitudes of an explanation.

    Formula: sum over i of (2 i - n - 1) |a|_(i) / (n * sum |a|), with |a| sorted upwards and i from 1.

    Parameters
    ----------
    values : array_like
        Attributions, (parts,).

    Returns
    -------
    float
        0 if all parts are equal (or all zero), (n - 1) / n if one part carries everything.

    References
    ----------
    .. [1] Hurley, Rickard (2009). Comparing measures of sparsity. doi:10.1109/TIT.2009.2027527

    Examples
    --------
    >>> gini([1.0, -1.0]), gini([0.0, 0.0, 0.0, -7.0])
    (0.0, 0.75)
    """
    size = np.sort(np.abs(np.asarray(values, dtype=np.float64)))
    total, count = float(size.sum()), len(size)
    if total == 0:
        return 0.0
    return float(((2 * np.arange(1, count + 1) - count - 1) * size).sum() / (count * total))


def effective_parts(values: ArrayLike) -> float:
    """
    Return the number of equally strong parts that would be as spread out as this explanation.

    Formula: exp(-sum p_i log p_i), p_i = |a_i| / sum |a|.

    Parameters
    ----------
    values : array_like
        Attributions, (parts,).

    Returns
    -------
    float
        1 to the number of parts; 0 if all are zero.

    References
    ----------
    .. [1] Bhatt, Weller, Moura (2020). Evaluating and aggregating feature-based model explanations. arXiv:2005.00631

    Examples
    --------
    >>> round(effective_parts([2.0, -2.0, 0.0]), 9), effective_parts([0.0])
    (2.0, 0.0)
    """
    size = np.abs(np.asarray(values, dtype=np.float64))
    if not size.any():
        return 0.0
    share = size[size > 0] / size.sum()
    return float(np.exp(-(share * np.log(share)).sum()))
