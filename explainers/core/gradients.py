"""Attribution by gradients: along a path, at noisy copies, at the case itself; all through one row pool."""

from typing import TYPE_CHECKING, Any

from explainers.core.attributor import Task
from explainers.core.draws import generator_of
from explainers.core.pool import Pool

if TYPE_CHECKING:
    import torch

GAUSS_MAXIMUM = 256


def quadrature(steps: int) -> "tuple[torch.Tensor, torch.Tensor]":
    """
    Return nodes and weights on the line from 0 to 1.

    Definition: Gauss-Legendre up to 256 steps, beyond that the midpoint rule: at the kinks of a network neither is
    better, and finding the nodes of the former then takes longer than the network.

    Parameters
    ----------
    steps : int
        How many nodes.

    Returns
    -------
    tuple of torch.Tensor
        Nodes and weights, float64, (steps,); the weights add up to 1.

    Examples
    --------
    >>> nodes, weights = quadrature(2)
    >>> [round(node, 4) for node in nodes.tolist()], weights.tolist()
    ([0.2113, 0.7887], [0.5, 0.5])
    """
    import numpy as np
    import torch

    if steps > GAUSS_MAXIMUM:
        middles = (torch.arange(steps, dtype=torch.float64) + 0.5) / steps
        return middles, torch.full((steps,), 1 / steps, dtype=torch.float64)
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    return torch.from_numpy((nodes + 1) / 2), torch.from_numpy(weights / 2)


def path_gradients(
    pool: Pool,
    *,
    inputs: "torch.Tensor",
    baseline: "torch.Tensor",
    targets: "torch.Tensor",
    steps: int,
) -> "torch.Tensor":
    """
    Integrate the gradient along the straight line from a baseline to each case (Integrated Gradients).

    Definition: (x - x0) * integral over t from 0 to 1 of grad f(x0 + t (x - x0)).

    Parameters
    ----------
    pool : Pool
        The predictor.
    inputs : torch.Tensor
        x, float32, (n, *shape).
    baseline : torch.Tensor
        x0, float32, (n, *shape).
    targets : torch.Tensor
        Column per case, int64, (n,).
    steps : int
        Nodes of the quadrature.

    Returns
    -------
    torch.Tensor
        float64, (n, *shape).
    """
    shape = tuple(inputs.shape[1:])
    nodes, weights = (along.to(inputs).view(1, -1, *[1] * len(shape)) for along in quadrature(steps))
    difference = inputs - baseline

    def points(cases: slice, part: slice) -> "tuple[torch.Tensor, torch.Tensor]":
        return baseline[cases, None] + nodes[:, part] * difference[cases, None], weights[:, part]

    return pool.gradients(points, targets=targets, shape=shape, per_case=steps) * difference


def expected_gradients(
    pool: Pool,
    *,
    inputs: "torch.Tensor",
    baselines: "torch.Tensor",
    alphas: "torch.Tensor",
    noise: "torch.Tensor | None",
    targets: "torch.Tensor",
) -> "torch.Tensor":
    """
    Average gradient times difference over random baselines and places on the path (GradientSHAP).

    Definition: mean over s of (x + e_s - b_s) * grad f(b_s + t_s (x + e_s - b_s)); the draws (b, t, e) are those of
    every case.

    Parameters
    ----------
    pool : Pool
        The predictor.
    inputs : torch.Tensor
        x, float32, (n, *shape).
    baselines : torch.Tensor
        b, float32, (samples, *shape).
    alphas : torch.Tensor
        t, float32, (samples,), from 0 to 1.
    noise : torch.Tensor or None
        e, float32, (samples, *shape).
    targets : torch.Tensor
        Column per case, int64, (n,).

    Returns
    -------
    torch.Tensor
        float64, (n, *shape).
    """
    import torch

    shape, samples = tuple(inputs.shape[1:]), len(alphas)
    along = alphas.view(1, -1, *[1] * len(shape))
    shift = (baselines if noise is None else baselines - noise)[None]

    def points(cases: slice, part: slice) -> "tuple[torch.Tensor, torch.Tensor]":
        differences = inputs[cases, None] - shift[:, part]
        return torch.addcmul(baselines[None, part], along[:, part], differences), differences

    return pool.gradients(points, targets=targets, shape=shape, per_case=samples) / samples


def mean_gradients(
    pool: Pool, *, inputs: "torch.Tensor", noise: "torch.Tensor", targets: "torch.Tensor"
) -> "torch.Tensor":
    """
    Average the gradient over noisy copies of each case (SmoothGrad); one copy without noise is the plain gradient.

    Parameters
    ----------
    pool : Pool
        The predictor.
    inputs : torch.Tensor
        float32, (n, *shape).
    noise : torch.Tensor
        float32, (samples, *shape); every case gets the same.
    targets : torch.Tensor
        Column per case, int64, (n,).

    Returns
    -------
    torch.Tensor
        float64, (n, *shape).
    """
    one = inputs.new_ones(())
    total = pool.gradients(
        lambda cases, part: (inputs[cases, None] + noise[None, part], one),
        targets=targets,
        shape=tuple(inputs.shape[1:]),
        per_case=len(noise),
    )
    return total / len(noise)


def plain_gradients(task: Task) -> "torch.Tensor":
    """
    Return the gradient at each case.

    Parameters
    ----------
    task : Task
        The cases.

    Returns
    -------
    torch.Tensor
        float64, (n, *shape).
    """
    surface = task.surface
    nothing = surface.inputs.new_zeros((1, *surface.shape))
    return mean_gradients(task.pool, inputs=surface.inputs, noise=nothing, targets=task.targets)


def paired_noise(task: Task, *, samples: int, name: str) -> "torch.Tensor":
    """
    Draw standard normal noise in pairs of opposite sign, once for all cases.

    Parameters
    ----------
    task : Task
        Shape, device and seed.
    samples : int
        How many; an odd one ends with half a pair.
    name : str
        What the noise is for, so that two draws of one method differ.

    Returns
    -------
    torch.Tensor
        float32, (samples, *shape).
    """
    import numpy as np
    import torch

    half = generator_of(f"{task.design}:{name}").standard_normal(
        (-(-samples // 2), *task.surface.shape), dtype=np.float32
    )
    pairs = np.stack([half, -half], axis=1).reshape(-1, *task.surface.shape)[:samples]
    return torch.from_numpy(pairs).to(task.surface.inputs.device)


def details_of(task: Task, **details: Any) -> list[dict[str, Any]]:
    """
    Return the same details for every case of a task.

    Parameters
    ----------
    task : Task
        The cases.
    **details : Any
        What the method decided.

    Returns
    -------
    list of dict
        One per case.
    """
    return [dict(details) for _ in range(len(task.targets))]
