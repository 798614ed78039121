"""SmoothGrad: the gradient, averaged over noisy copies of the case."""

from collections.abc import Mapping
from typing import Any, ClassVar

from explainers.core.attributor import Attributor, Found, Task
from explainers.core.gradients import details_of, mean_gradients, paired_noise
from explainers.core.limits import SPACES, SWITCH, Limit, Number, Whole
from explainers.methods import METHODS


@METHODS.register
class SmoothGrad(Attributor):
    """
    Attribution by the mean gradient in a neighbourhood of the case.

    Definition: mean over s of df(x + noise * e_s) / dx, with e standard normal in units of the network (for
    tables and standardised pictures: training standard deviations), drawn in pairs of opposite sign. With
    `absolute` the magnitude of that mean is shown.

    Notes
    -----
    The noise is drawn once from the study's seed and is the same for every case, so that two cases never differ by
    the draw. Values need not add up.

    References
    ----------
    .. [1] Smilkov et al. (2017). SmoothGrad: removing noise by adding noise. arXiv:1706.03825
    """

    name = "smooth_grad"
    version = "1"
    label = "SmoothGrad"
    modality = "tabular image text"
    parameters: ClassVar[Mapping[str, Any]] = {
        "target_space": "log_odds",
        "samples": 64,
        "noise": 0.15,
        "absolute": True,
    }
    limits: ClassVar[Mapping[str, Limit]] = {
        "target_space": SPACES,
        "samples": Whole(1, 4096),
        "noise": Number(0, 10),
        "absolute": SWITCH,
    }
    promises = frozenset({"determinism", "batch_independence"})
    reference = "https://arxiv.org/abs/1706.03825"

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
            Values of one sign if `absolute`.
        """
        noise = float(task.parameters["noise"]) * paired_noise(
            task, samples=int(task.parameters["samples"]), name="noise"
        )
        found = mean_gradients(task.pool, inputs=task.surface.inputs, noise=noise, targets=task.targets)
        values = task.surface.collapse(found, absolute=task.parameters["absolute"])
        return Found(values, task.ends(), details_of(task))
