"""Feature ablation: what the output loses when one part of the case is taken away."""

from collections.abc import Mapping
from typing import Any, ClassVar

from explainers.core.attributor import Attributor, Found, Task
from explainers.core.coalitions import Design
from explainers.core.limits import SPACES, Limit, Whole
from explainers.core.perturbations import by_design
from explainers.methods import METHODS


@METHODS.register
class FeatureAblation(Attributor):
    """
    Attribution by replacing one part at a time by the baseline.

    Definition: a_i = f(x) - f(x with part i at the baseline). Parts are features (baseline: the training mean), square
    patches of `patch` pixels (the mean picture) or words (the embedding of padding). A patch gives each of its
    pixels an equal share.

    Notes
    -----
    What two parts say together is lost or counted twice, so values need not add up.

    References
    ----------
    .. [1] Zeiler, Fergus (2014). Visualizing and understanding convolutional networks.
           doi:10.1007/978-3-319-10590-1_53
    """

    name = "feature_ablation"
    version = "1"
    label = "Feature ablation"
    modality = "tabular image text"
    equal_parts = True
    parameters: ClassVar[Mapping[str, Any]] = {"target_space": "log_odds", "patch": 8}
    limits: ClassVar[Mapping[str, Limit]] = {"target_space": SPACES, "patch": Whole(1, 512)}
    promises = frozenset({"determinism", "seedless", "batch_independence"})
    reference = "https://doi.org/10.1007/978-3-319-10590-1_53"

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
        return by_design(task, design=ablation_design(task.surface.counts[0]))


def ablation_design(parts: int) -> Design:
    """
    Make the design that takes one part away at a time.

    Parameters
    ----------
    parts : int
        Features, patches or words.

    Returns
    -------
    Design
        With parts + 2 coalitions.

    Examples
    --------
    >>> ablation_design(2).linear @ [3.0, 5.0, 9.0, 1.0]
    array([6., 4.])
    """
    import numpy as np

    eye = np.eye(parts)
    kept = np.concatenate([eye == 0, np.ones((1, parts), bool), np.zeros((1, parts), bool)])
    return Design(kept, np.column_stack([-eye, np.ones(parts), np.zeros(parts)]))
