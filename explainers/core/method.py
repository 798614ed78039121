"""What a method of explanation is: a declaration and one function from a batch of cases to explanations."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from explainers.core.attribution import Explanation
from explainers.core.errors import ExplanationRefused
from explainers.core.limits import Limit, limit_faults
from explainers.core.predictor import LoadedPredictor
from explainers.core.reference import ReferenceSet


@dataclass(frozen=True)
class Batch:
    """
    Cases to be explained together.

    Parameters
    ----------
    predictor : LoadedPredictor
        The predictor.
    rows : Sequence of Mapping
        Inputs of each case, as the predictor takes them.
    targets : Sequence of str
        The class to explain, per case.
    parameters : Sequence of Mapping
        Parameters of the method, complete, per case.
    seeds : Sequence of str
        A digest per case, of the case, the method, its parameters and the study's seed: what is drawn for one case
        alone comes from it.
    sources : Sequence of Explanation
        For methods that derive from another method's artefacts: those, per case; else empty.
    designs : Sequence of str
        A digest per case of the method, its parameters and the study's seed, without the case: what is drawn once
        for all cases (steps, coalitions, noise) comes from it, so that differences between cases are not due
        to the draw.
    references : Mapping
        Sets of cases that parameters name: examples of concepts, training cases.
    """

    predictor: LoadedPredictor
    rows: Sequence[Mapping[str, Any]]
    targets: Sequence[str]
    parameters: Sequence[Mapping[str, Any]]
    seeds: Sequence[str]
    sources: Sequence[Explanation] = field(default_factory=tuple)
    designs: Sequence[str] = field(default_factory=tuple)
    references: Mapping[str, ReferenceSet] = field(default_factory=dict)


class Method(ABC):
    """
    Base of the plug-ins on the shelf of explainers; a subclass is a declaration and `explain`.

    Notes
    -----
    `modality` holds the words `tabular`, `image`, `text`, as many as apply. `parameters` are the names and defaults
    of what can be set, `limits` what they may be. `promises` are the properties that the tests hold the
    method to: `completeness` (its values add up to the change of the output, or it fails the gate),
    `determinism` (under a seed), `seedless` (the seed changes nothing), `batch_independence`. `warning`, if there is
    one, is shown wherever the method can be chosen. `refers_to` are the parameters that name sets of cases (one name or
    a list). `control` says that the method is a control and names its kind;
    `made_of` says which artefact it is made of: `own` (the real explanation of the same case), `other_case` (that
    of another case of the same class) or `rank_2` (that of the same case for the second-ranked class). Heavy imports
    stand inside `explain`.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    label: ClassVar[str]
    modality: ClassVar[str]
    scope: ClassVar[str]
    parameters: ClassVar[Mapping[str, Any]]
    promises: ClassVar[frozenset[str]]
    reference: ClassVar[str]
    limits: ClassVar[Mapping[str, Limit]] = {}
    warning: ClassVar[str] = ""
    refers_to: ClassVar[tuple[str, ...]] = ()
    control: ClassVar[str] = ""
    made_of: ClassVar[str] = "own"

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
            If a name is not a parameter of the method or a value cannot be, with all faults at once.
        """
        unknown = sorted(set(parameters or {}) - set(cls.parameters))
        if unknown:
            raise ExplanationRefused(
                f"The method {cls.name} has no parameter {', '.join(unknown)}; it has {', '.join(cls.parameters)}."
            )
        whole = {**cls.parameters, **(parameters or {})}
        faults = list(cls.faults(whole))
        if faults:
            raise ExplanationRefused(f"The method {cls.name} cannot do this: {'; '.join(faults)}.")
        return whole

    @classmethod
    def references(cls, parameters: Mapping[str, Any]) -> list[str]:
        """
        Return the sets of cases that parameters name.

        Parameters
        ----------
        parameters : Mapping
            Every parameter of the method.

        Returns
        -------
        list of str
            Different names; an empty parameter names none.
        """
        values = [parameters[word] for word in cls.refers_to]
        flat = [name for each in values for name in (each if isinstance(each, list | tuple) else [each])]
        return [str(name) for name in dict.fromkeys(flat) if name]

    @classmethod
    def faults(cls, parameters: Mapping[str, Any]) -> Iterator[str]:
        """
        Yield a clause for every fault of a complete set of parameters.

        Parameters
        ----------
        parameters : Mapping
            Every parameter of the method.

        Yields
        ------
        str
            Such as `steps is a whole number from 1 to 4096, not 0`.
        """
        yield from limit_faults(parameters, limits=cls.limits)
