"""Integrated Gradients, many cases at a time, with as many steps as the completeness error asks for."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from explainers.core.attribution import completeness_error
from explainers.core.attributor import Attributor, Found, Task
from explainers.core.gradients import GAUSS_MAXIMUM, path_gradients
from explainers.core.limits import SPACES, Choice, Limit, Number, Whole
from explainers.methods import METHODS

if TYPE_CHECKING:
    import torch


@METHODS.register
class IntegratedGradients(Attributor):
    """
    Attribution by the gradients along the straight line from a baseline to the case.

    Definition: a_i = (x_i - x0_i) * integral over t from 0 to 1 of df(x0 + t (x - x0)) / dx_i, by
    Gauss-Legendre quadrature up to 256 steps and by the midpoint rule beyond. f is the log-odds, the raw score
    or the probability of the target class; the baseline x0 is the mean of the training data ("a typical
    patient"; of pictures whose preprocessing evens each one out, an even picture). The number of steps doubles from
    `steps` until the completeness error of the case is at most `tolerance`, at most to `steps_maximum`;
    a case that still misses it carries its error with it and fails the gate at launch. Equal `steps` and
    `steps_maximum` fix the number. The attributions of a pixel's channels are added up.

    Notes
    -----
    Preprocessing is one factor and one shift per feature, so attributions are the same in standardised
    and in original units. Rows are independent in eval mode (checked at intake), therefore one backward
    pass through the sum gives the gradient of every row.

    References
    ----------
    .. [1] Sundararajan, Taly, Yan (2017). Axiomatic attribution for deep networks. arXiv:1703.01365
    """

    name = "integrated_gradients"
    version = "2"
    label = "Integrated Gradients"
    modality = "tabular image"
    parameters: ClassVar[Mapping[str, Any]] = {
        "baseline": "training_mean",
        "target_space": "log_odds",
        "steps": 16,
        "steps_maximum": 4096,
        "tolerance": 0.01,
    }
    limits: ClassVar[Mapping[str, Limit]] = {
        "baseline": Choice("training_mean"),
        "target_space": SPACES,
        "steps": Whole(1, 4096),
        "steps_maximum": Whole(1, 4096),
        "tolerance": Number(0, 1, open_low=True),
    }
    promises = frozenset({"completeness", "determinism", "seedless", "batch_independence"})
    reference = "https://arxiv.org/abs/1703.01365"

    @classmethod
    def faults(cls, parameters: Mapping[str, Any]) -> Iterator[str]:
        """
        Yield a clause for every fault of the parameters.

        Parameters
        ----------
        parameters : Mapping
            All of them.

        Yields
        ------
        str
            Also if `steps` is more than `steps_maximum`.
        """
        found = list(super().faults(parameters))
        yield from found
        if not found and parameters["steps"] > parameters["steps_maximum"]:
            yield "steps is at most steps_maximum"

    def attribute(self, task: Task) -> Found:
        """
        Attribute the cases, each with the fewest steps of its doublings that are enough.

        Parameters
        ----------
        task : Task
            The cases.

        Returns
        -------
        Found
            `details["steps"]` is the number of steps used for a case.
        """
        ends, steps = task.ends(), int(task.parameters["steps"])
        waiting = list(range(len(task.targets)))
        values: dict[int, torch.Tensor] = {}
        details: dict[int, dict[str, Any]] = {}
        while waiting:
            some, last = task.part(waiting), steps * 2 > task.parameters["steps_maximum"]
            found = self._with_steps(some, steps=steps)
            for place, value in zip(waiting, found, strict=True):
                output, start = ends[place].tolist()
                error = completeness_error(value.tolist(), output=output, output_at_baseline=start)
                if last or error <= task.parameters["tolerance"]:
                    rule = "gausslegendre" if steps <= GAUSS_MAXIMUM else "riemann_middle"
                    values[place], details[place] = value, {"steps": steps, "quadrature": rule}
            waiting = [place for place in waiting if place not in values]
            steps *= 2
        count = range(len(task.targets))
        return Found([values[place] for place in count], ends, [details[place] for place in count])

    def _with_steps(self, task: Task, *, steps: int) -> "list[torch.Tensor]":
        surface = task.surface
        return surface.collapse(
            path_gradients(
                task.pool, inputs=surface.inputs, baseline=surface.baseline, targets=task.targets, steps=steps
            )
        )
