"""Cases that an explanation refers to: examples of a concept, training cases, a pool of random ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explainers.core.errors import ExplanationRefused


@dataclass(frozen=True)
class ReferenceSet:
    """
    A named set of cases.

    Parameters
    ----------
    name : str
        As parameters of methods name it.
    digest : str
        Of its content; it goes into the recipe.
    keys : Sequence of str
        Name of each case.
    rows : Sequence of Mapping
        Inputs of each case, as the predictor takes them.
    labels : Sequence of str
        Known outcome of each case, or empty where no outcome is needed.

    Raises
    ------
    ExplanationRefused
        If the numbers of keys, rows and labels do not agree.
    """

    name: str
    digest: str
    keys: Sequence[str]
    rows: Sequence[Mapping[str, Any]]
    labels: Sequence[str] = ()

    def __post_init__(self) -> None:
        if len(self.keys) != len(self.rows) or (self.labels and len(self.labels) != len(self.rows)):
            raise ExplanationRefused(f"The set {self.name} needs one name and one outcome for every case.")


def reference_of(
    references: Mapping[str, ReferenceSet], name: str, *, what: str, labelled: bool = False
) -> ReferenceSet:
    """
    Take a set out of those that are given.

    Parameters
    ----------
    references : Mapping
        Name to set.
    name : str
        As declared.
    what : str
        What the set is for, for the message.
    labelled : bool
        Whether outcomes are needed.

    Returns
    -------
    ReferenceSet
        The set.

    Raises
    ------
    ExplanationRefused
        If there is no such set, it is empty or has no outcomes.
    """
    if name not in references:
        raise ExplanationRefused(
            f"There is no set {name!r} of {what}; given are: {', '.join(references) or 'none'}."
        )
    found = references[name]
    if not found.rows:
        raise ExplanationRefused(f"The set {name} of {what} is empty.")
    if labelled and not found.labels:
        raise ExplanationRefused(f"The set {name} of {what} has no outcomes.")
    return found
