"""Which training cases made the output of a case what it is: influence functions of the last layer, in closed form."""

import numpy as np
from numpy.typing import NDArray

RIDGE = 1e-3


def last_layer_influence(
    train: NDArray[np.float64],
    *,
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int64],
    case: NDArray[np.float64],
    direction: NDArray[np.float64],
    ridge: float = RIDGE,
) -> NDArray[np.float64]:
    """
    Return how much the output of a case would fall if a training case were left out and the last layer learned anew.

    Definition: the last layer is a softmax regression on z = (penultimate layer, 1) with loss (1/n) sum_i l_i +
    ridge/2 |W|^2. The influence of i is g' H^-1 (-d l_i / d W) / n, where g is the derivative of what is explained with
    respect to W and H the second derivative of the loss. What lies below the last layer stays as it is.

    Parameters
    ----------
    train : numpy.ndarray
        float64, (n, width): penultimate layer of the training cases.
    probabilities : numpy.ndarray
        float64, (n, classes): what the predictor says of them.
    labels : numpy.ndarray
        int64, (n,): their outcomes.
    case : numpy.ndarray
        float64, (width,): penultimate layer of the case.
    direction : numpy.ndarray
        float64, (classes,): derivative of what is explained with respect to the scores of the case.
    ridge : float
        Above 0.

    Returns
    -------
    numpy.ndarray
        float64, (n,): positive if the training case pulls the output up.

    Notes
    -----
    First order: it holds for one case among many, and for a last layer that was trained to its optimum. Of a network
    that was not, it says what the last layer would unlearn.

    References
    ----------
    .. [1] Koh, Liang (2017). Understanding black-box predictions via influence functions. arXiv:1703.04730
    .. [2] Barshan, Brunet, Dziugaite (2020). RelatIF. arXiv:2003.11630 (last layer only)
    """
    n, classes = probabilities.shape
    z, own = np.hstack([train, np.ones((n, 1))]), np.append(case, 1.0)
    spread = np.einsum("ia,ab->iab", probabilities, np.eye(classes)) - np.einsum(
        "ia,ib->iab", probabilities, probabilities
    )
    width = z.shape[1]
    second = np.einsum("iab,iu,iv->aubv", spread, z, z, optimize=True) / n
    hessian = second.reshape(classes * width, classes * width) + ridge * np.eye(classes * width)
    towards = np.linalg.solve(hessian, np.outer(direction, own).ravel()).reshape(classes, width)
    miss = np.eye(classes)[labels] - probabilities
    found: NDArray[np.float64] = np.einsum("ia,iu,au->i", miss, z, towards, optimize=True) / n
    return found
