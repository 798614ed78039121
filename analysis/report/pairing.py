"""Two conditions side by side: met by the same participants, or by different ones; the comparison follows from that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from analysis.core.estimate import CannotEstimateError, Direction, Estimate
from analysis.estimators.hedges_g import HedgesG
from analysis.estimators.hedges_g_paired import HedgesGPaired
from analysis.estimators.paired_contrast import PairedContrast, complete_pairs
from analysis.estimators.participant_contrast import ParticipantContrast

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Values = npt.NDArray[np.floating[Any]]

Placed = Literal["between", "within"]


@dataclass(frozen=True)
class Sides:
    """The values of two conditions.

    Attributes
    ----------
    names : tuple of str
        Treatment and control.
    placed : {"between", "within"}
        Whether different participants or the same ones met them.
    treatment, control : numpy.ndarray of float
        One value for each participant, NaN where it is not defined. Within: of the same participants in the same
        order, those who met one of the two conditions only being left out.
    n_one_only : int
        Participants within such a design who were to meet one of the two conditions only.
    """

    names: tuple[str, str]
    placed: Placed
    treatment: Values
    control: Values
    n_one_only: int = 0

    @property
    def differences(self) -> list[float]:
        """Return the participants' own differences in ascending order; none between participants."""
        if self.placed == "between":
            return []
        one, other, _ = complete_pairs(self.treatment, self.control)
        return sorted((one - other).tolist())

    def compared(self, *, direction: Direction = "two_sided", level: float) -> Estimate:
        """Return the paired t test, or Welch's."""
        estimate: Callable[..., Estimate] = (
            PairedContrast.estimate if self.placed == "within" else ParticipantContrast.estimate
        )
        return estimate(self.treatment, self.control, names=self.names, direction=direction, level=level)

    def standardised(self, *, level: float) -> Estimate:
        """Return Hedges g of the kind that fits."""
        estimate: Callable[..., Estimate] = (
            HedgesGPaired.estimate if self.placed == "within" else HedgesG.estimate
        )
        return estimate(self.treatment, self.control, names=self.names, level=level)


def sides_of(people: pd.DataFrame, *, names: tuple[str, str], column: str = "scaled") -> Sides:
    """Put two conditions side by side.

    Parameters
    ----------
    people : pandas.DataFrame
        Index or column ``participant_id``; columns ``condition`` and `column`; one row for each participant and
        condition.
    names : tuple of str
        Treatment and control.
    column : str
        What is compared.

    Returns
    -------
    Sides
        Within as soon as one participant met both.

    Raises
    ------
    CannotEstimateError
        When nobody met one of the conditions.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"participant_id": ["p1", "p1", "p2", "p2"], "condition": ["ig", "ai"] * 2,
    ...                        "value": [0.9, 0.7, 0.8, 0.5]})
    >>> found = sides_of(people, names=("ig", "ai"), column="value")
    >>> found.placed, found.treatment.tolist(), found.control.tolist()
    ('within', [0.9, 0.8], [0.7, 0.5])
    """
    rows = (
        people if "participant_id" in people.columns else people.rename_axis("participant_id").reset_index()
    )
    one, other = (
        rows[rows["condition"] == name].set_index("participant_id")[column].astype(float) for name in names
    )
    for name, side in zip(names, (one, other), strict=True):
        if side.empty:
            raise CannotEstimateError(f"Nobody was given the condition {name}.")
    both = one.index.intersection(other.index).sort_values()
    if both.empty:
        return Sides(names, "between", one.to_numpy(dtype=float), other.to_numpy(dtype=float))
    alone = len(one) + len(other) - 2 * len(both)
    pairs = (one[both].to_numpy(dtype=float), other[both].to_numpy(dtype=float))
    return Sides(names, "within", *pairs, alone)


def refuse_other_placement(sides: Sides, *, planned: str) -> None:
    """Refuse a comparison that the plan places otherwise than the data do.

    Parameters
    ----------
    sides : Sides
        As the data are.
    planned : str
        "between", "within", or empty when nobody said.

    Raises
    ------
    CannotEstimateError
        Naming both and what to write.
    """
    if not planned or planned == sides.placed:
        return
    one, other = sides.names
    if sides.placed == "within":
        raise CannotEstimateError(
            f"The same participants met {one} and {other}, and the plan compares different ones: a test between "
            "participants would take one person for two. Say placed: within."
        )
    raise CannotEstimateError(
        f"Nobody met both {one} and {other}, and the plan compares within participants: there are no pairs. "
        "Say placed: between."
    )


def compared(
    people: pd.DataFrame, *, names: tuple[str, str], column: str = "value", direction: Direction = "two_sided",
    level: float,
) -> dict[str, Any]:  # fmt: skip
    """Compare two conditions, or say in a sentence why that cannot be done.

    Parameters
    ----------
    people, names, column
        As for `sides_of`.
    direction : {"two_sided", "greater", "less"}
        Of the test.
    level : float
        Coverage of the interval.

    Returns
    -------
    dict
        ``value, low, high, std_error, df, p``, ``placed`` and ``undefined``: None or a sentence.
    """
    try:
        sides = sides_of(people, names=names, column=column)
        found = sides.compared(direction=direction, level=level)
    except CannotEstimateError as error:
        return {"undefined": str(error)}
    kept = ("value", "low", "high", "std_error", "df", "p")
    return {"undefined": None, "placed": sides.placed, **{name: getattr(found, name) for name in kept}}
