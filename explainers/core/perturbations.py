"""Attribution by taking parts away: the same coalitions for every case, all through one row pool."""

from typing import TYPE_CHECKING

from explainers.core.attributor import Found, Task
from explainers.core.coalitions import Design
from explainers.core.gradients import details_of

if TYPE_CHECKING:
    import torch


def coalition_values(task: Task, *, kept: "torch.Tensor") -> "torch.Tensor":
    """
    Return the output of every case for every coalition of its parts.

    Parameters
    ----------
    task : Task
        The cases.
    kept : torch.Tensor
        Boolean, (coalitions, parts): which parts keep their value; the others get the baseline's.

    Returns
    -------
    torch.Tensor
        float64, (n, coalitions).
    """
    import torch

    surface = task.surface

    def points(cases: slice, part: slice) -> "torch.Tensor":
        masks = surface.masks(kept[part], cases=cases)
        return torch.where(masks, surface.inputs[cases, None], surface.baseline[cases, None])

    return task.pool.values(points, targets=task.targets, shape=surface.shape, per_case=len(kept))


def by_design(task: Task, *, design: Design) -> Found:
    """
    Attribute cases by a design: one linear map from the values of its coalitions.

    Parameters
    ----------
    task : Task
        The cases.
    design : Design
        Coalitions, the last two everything and nothing, and the linear map.

    Returns
    -------
    Found
        `details["coalitions"]` is how many were asked for.
    """
    import torch

    device = task.surface.inputs.device
    values = coalition_values(task, kept=torch.from_numpy(design.kept).to(device))
    linear = torch.from_numpy(design.linear).to(device)
    # The rows of the map add up to 0, so a constant may be taken off first: then a constant predictor has exactly no
    # attribution. Each case by itself: in a larger product the last bits would depend on how many cases there are.
    gains = values - values[:, -1:]
    attributions = torch.stack([linear @ gain for gain in gains])
    return Found(
        task.surface.spread(attributions), values[:, -2:], details_of(task, coalitions=len(design.kept))
    )
