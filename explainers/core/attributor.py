"""The common part of methods that attribute: cases with equal parameters share their passes through the predictor."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from explainers.core.attribution import Explanation, completeness_error
from explainers.core.digest import canonical_json
from explainers.core.method import Batch, Method
from explainers.core.pool import Pool
from explainers.core.surface import Surface, surface_of
from explainers.core.target import check_space, class_index

if TYPE_CHECKING:
    import torch

    from explainers.core.predictor import LoadedPredictor


SMALLER: dict[tuple[str, tuple[int, ...], str], int] = {}
"""Rows of a chunk for which the memory of this machine was enough, by method, shape of a case and class of device."""


@dataclass(frozen=True)
class Task:
    """
    Cases with equal parameters, ready to be attributed.

    Parameters
    ----------
    surface : Surface
        The cases as tensors.
    targets : torch.Tensor
        Column of the class explained, int64, (n,).
    parameters : Mapping
        Complete parameters of the method.
    design : str
        Seed of what is drawn once for all cases.
    predictor : LoadedPredictor
        For methods that look inside the network.
    rows : int or None
        Size of a chunk; None for the usual one.
    """

    surface: Surface
    targets: "torch.Tensor"
    parameters: Mapping[str, Any]
    design: str
    predictor: "LoadedPredictor"
    rows: int | None = None

    @property
    def pool(self) -> Pool:
        """The row pool over the cases, in the declared target space."""
        return self.surface.pool(space=str(self.parameters["target_space"]), rows=self.rows)

    def part(self, places: Sequence[int]) -> "Task":
        """
        Return the task of some of the cases.

        Parameters
        ----------
        places : Sequence of int
            Which.

        Returns
        -------
        Task
            Those, in that order.
        """
        return replace(self, surface=self.surface.part(places), targets=self.targets[list(places)])

    def ends(self) -> "torch.Tensor":
        """
        Return what is explained at the case and at its baseline.

        Returns
        -------
        torch.Tensor
            float64, (n, 2).
        """
        import torch

        surface = self.surface

        def points(cases: slice, part: slice) -> "torch.Tensor":
            return torch.stack([surface.inputs[cases], surface.baseline[cases]], dim=1)[:, part]

        return self.pool.values(points, targets=self.targets, shape=surface.shape, per_case=2)


@dataclass(frozen=True)
class Found:
    """
    What a method found of the cases of a task.

    Parameters
    ----------
    values : list of torch.Tensor
        float64, per case as people see them: (features,), (height * width,) or (words,).
    ends : torch.Tensor
        float64, (n, 2): the output at the case and what it was compared with.
    details : list of dict
        Per case, what the method itself decided.
    """

    values: "list[torch.Tensor]"
    ends: "torch.Tensor"
    details: list[dict[str, Any]]


class Attributor(Method):
    """
    Base of the methods whose explanation is one number per feature, pixel or word.

    Notes
    -----
    A subclass declares what a `Method` declares and has `attribute`. `equal_parts` says that cases must have
    equally many parts to be computed together (texts have different numbers of words).
    """

    scope = "attribution"
    equal_parts: ClassVar[bool] = False

    def explain(self, batch: Batch) -> list[Explanation]:
        """
        Explain every case; cases with equal parameters share their passes.

        Parameters
        ----------
        batch : Batch
            The cases.

        Returns
        -------
        list of Explanation
            One per case, in order.

        Raises
        ------
        ExplanationRefused
            If a parameter is out of range or a target is no class of the predictor.
        """
        results: dict[int, Explanation] = {}
        for places in self._groups(batch):
            task, found = self._within_memory(self._task(batch, places=places))
            for place, explanation in zip(
                places, _explanations(batch, places=places, task=task, found=found), strict=True
            ):
                results[place] = explanation
        return [results[place] for place in range(len(batch.rows))]

    @abstractmethod
    def attribute(self, task: Task) -> Found:
        """
        Attribute the cases of a task.

        Parameters
        ----------
        task : Task
            Cases with equal parameters.

        Returns
        -------
        Found
            What belongs to each case, whatever the others are.
        """

    def _within_memory(self, task: Task) -> tuple[Task, Found]:
        """Attribute; where memory runs out take chunks of half the rows, and remember that for the next time."""
        import torch

        name = (self.name, task.surface.shape, task.surface.inputs.device.type)
        task = replace(task, rows=SMALLER.get(name))
        while True:
            try:
                return task, self.attribute(task)
            except torch.OutOfMemoryError:
                rows = task.pool.rows // 2
                if rows < 1:
                    raise
            if task.surface.inputs.is_cuda:
                torch.cuda.empty_cache()
            SMALLER[name] = rows
            task = replace(task, rows=rows)

    def _groups(self, batch: Batch) -> Iterator[list[int]]:
        groups: dict[tuple[Any, ...], list[int]] = {}
        designs = batch.designs or [""] * len(batch.rows)
        for place, parameters in enumerate(batch.parameters):
            self.complete(parameters)
            parts = self._parts(batch, place=place)
            groups.setdefault((canonical_json(dict(parameters)), designs[place], parts), []).append(place)
        yield from groups.values()

    def _parts(self, batch: Batch, *, place: int) -> int:
        if not self.equal_parts or getattr(batch.predictor, "modality", "tabular") != "text":
            return 0
        return len(batch.predictor.words(batch.rows[place]))

    def _task(self, batch: Batch, *, places: Sequence[int]) -> Task:
        import torch

        predictor, parameters = batch.predictor, batch.parameters[places[0]]
        classes = list(predictor.spec.classes)
        check_space(str(parameters["target_space"]), outputs=len(classes))
        surface = surface_of(
            predictor, rows=[batch.rows[place] for place in places], patch=int(parameters.get("patch", 8))
        )
        indices = [class_index(batch.targets[place], classes=classes) for place in places]
        return Task(
            surface=surface,
            targets=torch.tensor(indices, device=surface.inputs.device),
            parameters=parameters,
            design=batch.designs[places[0]] if batch.designs else "",
            predictor=predictor,
        )


def _explanations(batch: Batch, *, places: Sequence[int], task: Task, found: Found) -> Iterator[Explanation]:
    surface, spec = task.surface, batch.predictor.spec
    tabular = surface.modality == "tabular"
    ends = found.ends.tolist()
    for row, place in enumerate(places):
        values = found.values[row].tolist()
        output, start = ends[row]
        yield Explanation(
            features=surface.names[row] if surface.names else (),
            values=tuple(values),
            target_class=batch.targets[place],
            target_space=str(task.parameters["target_space"]),
            baseline=tuple(float(mean) for mean in spec.preprocessing["mean"]) if tabular else (),
            output=output,
            output_at_baseline=start,
            completeness_error=completeness_error(values, output=output, output_at_baseline=start),
            recipe={"chunk": task.pool.rows, **found.details[row]},
            modality=surface.modality,
            shape=() if surface.names else surface.shape[1:],
        )
