"""Shapley sampling: the mean gain of each part over random orders, with the same orders for all cases."""

from collections.abc import Mapping
from typing import Any, ClassVar

from explainers.core.attributor import Attributor, Found, Task
from explainers.core.coalitions import permutation_design
from explainers.core.limits import SPACES, Limit, Whole
from explainers.core.perturbations import by_design
from explainers.methods import METHODS


@METHODS.register
class ShapleySampling(Attributor):
    """
    Attribution by Shapley values, estimated from random orders of the parts.

    Definition: see `explainers.core.coalitions.permutation_design`: parts enter in a random order, and each is given
    the change of the output when it enters; mean over `permutations` orders, which come in pairs of opposite direction.
    Parts and baselines are those of KernelSHAP.

    Notes
    -----
    The orders are drawn once from the study's seed and are the same for every case. Unbiased for any number of
    orders; the values add up exactly.

    References
    ----------
    .. [1] Castro, Gómez, Tejada (2009). Polynomial calculation of the Shapley value based on sampling.
           doi:10.1016/j.cor.2008.04.004
    """

    name = "shapley_sampling"
    version = "1"
    label = "Shapley sampling"
    modality = "tabular image text"
    equal_parts = True
    parameters: ClassVar[Mapping[str, Any]] = {"target_space": "log_odds", "permutations": 64, "patch": 8}
    limits: ClassVar[Mapping[str, Limit]] = {
        "target_space": SPACES,
        "permutations": Whole(1, 4096),
        "patch": Whole(1, 512),
    }
    promises = frozenset({"completeness", "determinism", "batch_independence"})
    reference = "https://doi.org/10.1016/j.cor.2008.04.004"

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
        """
        permutations = int(task.parameters["permutations"])
        return by_design(
            task,
            design=permutation_design(task.surface.counts[0], permutations=permutations, seed=task.design),
        )
