"""Running a method over cases: draws the seeds, checks the targets, writes the recipes."""

import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from itertools import islice
from typing import Any

from explainers.core.attribution import Explanation, check_target
from explainers.core.digest import ENGINE_VERSION, digest_of
from explainers.core.errors import ExplanationRefused
from explainers.core.method import Batch, Method
from explainers.core.numerics import CPU
from explainers.core.predictor import LoadedPredictor
from explainers.core.reference import ReferenceSet

NUMERICS = CPU.name
LIBRARIES = ("torch", "captum", "numpy", "safetensors")


@dataclass(frozen=True)
class ExplainRequest:
    """
    One case to be explained.

    Parameters
    ----------
    case_key : str
        For messages.
    case_digest : str
        Digest of the inputs.
    inputs : Mapping
        Of the case, as the predictor takes them.
    target_declared : str
        What the study declares, such as `advised`.
    target_class : str
        The class that this means here, from the prediction that is shown.
    parameters : Mapping
        Complete parameters of the method.
    seed : int
        Of the study.
    source : Explanation or None
        The artefact that a control is made of.
    """

    case_key: str
    case_digest: str
    inputs: Mapping[str, Any]
    target_declared: str
    target_class: str
    parameters: Mapping[str, Any]
    seed: int = 0
    source: Explanation | None = None


def explain(
    method: Method,
    *,
    predictor: LoadedPredictor,
    predictor_digest: str,
    requests: Sequence[ExplainRequest],
    references: Mapping[str, ReferenceSet] | None = None,
) -> list[Explanation]:
    """
    Explain cases with one method.

    Parameters
    ----------
    method : Method
        A plug-in.
    predictor : LoadedPredictor
        The predictor.
    predictor_digest : str
        For the recipe.
    requests : Sequence of ExplainRequest
        The cases. What a case gets does not depend on the others.
    references : Mapping or None
        Sets of cases that parameters name.

    Returns
    -------
    list of Explanation
        One per request, with the full recipe.

    Raises
    ------
    ExplanationTargetMismatch
        If a method explained another class than the declared one.
    ExplanationRefused
        If the method cannot explain what was asked.
    """
    batch = Batch(
        predictor=predictor,
        rows=[request.inputs for request in requests],
        targets=[request.target_class for request in requests],
        parameters=[request.parameters for request in requests],
        seeds=[case_seed(request, method=method.name) for request in requests],
        sources=[request.source for request in requests if request.source is not None],
        designs=[design_seed(request, method=method.name) for request in requests],
        references=references or {},
    )
    check_modality(method, predictor=predictor)
    numerics = getattr(predictor, "numerics", CPU)
    with one_thread(), numerics.running():
        found = method.explain(batch)
    if len(found) != len(requests):
        raise ExplanationRefused(
            f"The method {method.name} gave {len(found)} explanations for {len(requests)} cases."
        )
    results = []
    for request, explanation in zip(requests, found, strict=True):
        check_target(
            explanation,
            declared=request.target_declared,
            expected=request.target_class,
            case=request.case_key,
        )
        whole = recipe(request, method=method, predictor_digest=predictor_digest, numerics=numerics.name)
        results.append(replace(explanation, recipe={**whole, "details": dict(explanation.recipe)}))
    return results


def case_seed(request: ExplainRequest, *, method: str) -> str:
    """
    Return the seed of one case: it depends on the case and the method, never on the batch.

    Parameters
    ----------
    request : ExplainRequest
        The case.
    method : str
        Name of the method.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return digest_of(
        {
            "case": request.case_digest,
            "method": method,
            "parameters": dict(request.parameters),
            "seed": request.seed,
        }
    )


def design_seed(request: ExplainRequest, *, method: str) -> str:
    """
    Return the seed of what is drawn once for all cases of a study: steps, coalitions, noise.

    Parameters
    ----------
    request : ExplainRequest
        A case.
    method : str
        Name of the method.

    Returns
    -------
    str
        64 hexadecimal digits; equal for cases with equal parameters and equal seed.
    """
    return digest_of({"method": method, "parameters": dict(request.parameters), "seed": request.seed})


def family_digest(request: ExplainRequest, *, method: Method) -> str:
    """
    Return the name of the family of an explanation: what differs only by seed or by checkpoint has one name.

    Parameters
    ----------
    request : ExplainRequest
        The case.
    method : Method
        The method.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return digest_of(
        {
            "case": request.case_digest,
            "method": method.name,
            "version": method.version,
            "parameters": dict(request.parameters),
            "target": request.target_declared,
        }
    )


def check_modality(method: Method, *, predictor: LoadedPredictor) -> None:
    """
    Refuse a method that cannot explain cases of this kind.

    Parameters
    ----------
    method : Method
        The method.
    predictor : LoadedPredictor
        The predictor.

    Raises
    ------
    ExplanationRefused
        With the kinds that it can explain.
    """
    modality = getattr(predictor, "modality", "tabular")
    if modality not in method.modality.split():
        raise ExplanationRefused(
            f"The method {method.name} explains {' and '.join(method.modality.split())} cases; "
            f"this predictor takes {modality} ones."
        )


def explain_stream(
    method: Method,
    *,
    predictor: LoadedPredictor,
    predictor_digest: str,
    requests: Iterable[ExplainRequest],
    together: int = 256,
) -> Iterator[Explanation]:
    """
    Explain any number of cases with bounded memory.

    Parameters
    ----------
    method : Method
        A plug-in.
    predictor : LoadedPredictor
        The predictor.
    predictor_digest : str
        For the recipe.
    requests : Iterable of ExplainRequest
        The cases; a generator is read as it goes.
    together : int
        How many are held at a time. It changes nothing but the speed.

    Yields
    ------
    Explanation
        In the order of the requests.
    """
    waiting = iter(requests)
    while some := list(islice(waiting, together)):
        yield from explain(method, predictor=predictor, predictor_digest=predictor_digest, requests=some)


def recipe(
    request: ExplainRequest, *, method: Method, predictor_digest: str, numerics: str = NUMERICS
) -> dict[str, Any]:
    """
    Write down what is needed to make an explanation again.

    Parameters
    ----------
    request : ExplainRequest
        The case.
    method : Method
        The method.
    predictor_digest : str
        Digest of the predictor.
    numerics : str
        Class of numbers and device.

    Returns
    -------
    dict
        Digests, method, version, parameters, target, seed, numerics, versions of the libraries.
    """
    return {
        "engine": ENGINE_VERSION,
        "predictor": predictor_digest,
        "case": request.case_digest,
        "method": method.name,
        "version": method.version,
        "parameters": dict(request.parameters),
        "target_declared": request.target_declared,
        "target_class": request.target_class,
        "seed": request.seed,
        "family": family_digest(request, method=method),
        "numerics": numerics,
        "libraries": dict(_libraries()),
    }


@cache
def _libraries() -> tuple[tuple[str, str], ...]:
    found = {name: version(name) for name in LIBRARIES}
    return tuple({**found, "python": platform.python_version()}.items())


@contextmanager
def one_thread() -> Iterator[None]:
    """
    Compute on one thread, so that sums are taken in one order whatever the machine.

    Yields
    ------
    None
        The former number of threads comes back afterwards.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
