"""Deconvolution by Captum; offered with the warning that it hardly depends on what the network has learnt."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from explainers.core.attributor import Attributor, Found, Task
from explainers.core.gradients import details_of
from explainers.core.hooked import by_chunks, summed_gradient, with_target
from explainers.core.limits import Choice, Limit
from explainers.methods import METHODS

if TYPE_CHECKING:
    import torch


@METHODS.register
class Deconvolution(Attributor):
    """
    Attribution by a changed gradient of the score.

    Definition: the gradient of the score of the class, where
    only positive gradients pass a ReLU, wherever they come from. Channels of a
    pixel are added up.

    Notes
    -----
    Fails parameter randomisation: its maps look much the same for a network with random weights, so a study that
    shows them as explanations of the predictor shows edges of the picture. For comparison only.

    References
    ----------
    .. [1] Zeiler, Fergus (2014). Visualizing and understanding convolutional networks. arXiv:1311.2901
    .. [2] Adebayo et al. (2018). Sanity checks for saliency maps. arXiv:1810.03292
    """

    name = "deconvolution"
    version = "1"
    label = "Deconvolution"
    modality = "image"
    parameters: ClassVar[Mapping[str, Any]] = {"target_space": "score"}
    limits: ClassVar[Mapping[str, Limit]] = {"target_space": Choice("score")}
    promises = frozenset({"determinism", "seedless", "batch_independence"})
    reference = "https://arxiv.org/abs/1311.2901"
    warning = (
        "Fails parameter randomisation checks (Adebayo et al. 2018): its maps hardly change when the predictor's "
        "weights are replaced by random ones."
    )

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
        from captum.attr import Deconvolution as CaptumDeconvolution

        method = CaptumDeconvolution(with_target(task))
        method.gradient_func = summed_gradient

        def attribute(
            inputs: "torch.Tensor", _baselines: "torch.Tensor", targets: "torch.Tensor"
        ) -> "torch.Tensor":
            found: torch.Tensor = method.attribute(inputs, target=targets)
            return found

        return Found(
            task.surface.collapse(by_chunks(task, attribute=attribute)), task.ends(), details_of(task)
        )
