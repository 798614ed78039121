"""Integrated Gradients by Captum, many cases at a time, with as many steps as the completeness error asks for."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from explainers.core.attribution import TARGET_SPACES, Explanation, completeness_error
from explainers.core.errors import ExplanationRefused
from explainers.core.method import Batch, Method
from explainers.core.predictor import CHUNK, LoadedPredictor, alone, padded
from explainers.methods import METHODS

if TYPE_CHECKING:
    import torch

BASELINES = ("training_mean",)
LANES = 16
GAUSS_MAXIMUM = 256


@METHODS.register
class IntegratedGradients(Method):
    """
    Attribution by the gradients along the straight line from a baseline to the case.

    Definition: a_i = (x_i - x0_i) * integral over t from 0 to 1 of df(x0 + t (x - x0)) / dx_i, by
    Gauss-Legendre quadrature up to 256 steps and by the midpoint rule beyond (at the kinks of a network
    neither is better, and finding the nodes of the former takes longer than the network). f is the
    log-odds, the raw score or the probability of the target class; the
    baseline x0 is the mean of the training data ("a typical patient"). The number of steps doubles from
    `steps` until the completeness error of the case is at most `tolerance`, at most to `steps_maximum`;
    a case that still misses it carries its error with it and fails the gate at launch.

    Notes
    -----
    Preprocessing is one factor and one shift per feature, so attributions are the same in standardised
    and in original units. Rows are independent in eval mode (checked at intake), therefore one backward
    pass through the sum gives the gradient of every row.

    References
    ----------
    .. [1] Sundararajan, Taly, Yan (2017). Axiomatic attribution for deep networks. arXiv:1703.01365
    .. [2] Kokhlikyan et al. (2020). Captum. arXiv:2009.07896
    """

    name = "integrated_gradients"
    version = "1"
    label = "Integrated Gradients"
    modality = "tabular"
    scope = "attribution"
    parameters: ClassVar[Mapping[str, Any]] = {
        "baseline": "training_mean",
        "target_space": "log_odds",
        "steps": 16,
        "steps_maximum": 4096,
        "tolerance": 0.01,
    }
    promises = frozenset({"completeness", "determinism", "batch_independence"})
    reference = "https://arxiv.org/abs/1703.01365"

    def explain(self, batch: Batch) -> list[Explanation]:
        """
        Explain every case; cases with equal parameters share their passes.

        Parameters
        ----------
        batch : Batch
            The cases.

        Returns
        -------
        list of Explanation
            One per case; `recipe["steps"]` is the number of steps used for it.

        Raises
        ------
        ExplanationRefused
            If a parameter is out of range or a target is no class of the predictor.
        """
        results: dict[int, Explanation] = {}
        groups: dict[tuple[Any, ...], list[int]] = {}
        for place, parameters in enumerate(batch.parameters):
            check_parameters(parameters)
            groups.setdefault(tuple(sorted(parameters.items())), []).append(place)
        for places in groups.values():
            self._explain_group(batch, places=places, results=results)
        return [results[place] for place in range(len(batch.rows))]

    def _explain_group(self, batch: Batch, *, places: Sequence[int], results: dict[int, Explanation]) -> None:
        parameters = batch.parameters[places[0]]
        steps, waiting = int(parameters["steps"]), list(places)
        while waiting:
            last = steps * 2 > parameters["steps_maximum"]
            found: list[Explanation] = []
            for begin in range(0, len(waiting), CHUNK):
                found += explain_chunk(batch, places=waiting[begin : begin + CHUNK], steps=steps)
            for place, explanation in zip(waiting, found, strict=True):
                if last or explanation.completeness_error <= parameters["tolerance"]:
                    results[place] = explanation
            waiting = [place for place in waiting if place not in results]
            steps *= 2


def check_parameters(parameters: Mapping[str, Any]) -> None:
    """
    Check the parameters of the method.

    Parameters
    ----------
    parameters : Mapping
        All of them.

    Raises
    ------
    ExplanationRefused
        With a sentence on the first fault.
    """
    if parameters["baseline"] not in BASELINES:
        raise ExplanationRefused(
            f"The baseline is one of {', '.join(BASELINES)}, not {parameters['baseline']!r}."
        )
    if parameters["target_space"] not in TARGET_SPACES:
        raise ExplanationRefused(f"The target space is one of {', '.join(TARGET_SPACES)}.")
    steps, maximum = parameters["steps"], parameters["steps_maximum"]
    if (
        not (type(steps) is int and type(maximum) is int and LANES <= steps <= maximum <= 4096)
        or steps % LANES
    ):
        raise ExplanationRefused(
            f"steps and steps_maximum are whole numbers, {LANES} <= steps <= steps_maximum <= 4096, steps a "
            f"multiple of {LANES}."
        )
    if not 0 < parameters["tolerance"] <= 1:
        raise ExplanationRefused("tolerance is a proportion above 0 and at most 1.")


def explain_chunk(batch: Batch, *, places: Sequence[int], steps: int) -> list[Explanation]:
    """
    Explain at most `CHUNK` cases with one number of steps.

    Parameters
    ----------
    batch : Batch
        All cases.
    places : Sequence of int
        Which of them; equal parameters.
    steps : int
        Nodes of the quadrature.

    Returns
    -------
    list of Explanation
        One per place.
    """
    import torch
    from captum.attr import IntegratedGradients as CaptumIntegratedGradients

    predictor, parameters = batch.predictor, batch.parameters[places[0]]
    space = str(parameters["target_space"])
    function = target_function(predictor, space=space)
    inputs = padded(predictor.tensor([batch.rows[place] for place in places]))
    baseline = torch.zeros_like(inputs)
    indices = [class_index(predictor, name=batch.targets[place]) for place in places]
    targets = torch.tensor(indices + [0] * (CHUNK - len(places)))
    method = CaptumIntegratedGradients(function, multiply_by_inputs=True)
    method.gradient_func = summed_gradient
    rule = "gausslegendre" if steps <= GAUSS_MAXIMUM else "riemann_middle"
    values = method.attribute(inputs, baselines=baseline, target=targets, n_steps=steps, method=rule).double()
    outputs = alone(function, inputs).double().gather(1, targets[:, None])[:, 0].tolist()
    starts = alone(function, baseline).double().gather(1, targets[:, None])[:, 0].tolist()
    return [
        Explanation(
            features=tuple(predictor.spec.features),
            values=tuple(values[row].tolist()),
            target_class=batch.targets[place],
            target_space=space,
            baseline=tuple(float(mean) for mean in predictor.spec.preprocessing["mean"]),
            output=outputs[row],
            output_at_baseline=starts[row],
            completeness_error=completeness_error(
                values[row].tolist(), output=outputs[row], output_at_baseline=starts[row]
            ),
            recipe={"steps": steps, "chunk": CHUNK, "quadrature": rule},
        )
        for row, place in enumerate(places)
    ]


def class_index(predictor: LoadedPredictor, *, name: str) -> int:
    """
    Return the column of a class.

    Parameters
    ----------
    predictor : LoadedPredictor
        The predictor.
    name : str
        The class.

    Returns
    -------
    int
        From 0.

    Raises
    ------
    ExplanationRefused
        If the predictor has no such class.
    """
    if name not in predictor.spec.classes:
        raise ExplanationRefused(
            f"The predictor has no class {name!r}; it has {', '.join(predictor.spec.classes)}."
        )
    return list(predictor.spec.classes).index(name)


def target_function(predictor: LoadedPredictor, *, space: str) -> "Callable[[torch.Tensor], torch.Tensor]":
    """
    Return the function whose output is explained.

    Parameters
    ----------
    predictor : LoadedPredictor
        The predictor.
    space : str
        `score`: z_k. `probability`: softmax(z)_k. `log_odds`: z_k - log sum over j != k of exp(z_j).

    Returns
    -------
    Callable
        From standardised inputs (n, features) to (n, classes).
    """
    import torch

    def log_odds(inputs: "torch.Tensor") -> "torch.Tensor":
        scores = predictor.module(inputs)
        classes = scores.shape[1]
        others = scores[:, None, :].expand(-1, classes, -1)
        own = torch.eye(classes, dtype=torch.bool, device=scores.device)
        return torch.as_tensor(scores - torch.logsumexp(others.masked_fill(own, float("-inf")), dim=2))

    def probability(inputs: "torch.Tensor") -> "torch.Tensor":
        return torch.softmax(predictor.module(inputs), dim=1)

    def score(inputs: "torch.Tensor") -> "torch.Tensor":
        return torch.as_tensor(predictor.module(inputs))

    return {"log_odds": log_odds, "probability": probability, "score": score}[space]


def summed_gradient(
    forward_fn: "Callable[..., torch.Tensor]",
    inputs: "tuple[torch.Tensor, ...]",
    target_ind: "torch.Tensor",
    additional_forward_args: object = None,
) -> "tuple[torch.Tensor, ...]":
    """
    Return the gradient of each row's target output, by one backward pass through their sum.

    Captum orders its rows by step, then by case. Here they go through the network by case, then by step:
    every case begins at a multiple of `LANES` rows, so that the last bits of a matrix product do not depend
    on the place of the case in the chunk.

    Parameters
    ----------
    forward_fn : Callable
        From rows to (n, classes).
    inputs : tuple of torch.Tensor
        One tensor, (steps * CHUNK, features).
    target_ind : torch.Tensor
        Column per row.
    additional_forward_args : object
        Not used; Captum passes it.

    Returns
    -------
    tuple of torch.Tensor
        Gradients, shaped as the inputs.
    """
    import torch

    (rows,) = inputs
    order = torch.arange(len(rows)).reshape(-1, CHUNK).T.reshape(-1)
    by_case = rows.detach()[order].requires_grad_()
    with torch.autograd.set_grad_enabled(True):
        outputs = forward_fn(by_case).gather(1, target_ind[order][:, None])
        (gradients,) = torch.autograd.grad(outputs.sum(), by_case)
    result = torch.empty_like(gradients)
    result[order] = gradients
    return (result,)
