"""Saliency: how fast the output changes with each input."""

from collections.abc import Mapping
from typing import Any, ClassVar

from explainers.core.attributor import Attributor, Found, Task
from explainers.core.gradients import details_of, plain_gradients
from explainers.core.limits import SPACES, SWITCH, Limit
from explainers.methods import METHODS


@METHODS.register
class Saliency(Attributor):
    """
    Attribution by the size of the gradient.

    Definition: |df(x) / dx_i| (with `absolute` false: the signed gradient), in units of the target space per
    training standard deviation of the input. Of a pixel the channel with the largest magnitude counts, of a word
    the sum over its tokens of the length of the gradient of the token's embedding; signed values are added up.

    Notes
    -----
    It says where a small change would matter, not what made the output what it is; values need not add up.

    References
    ----------
    .. [1] Simonyan, Vedaldi, Zisserman (2013). Deep inside convolutional networks. arXiv:1312.6034
    """

    name = "saliency"
    version = "1"
    label = "Saliency"
    modality = "tabular image text"
    parameters: ClassVar[Mapping[str, Any]] = {"target_space": "log_odds", "absolute": True}
    limits: ClassVar[Mapping[str, Limit]] = {"target_space": SPACES, "absolute": SWITCH}
    promises = frozenset({"determinism", "seedless", "batch_independence"})
    reference = "https://arxiv.org/abs/1312.6034"

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
        values = task.surface.collapse(plain_gradients(task), absolute=task.parameters["absolute"])
        return Found(values, task.ends(), details_of(task))
