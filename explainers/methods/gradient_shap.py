"""GradientSHAP: gradient times difference, averaged over baselines and places on the path, the same for every case."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from explainers.core.attributor import Attributor, Found, Task
from explainers.core.draws import generator_of
from explainers.core.gradients import details_of, expected_gradients, paired_noise
from explainers.core.limits import SPACES, Choice, Limit, Number, Whole
from explainers.methods import METHODS

if TYPE_CHECKING:
    import torch


@METHODS.register
class GradientShap(Attributor):
    """
    Attribution by expected gradients.

    Definition: a = mean over s of (x + e_s - b_s) * grad f(b_s + t_s (x + e_s - b_s)). Baselines b are independent
    normal draws with the mean and the standard deviation of each input in the training data
    (`training_spread`; they are not real cases) or the mean itself (`training_mean`); t is one draw from each of
    `samples` equal stretches from 0 to 1; e is normal noise of the size `noise`.

    Notes
    -----
    The draws come from the study's seed and are the same for every case: differences between cases are not due to
    them. Normal draws come in pairs of opposite sign. What cases are compared with is the mean output over the
    baselines. With few samples the values do not add up exactly: the completeness error says how far.

    References
    ----------
    .. [1] Erion et al. (2021). Improving performance of deep learning models with axiomatic attribution priors and
           expected gradients. doi:10.1038/s42256-021-00343-w
    .. [2] Lundberg, Lee (2017). A unified approach to interpreting model predictions. arXiv:1705.07874
    """

    name = "gradient_shap"
    version = "1"
    label = "GradientSHAP"
    modality = "tabular image"
    parameters: ClassVar[Mapping[str, Any]] = {
        "baseline": "training_spread",
        "target_space": "log_odds",
        "samples": 256,
        "noise": 0.0,
    }
    limits: ClassVar[Mapping[str, Limit]] = {
        "baseline": Choice("training_spread", "training_mean"),
        "target_space": SPACES,
        "samples": Whole(1, 4096),
        "noise": Number(0, 10),
    }
    promises = frozenset({"determinism", "batch_independence"})
    reference = "https://doi.org/10.1038/s42256-021-00343-w"

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
            `ends[:, 1]` is the mean output over the baselines.
        """
        surface, samples = task.surface, int(task.parameters["samples"])
        baselines = surface.baseline[:1].expand(samples, *surface.shape)
        if task.parameters["baseline"] == "training_spread":
            baselines = baselines + paired_noise(task, samples=samples, name="baselines")
        size = float(task.parameters["noise"])
        found = expected_gradients(
            task.pool,
            inputs=surface.inputs,
            baselines=baselines,
            alphas=stratified(samples, design=task.design).to(surface.inputs),
            noise=size * paired_noise(task, samples=samples, name="noise") if size else None,
            targets=task.targets,
        )
        ends = task.ends()
        ends[:, 1] = _mean_outputs(task, points=baselines)
        return Found(surface.collapse(found), ends, details_of(task))


def stratified(samples: int, *, design: str) -> "torch.Tensor":
    """
    Draw one number from each of equal stretches from 0 to 1, in random order.

    Parameters
    ----------
    samples : int
        How many stretches.
    design : str
        Seed.

    Returns
    -------
    torch.Tensor
        float64, (samples,).

    Examples
    --------
    >>> sorted((4 * stratified(4, design="a")).int().tolist())
    [0, 1, 2, 3]
    """
    import torch

    generator = generator_of(f"{design}:alphas")
    drawn = (generator.permutation(samples) + generator.random(samples)) / samples
    return torch.from_numpy(drawn)


def _mean_outputs(task: Task, *, points: "torch.Tensor") -> "torch.Tensor":
    """Return the mean output over points, per case; each class is evaluated once, at a place of its own."""
    import torch

    classes, own = torch.unique(task.targets, return_inverse=True)
    means = torch.empty(len(classes), dtype=torch.float64, device=points.device)
    for place, column in enumerate(classes):
        found = task.pool.values(
            lambda _cases, part: points[None, part],
            targets=column[None],
            shape=task.surface.shape,
            per_case=len(points),
        )
        means[place] = found.mean()
    return means[own]
