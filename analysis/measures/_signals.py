"""What a rational agent sees: signals as cells, and folds of participants, so that nobody is judged by an own trial."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

FOLDS = 5
_SHARES = ("ai_confidence", "confidence_initial", "confidence")


def cells_of(trials: pd.DataFrame, signals: Sequence[str], *, name: str) -> npt.NDArray[np.int64]:
    """Return the number of the signal cell of each trial.

    Parameters
    ----------
    trials : pandas.DataFrame
        With the columns named.
    signals : sequence of str
        Columns. Confidences are put into tenths (0.9 and more in the last); other columns count by their values, and a
        missing value is a value.
    name : str
        Name of the measure, for the message.

    Returns
    -------
    numpy.ndarray of int, shape (n,)
        Equal where all signals are.

    Raises
    ------
    ValueError
        When a column is not there; names all that are missing.

    Examples
    --------
    >>> import pandas as pd
    >>> seen = pd.DataFrame({"ai_prediction": ["a", "a", "b"], "ai_confidence": [0.91, 1.0, 0.91]})
    >>> cells_of(seen, ["ai_prediction", "ai_confidence"], name="toy").tolist()
    [0, 0, 1]
    """
    import numpy as np

    absent = [signal for signal in signals if signal not in trials.columns]
    if absent:
        raise ValueError(
            f"The measure '{name}' is told of the signal(s) {', '.join(absent)}, which are no columns of the table."
        )
    if not signals:
        raise ValueError(f"The measure '{name}' needs at least one signal.")
    seen = trials[[*signals]].copy()
    for signal in signals:
        if signal in _SHARES:
            # On whole percent, so that edges fall into a defined tenth.
            percent = (seen[signal].astype(float) * 100).round()
            seen[signal] = (percent // 10).clip(upper=9)
    return np.asarray(seen.groupby([*signals], dropna=False).ngroup(), dtype=np.int64)


def folds_of(trials: pd.DataFrame, *, folds: int) -> npt.NDArray[np.int64]:
    """Return the fold of each trial; the trials of a participant share one.

    Parameters
    ----------
    trials : pandas.DataFrame
        Column ``participant_id``.
    folds : int
        How many; at most one for each participant is made. 1: everything is one fold.

    Returns
    -------
    numpy.ndarray of int, shape (n,)
        0 to ``folds - 1``; the same for the same participants, whatever the order of rows.

    Raises
    ------
    ValueError
        When ``folds`` is below 1.

    Examples
    --------
    >>> import pandas as pd
    >>> sorted(set(folds_of(pd.DataFrame({"participant_id": ["p1", "p2", "p3", "p1"]}), folds=2).tolist()))
    [0, 1]
    """
    import numpy as np

    if folds < 1:
        raise ValueError(f"folds must be at least 1, got {folds}.")
    people = sorted(trials["participant_id"].unique())
    drawn = np.random.default_rng(1).permutation(len(people)) % max(1, min(folds, len(people)))
    place = dict(zip(people, drawn.tolist(), strict=True))
    return trials["participant_id"].map(place).to_numpy(dtype="int64")


def cell_means(
    values: npt.NDArray[np.float64], cells: npt.NDArray[np.int64], folds: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Return for each trial the mean of its cell over the trials of the other folds.

    Parameters
    ----------
    values : numpy.ndarray of float, shape (n,) or (n, k)
        One or several numbers for each trial.
    cells, folds : numpy.ndarray of int, shape (n,)
        As of `cells_of` and `folds_of`; with a single fold the trial's own fold is taken.

    Returns
    -------
    numpy.ndarray of float, shape of ``values``
        The mean over all trials of the other folds where the cell does not occur among them.

    Examples
    --------
    >>> import numpy as np
    >>> cell_means(np.array([1.0, 0.0, 1.0]), np.array([0, 0, 1]), np.array([0, 1, 1])).tolist()
    [0.0, 1.0, 1.0]
    """
    import numpy as np

    flat = values.reshape(len(values), -1)
    number = int(folds.max()) + 1 if len(folds) else 1
    out = np.empty_like(flat, dtype=float)
    for fold in range(number):
        test = folds == fold
        train = ~test if number > 1 else test
        size = int(cells.max()) + 1
        counts = np.bincount(cells[train], minlength=size).astype(float)
        for column in range(flat.shape[1]):
            sums = np.bincount(cells[train], weights=flat[train, column], minlength=size)
            means = np.divide(sums, counts, out=np.full(size, flat[train, column].mean()), where=counts > 0)
            out[test, column] = means[cells[test]]
    return out.reshape(values.shape)
