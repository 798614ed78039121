"""Whether a map points to a region that somebody marked; information, no condition of the light."""

import numpy as np
from numpy.typing import NDArray


def mask_share(values: NDArray[np.floating], mask: NDArray[np.bool_]) -> float:
    """
    Return how much of a map lies in a mask.

    Formula: sum of |v| over the mask / sum of |v|. A map that knows nothing of the region has the mask's share of the
    area on average.

    Parameters
    ----------
    values : numpy.ndarray
        (height, width).
    mask : numpy.ndarray
        bool, of the same shape.

    Returns
    -------
    float
        0 to 1; nan if the map is zero everywhere.

    References
    ----------
    .. [1] Kohlbrenner et al. (2020). Towards best practice in explaining neural network decisions with LRP
       (attribution localisation). doi:10.1109/IJCNN48605.2020.9206975

    Examples
    --------
    >>> mask_share(np.array([[1.0, -3.0]]), np.array([[False, True]]))
    0.75
    """
    size = np.abs(np.asarray(values, dtype=np.float64))
    total = float(size.sum())
    return float(size[mask].sum()) / total if total else float("nan")


def points_into(values: NDArray[np.floating], mask: NDArray[np.bool_]) -> bool:
    """
    Say whether the strongest pixel of a map lies in a mask (the pointing game).

    Parameters
    ----------
    values : numpy.ndarray
        (height, width).
    mask : numpy.ndarray
        bool, of the same shape.

    Returns
    -------
    bool
        Of |v|; of equals the first, row by row.

    References
    ----------
    .. [1] Zhang et al. (2018). Top-down neural attention by excitation backprop. doi:10.1007/s11263-017-1059-x

    Examples
    --------
    >>> points_into(np.array([[1.0, -3.0]]), np.array([[False, True]]))
    True
    """
    return bool(mask.ravel()[int(np.abs(values).argmax())])
