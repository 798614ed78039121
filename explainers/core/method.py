"""What a method of explanation is: a declaration and one function from a batch of cases to explanations."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from explainers.core.attribution import Explanation
from explainers.core.errors import ExplanationRefused
from explainers.core.predictor import LoadedPredictor


@dataclass(frozen=True)
class Batch:
    """
    Cases to be explained together.

    Parameters
    ----------
    predictor : LoadedPredictor
        The predictor.
    rows : Sequence of Mapping
        Inputs of each case, feature name to number in its unit.
    targets : Sequence of str
        The class to explain, per case.
    parameters : Sequence of Mapping
        Parameters of the method, complete, per case.
    seeds : Sequence of str
        A digest per case from which every random choice is drawn.
    sources : Sequence of Explanation
        For methods that derive from another method's artefacts: those, per case; else empty.
    """

    predictor: LoadedPredictor
    rows: Sequence[Mapping[str, float]]
    targets: Sequence[str]
    parameters: Sequence[Mapping[str, Any]]
    seeds: Sequence[str]
    sources: Sequence[Explanation] = field(default_factory=tuple)


class Method(ABC):
    """
    Base of the plug-ins on the shelf of explainers; a subclass is a declaration and `explain`.

    Notes
    -----
    `parameters` are the names and defaults of what can be set, `promises` the properties that the tests
    hold the method to: `completeness`, `determinism`, `batch_independence`. `control` says that the method
    is a control without content of its own and names its kind. Heavy imports stand inside `explain`.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    label: ClassVar[str]
    modality: ClassVar[str]
    scope: ClassVar[str]
    parameters: ClassVar[Mapping[str, Any]]
    promises: ClassVar[frozenset[str]]
    reference: ClassVar[str]
    control: ClassVar[str] = ""

    @abstractmethod
    def explain(self, batch: Batch) -> list[Explanation]:
        """
        Explain every case of a batch.

        Parameters
        ----------
        batch : Batch
            The cases.

        Returns
        -------
        list of Explanation
            One per case, in order; the recipe holds what the method itself decided.
        """

    @classmethod
    def complete(cls, parameters: Mapping[str, Any] | None) -> dict[str, Any]:
        """
        Fill the defaults in.

        Parameters
        ----------
        parameters : Mapping or None
            What the study declares.

        Returns
        -------
        dict
            Every parameter of the method.

        Raises
        ------
        ExplanationRefused
            If a name is not a parameter of the method.
        """
        unknown = sorted(set(parameters or {}) - set(cls.parameters))
        if unknown:
            raise ExplanationRefused(
                f"The method {cls.name} has no parameter {', '.join(unknown)}; it has {', '.join(cls.parameters)}."
            )
        return {**cls.parameters, **(parameters or {})}
