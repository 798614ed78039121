"""Input times gradient: the first-order part of what each input adds."""

from collections.abc import Mapping
from typing import Any, ClassVar

from explainers.core.attributor import Attributor, Found, Task
from explainers.core.gradients import details_of, plain_gradients
from explainers.core.limits import SPACES, Limit
from explainers.methods import METHODS


@METHODS.register
class InputXGradient(Attributor):
    """
    Attribution by the gradient at the case times how far the case is from the training mean.

    Definition: a_i = z_i * df(x) / dz_i, where z is what the network takes: standardised features or pixels
    (so zero is the training mean), or the embedding of a token, summed over its dimensions.

    Notes
    -----
    Exact for linear networks; elsewhere the values need not add up to the change of the output, and the completeness
    error says by how much they do not.

    References
    ----------
    .. [1] Shrikumar et al. (2016). Not just a black box. arXiv:1605.01713
    """

    name = "input_x_gradient"
    version = "1"
    label = "Input x gradient"
    modality = "tabular image text"
    parameters: ClassVar[Mapping[str, Any]] = {"target_space": "log_odds"}
    limits: ClassVar[Mapping[str, Limit]] = {"target_space": SPACES}
    promises = frozenset({"determinism", "seedless", "batch_independence"})
    reference = "https://arxiv.org/abs/1605.01713"

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
            Signed values.
        """
        values = task.surface.collapse(plain_gradients(task) * task.surface.inputs)
        return Found(values, task.ends(), details_of(task))
