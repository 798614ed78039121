"""DeepLIFT by Captum, many cases at a time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from explainers.core.attributor import Attributor, Found, Task
from explainers.core.errors import ExplanationRefused
from explainers.core.gradients import details_of
from explainers.core.hooked import by_chunks, layers_without_rule, summed_gradient, with_target
from explainers.core.limits import SPACES, Limit
from explainers.methods import METHODS

if TYPE_CHECKING:
    import torch


@METHODS.register
class DeepLift(Attributor):
    """
    Attribution by the differences of activations between the case and the baseline (the rescale rule).

    Definition: the change of the output is handed back layer by layer; a nonlinearity hands on
    (change of its output) / (change of its input). The baseline is the training mean. `target_space` is the score, or
    for two classes the log-odds, which are linear in the scores.

    Notes
    -----
    Every nonlinearity has to be a module of its own, used once; the registered architectures hold to that.
    Networks with other nonlinearities than the method knows are refused, because it would be silently wrong there.
    With max-pooling the values add up only nearly; the completeness error says how far.

    References
    ----------
    .. [1] Shrikumar, Greenside, Kundaje (2017). Learning important features through propagating activation
           differences. arXiv:1704.02685
    .. [2] Kokhlikyan et al. (2020). Captum. arXiv:2009.07896
    """

    name = "deep_lift"
    version = "1"
    label = "DeepLIFT"
    modality = "tabular image"
    parameters: ClassVar[Mapping[str, Any]] = {"target_space": "log_odds"}
    limits: ClassVar[Mapping[str, Limit]] = {"target_space": SPACES}
    promises = frozenset({"completeness", "determinism", "seedless", "batch_independence"})
    reference = "https://arxiv.org/abs/1704.02685"

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

        Raises
        ------
        ExplanationRefused
            If the network has layers that the method has no rule for.
        """
        from captum.attr import DeepLift as CaptumDeepLift

        strange = layers_without_rule(task.predictor.module)
        if strange:
            raise ExplanationRefused(
                f"DeepLIFT has no rule for {', '.join(strange)}, so it would be wrong without saying so."
            )
        method = CaptumDeepLift(with_target(task))
        method.gradient_func = summed_gradient

        def attribute(
            inputs: "torch.Tensor", baselines: "torch.Tensor", targets: "torch.Tensor"
        ) -> "torch.Tensor":
            found: torch.Tensor = method.attribute(inputs, baselines, target=targets)
            return found

        return Found(
            task.surface.collapse(by_chunks(task, attribute=attribute)), task.ends(), details_of(task)
        )
