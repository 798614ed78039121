"""LIME: a weighted linear model of the predictor around the case, on the same coalitions for all cases."""

from collections.abc import Mapping
from typing import Any, ClassVar

from explainers.core.attributor import Attributor, Found, Task
from explainers.core.coalitions import lime_design
from explainers.core.limits import SPACES, Limit, Number, Whole
from explainers.core.perturbations import by_design
from explainers.methods import METHODS


@METHODS.register
class Lime(Attributor):
    """
    Attribution by the coefficients of a local linear model.

    Definition: see `explainers.core.coalitions.lime_design`: random coalitions of parts, those near the whole case
    weigh more (kernel of the width `width` on the cosine distance), ridge regression of the output on which parts are
    there. Parts and baselines are those of KernelSHAP.

    Notes
    -----
    Coefficients are about the neighbourhood that the kernel makes; values need not add up. Ridge, not lasso: the
    regression is one linear map for all cases, and no part is set to zero by a threshold.

    References
    ----------
    .. [1] Ribeiro, Singh, Guestrin (2016). "Why should I trust you?" doi:10.1145/2939672.2939778
    """

    name = "lime"
    version = "1"
    label = "LIME"
    modality = "tabular image text"
    equal_parts = True
    parameters: ClassVar[Mapping[str, Any]] = {
        "target_space": "log_odds",
        "samples": 1024,
        "width": 0.25,
        "ridge": 1.0,
        "patch": 8,
    }
    limits: ClassVar[Mapping[str, Limit]] = {
        "target_space": SPACES,
        "samples": Whole(4, 65536),
        "width": Number(0, 100, open_low=True),
        "ridge": Number(0, 1e6, open_low=True),
        "patch": Whole(1, 512),
    }
    promises = frozenset({"determinism", "batch_independence"})
    reference = "https://doi.org/10.1145/2939672.2939778"

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
            Signed coefficients.
        """
        chosen = task.parameters
        design = lime_design(
            task.surface.counts[0],
            samples=int(chosen["samples"]),
            width=float(chosen["width"]),
            ridge=float(chosen["ridge"]),
            seed=task.design,
        )
        return by_design(task, design=design)
