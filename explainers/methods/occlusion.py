"""Occlusion: a window slides over the picture, and each pixel gets the mean loss of the windows that cover it."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from explainers.core.attributor import Attributor, Found, Task
from explainers.core.gradients import details_of
from explainers.core.limits import SPACES, Limit, Whole
from explainers.methods import METHODS

if TYPE_CHECKING:
    import torch


@METHODS.register
class Occlusion(Attributor):
    """
    Attribution by covering windows of a picture with the baseline.

    Definition: a_p = mean, over the windows that cover pixel p, of f(x) - f(x with the window at the baseline). Windows
    are squares of `window` pixels, `stride` apart, cut off at the lower and right edge. The baseline is the mean
    picture.

    Notes
    -----
    Values do not add up. A window hides several things at once; its size is part of the question.

    References
    ----------
    .. [1] Zeiler, Fergus (2014). Visualizing and understanding convolutional networks.
           doi:10.1007/978-3-319-10590-1_53
    """

    name = "occlusion"
    version = "1"
    label = "Occlusion"
    modality = "image"
    parameters: ClassVar[Mapping[str, Any]] = {"target_space": "log_odds", "window": 8, "stride": 4}
    limits: ClassVar[Mapping[str, Limit]] = {
        "target_space": SPACES,
        "window": Whole(1, 512),
        "stride": Whole(1, 512),
    }
    promises = frozenset({"determinism", "seedless", "batch_independence"})
    reference = "https://doi.org/10.1007/978-3-319-10590-1_53"

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
            Also if windows would leave pixels between them uncovered.
        """
        found = list(super().faults(parameters))
        yield from found
        if not found and parameters["stride"] > parameters["window"]:
            yield "stride is at most window, or pixels between windows would have no value"

    def attribute(self, task: Task) -> Found:
        """
        Attribute the cases.

        Parameters
        ----------
        task : Task
            The cases.

        Returns
        -------
        Found
            `details["windows"]` is how many there are.
        """
        import torch

        surface, parameters = task.surface, task.parameters
        windows = window_masks(
            surface.shape[1:], window=int(parameters["window"]), stride=int(parameters["stride"])
        ).to(surface.inputs.device)

        def points(cases: slice, part: slice) -> "torch.Tensor":
            masks = windows[None, part, None]
            return torch.where(masks, surface.baseline[cases, None], surface.inputs[cases, None])

        covered = task.pool.values(points, targets=task.targets, shape=surface.shape, per_case=len(windows))
        ends, times = task.ends(), windows.sum(dim=0)
        values = []
        for place in range(len(task.targets)):  # each case by itself, so that its bits are its own
            losses = ends[place, 0] - covered[place]
            values.append(((losses[:, None, None] * windows).sum(dim=0) / times).flatten())
        return Found(values, ends, details_of(task, windows=len(windows)))


def window_masks(size: tuple[int, ...], *, window: int, stride: int) -> "torch.Tensor":
    """
    Return the windows of a picture.

    Parameters
    ----------
    size : tuple of int
        (height, width).
    window : int
        Side in pixels.
    stride : int
        Distance of neighbours in pixels.

    Returns
    -------
    torch.Tensor
        Boolean, (windows, height, width), row by row; the last of a row or column is cut off at the edge.

    Examples
    --------
    >>> window_masks((4, 4), window=2, stride=2).sum(dim=(1, 2)).tolist()
    [4, 4, 4, 4]
    """
    import torch

    along = []
    for side in size:
        count = max(0, -(-(side - window) // stride)) + 1
        starts = torch.arange(count)[:, None] * stride
        places = torch.arange(side)[None]
        along.append((places >= starts) & (places < starts + window))
    down, across = along
    return (down[:, None, :, None] & across[None, :, None, :]).flatten(0, 1)
