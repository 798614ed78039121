"""The least that would have to be different in a row of a table for a predictor to say something else."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explainers.core.errors import ExplanationRefused

Margin = Callable[[NDArray[np.float64]], NDArray[np.float64]]
Change = tuple[int, float]
STEPS_IN_SD = 20


@dataclass(frozen=True)
class Room:
    """
    Where features may go.

    Parameters
    ----------
    low, high : numpy.ndarray
        float64, (features,): the plausible range of each feature, in its unit.
    scale : numpy.ndarray
        float64, (features,), above 0: what a change is measured in, such as the standard deviation in training.
    locked : frozenset of int
        Features that stay as they are.

    Raises
    ------
    ExplanationRefused
        If the shapes differ, a range is empty or a scale is not above 0.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    scale: NDArray[np.float64]
    locked: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if not (self.low.shape == self.high.shape == self.scale.shape) or self.low.ndim != 1:
            raise ExplanationRefused("Ranges and scales of a counterfactual need one number per feature.")
        if not (self.low <= self.high).all() or not (self.scale > 0).all():
            raise ExplanationRefused("A plausible range ends above its beginning, and a scale is above 0.")

    def step(self, feature: int) -> tuple[float, int]:
        """
        Return how fine the values of a feature are, and with how many decimals they are written.

        Definition: the power of ten at most a twentieth of the scale, so that a value is shown exactly as it was tried.

        Parameters
        ----------
        feature : int
            Its place.

        Returns
        -------
        tuple
            Step in the unit of the feature; decimals, at least 0.

        Examples
        --------
        >>> Room(np.zeros(1), np.ones(1), np.array([3.5])).step(0)
        (0.1, 1)
        """
        power = math.floor(math.log10(float(self.scale[feature]) / STEPS_IN_SD))
        return 10.0**power, max(0, -power)

    def values(self, feature: int, *, grid: int) -> list[float]:
        """
        Return the values that are tried of a feature.

        Parameters
        ----------
        feature : int
            Its place.
        grid : int
            How many at most, evenly over the range.

        Returns
        -------
        list of float
            Within the range, each a multiple of the step; none if the feature is locked.
        """
        if feature in self.locked:
            return []
        step, decimals = self.step(feature)
        first, last = math.ceil(self.low[feature] / step), math.floor(self.high[feature] / step)
        if first > last:
            return []
        places = np.unique(np.linspace(first, last, grid).round())
        return [round(float(place) * step, decimals) for place in places]


def counterfactual(
    row: NDArray[np.float64],
    *,
    margin: Margin,
    room: Room,
    most: int = 3,
    grid: int = 24,
    beam: int = 12,
) -> list[Change]:
    """
    Search the smallest plausible change after which the predictor says something else.

    Definition: of changes of at most `most` features to values of a grid over their plausible ranges after which the
    margin is above 0, the one with the fewest features, and of those the one with the smallest sum of |change| / scale.
    One feature is searched exhaustively; the second and third are added to the `beam` changes that came nearest.
    At the end every changed feature is taken back towards its value by bisection, as far as the answer stays.

    Parameters
    ----------
    row : numpy.ndarray
        float64, (features,): the case.
    margin : Callable
        From rows (n, features) to (n,): above 0 where the predictor says what is wanted.
    room : Room
        Plausible ranges, scales, locked features.
    most : int
        Features changed at most.
    grid : int
        Values tried of each feature.
    beam : int
        Changes that are carried on.

    Returns
    -------
    list of tuple
        (feature, new value), the largest change first; empty if none was found, or if the predictor says it already.

    References
    ----------
    .. [1] Wachter, Mittelstadt, Russell (2017). Counterfactual explanations without opening the black box.
           arXiv:1711.00399
    .. [2] Mothilal, Sharma, Tan (2020). Explaining machine learning classifiers through diverse counterfactual
           explanations. arXiv:1905.07697

    Examples
    --------
    >>> room = Room(np.array([0.0, 0.0]), np.array([10.0, 10.0]), np.array([1.0, 1.0]), frozenset({1}))
    >>> counterfactual(np.array([2.0, 2.0]), margin=lambda rows: rows.sum(axis=1) - 7, room=room)
    [(0, 5.01)]
    """
    if float(margin(row[None])[0]) > 0:
        return []
    carried: list[tuple[Change, ...]] = [()]
    for _ in range(most):
        tried = list(_wider(row, carried, room=room, grid=grid))
        if not tried:
            return []
        margins = margin(np.stack([changed(row, change) for change in tried]))
        found = [change for change, value in zip(tried, margins.tolist(), strict=True) if value > 0]
        if found:
            best = min(found, key=lambda change: (_cost(row, change, room=room), change))
            return _taken_back(row, best, margin=margin, room=room)
        order = np.argsort(-margins, kind="stable")
        carried = _different(tried, order.tolist(), count=beam)
    return []


def changed(row: NDArray[np.float64], change: Sequence[Change]) -> NDArray[np.float64]:
    """
    Return a row with changes made.

    Parameters
    ----------
    row : numpy.ndarray
        float64, (features,).
    change : Sequence of tuple
        (feature, new value).

    Returns
    -------
    numpy.ndarray
        A new row.
    """
    new = row.copy()
    for feature, value in change:
        new[feature] = value
    return new


def _wider(
    row: NDArray[np.float64], carried: Sequence[tuple[Change, ...]], *, room: Room, grid: int
) -> Iterator[tuple[Change, ...]]:
    values = [room.values(feature, grid=grid) for feature in range(len(row))]
    seen: set[tuple[Change, ...]] = set()
    for change in carried:
        taken = {feature for feature, _ in change}
        for feature in range(len(row)):
            for value in values[feature] if feature not in taken else ():
                wider = tuple(sorted([*change, (feature, value)]))
                if value != row[feature] and wider not in seen:
                    seen.add(wider)
                    yield wider


def _different(
    tried: Sequence[tuple[Change, ...]], order: Sequence[int], *, count: int
) -> list[tuple[Change, ...]]:
    """Keep the best change of each set of features: neighbours on the grid would fill the beam with one idea."""
    best: dict[tuple[int, ...], tuple[Change, ...]] = {}
    for place in order:
        best.setdefault(tuple(feature for feature, _ in tried[place]), tried[place])
        if len(best) == count:
            break
    return list(best.values())


def _cost(row: NDArray[np.float64], change: Sequence[Change], *, room: Room) -> float:
    return float(sum(abs(value - row[feature]) / room.scale[feature] for feature, value in change))


def _taken_back(
    row: NDArray[np.float64], change: tuple[Change, ...], *, margin: Margin, room: Room
) -> list[Change]:
    kept = dict(change)
    for feature in sorted(kept):
        step, decimals = room.step(feature)
        far, way = kept[feature], float(row[feature]) - kept[feature]
        works, fails = 0, math.floor(abs(way) / step) + 1
        while fails - works > 1:
            middle = (works + fails) // 2
            value = round(far + math.copysign(middle * step, way), decimals)
            kept[feature] = value
            if float(margin(changed(row, list(kept.items()))[None])[0]) > 0:
                works = middle
            else:
                fails = middle
        kept[feature] = round(far + math.copysign(works * step, way), decimals)
    return sorted(kept.items(), key=lambda each: -abs(each[1] - row[each[0]]) / room.scale[each[0]])
