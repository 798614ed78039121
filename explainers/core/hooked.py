"""Methods that look inside the network: Captum's, called chunk by chunk on a predictor with its target as last layer.

Captum puts hooks into the network while it works, so two of these must never run over one network at a time: one
process computes with one thread of its own (see the engine).
"""

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from explainers.core.attributor import Task
from explainers.core.errors import ExplanationRefused

if TYPE_CHECKING:
    import torch
    from torch import nn


def summed_gradient(
    forward_fn: "Callable[..., torch.Tensor]",
    inputs: "tuple[torch.Tensor, ...]",
    target_ind: Any = None,
    additional_forward_args: Any = None,
) -> "tuple[torch.Tensor, ...]":
    """
    Return the gradient of every row by one backward pass through the sum; stands in for Captum's row by row.

    Parameters
    ----------
    forward_fn : Callable
        From rows to (n, classes).
    inputs : tuple of torch.Tensor
        With the rows first.
    target_ind : Any
        As Captum passes it.
    additional_forward_args : Any
        As Captum passes it.

    Returns
    -------
    tuple of torch.Tensor
        Gradients, shaped as the inputs. Valid because rows do not influence each other.
    """
    import torch
    from captum._utils.common import _run_forward

    with torch.autograd.set_grad_enabled(True):
        outputs = _run_forward(forward_fn, inputs, target_ind, additional_forward_args)
        return torch.autograd.grad(outputs.sum(), inputs)


def with_target(task: Task) -> "nn.Module":
    """
    Return the network with the declared target space as its last, linear layer.

    Parameters
    ----------
    task : Task
        The cases.

    Returns
    -------
    torch.nn.Module
        From rows to (n, outputs). Log-odds of two classes are a difference; that is linear.

    Raises
    ------
    ExplanationRefused
        If the space is not linear in the scores: these methods have no rule for it.
    """
    import torch
    from torch import nn

    space, classes = str(task.parameters["target_space"]), len(task.predictor.spec.classes)
    network: nn.Module = task.predictor.module
    if space == "score":
        return network
    if space == "log_odds" and classes == 2:
        last = nn.Linear(2, 2, bias=False, device=task.surface.inputs.device)
        last.weight = nn.Parameter(
            torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).to(last.weight), requires_grad=False
        )
        return nn.Sequential(network, last).eval()
    raise ExplanationRefused(
        f"This method cannot explain the {space} of {classes} classes; declare target_space: score."
    )


def by_chunks(
    task: Task,
    *,
    attribute: "Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]",
) -> "torch.Tensor":
    """
    Call a function on chunks of cases, always of one size.

    Parameters
    ----------
    task : Task
        The cases.
    attribute : Callable
        From inputs, baselines (both (rows, *shape)) and target columns (rows,) to attributions (rows, ...).

    Returns
    -------
    torch.Tensor
        float64, (n, ...).
    """
    import torch

    surface, rows = task.surface, task.pool.rows
    found = []
    for begin in range(0, len(task.targets), rows):
        part = slice(begin, begin + rows)
        whole = [filled(each[part], rows=rows) for each in (surface.inputs, surface.baseline, task.targets)]
        with warnings.catch_warnings():  # Captum announces that it sets hooks
            warnings.filterwarnings("ignore", message="Setting .*hooks")
            got = attribute(whole[0].clone().requires_grad_(), whole[1], whole[2]).detach().double()
        found.append(got[: len(task.targets[part])])
    return torch.cat(found)


def filled(part: "torch.Tensor", *, rows: int) -> "torch.Tensor":
    """
    Fill a chunk up with copies of its first row.

    Parameters
    ----------
    part : torch.Tensor
        (n, ...), 1 <= n <= rows.
    rows : int
        Size of the chunk.

    Returns
    -------
    torch.Tensor
        (rows, ...).

    Examples
    --------
    >>> import torch
    >>> filled(torch.tensor([7, 8]), rows=4).tolist()
    [7, 8, 7, 7]
    """
    import torch

    return torch.cat([part, part[:1].expand(rows - len(part), *part.shape[1:])])


def layers_without_rule(network: "nn.Module") -> list[str]:
    """
    Name the kinds of layers of a network for which the rules of these methods are not made.

    Parameters
    ----------
    network : torch.nn.Module
        Any.

    Returns
    -------
    list of str
        Names of kinds, sorted; empty for linear layers, ReLU, tanh, sigmoid, pooling, batch norm.
    """
    from torch import nn

    strange = (nn.GELU, nn.SiLU, nn.Mish, nn.Hardswish, nn.MultiheadAttention, nn.LayerNorm, nn.GroupNorm)
    return sorted({type(module).__name__ for module in network.modules() if isinstance(module, strange)})
