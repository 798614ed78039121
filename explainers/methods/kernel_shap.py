"""KernelSHAP: Shapley values by weighted least squares, with one design of coalitions for all cases."""

from collections.abc import Mapping
from typing import Any, ClassVar

from explainers.core.attributor import Attributor, Found, Task
from explainers.core.coalitions import kernel_design
from explainers.core.limits import SPACES, Limit, Whole
from explainers.core.perturbations import by_design
from explainers.methods import METHODS


@METHODS.register
class KernelShap(Attributor):
    """
    Attribution by Shapley values of the game in which absent parts have the baseline's value.

    Definition: see `explainers.core.coalitions.kernel_design`: the sizes of coalitions that fit are listed whole, the
    others drawn in complementary pairs without repetition, weighted least squares with the constraint that the
    values add up to f(x) - f(x0). Parts are features (baseline: the training mean), square patches of
    `patch` pixels (the mean picture) or words (the embedding of padding).

    Notes
    -----
    The design is drawn once from the study's seed and is the same for every case: there is one linear map from
    outputs to attributions, and differences between cases are not due to the draw. Exact if all
    2**parts - 2 coalitions fit into `samples`.

    References
    ----------
    .. [1] Lundberg, Lee (2017). A unified approach to interpreting model predictions. arXiv:1705.07874
    .. [2] Covert, Lee (2021). Improving KernelSHAP. arXiv:2012.01536
    """

    name = "kernel_shap"
    version = "1"
    label = "KernelSHAP"
    modality = "tabular image text"
    equal_parts = True
    parameters: ClassVar[Mapping[str, Any]] = {"target_space": "log_odds", "samples": 1024, "patch": 8}
    limits: ClassVar[Mapping[str, Limit]] = {
        "target_space": SPACES,
        "samples": Whole(2, 65536),
        "patch": Whole(1, 512),
    }
    promises = frozenset({"completeness", "determinism", "batch_independence"})
    reference = "https://arxiv.org/abs/1705.07874"

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
            Values that add up to f(x) - f(x0).

        Raises
        ------
        ExplanationRefused
            If there are too few samples for the number of parts.
        """
        samples = int(task.parameters["samples"])
        return by_design(
            task, design=kernel_design(task.surface.counts[0], samples=samples, seed=task.design)
        )
