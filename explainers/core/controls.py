"""What controls share: where they come from is written down, and they are made to look like what they stand in for."""

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from explainers.core.attribution import Explanation, completeness_error
from explainers.core.digest import sha256_hex
from explainers.core.draws import generator_of
from explainers.core.errors import ExplanationRefused
from explainers.core.method import Batch, Method

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from explainers.core.predictor import LoadedPredictor

TILE = 8


class Control(Method):
    """
    Base of the controls: each is made of one frozen artefact per case.

    Notes
    -----
    A control has the target, the form and the fields of a real explanation and is drawn by the same code: only its
    recipe, which never leaves the server, says what it is and what it was made of.
    """

    scope = "attribution"
    modality = "tabular image text"
    parameters: ClassVar[Mapping[str, Any]] = {"of": "integrated_gradients"}


def sources_of(batch: Batch, *, of_target: bool = True) -> "Sequence[Explanation]":
    """
    Return the artefacts that controls are made of, one per case.

    Parameters
    ----------
    batch : Batch
        The cases.
    of_target : bool
        Whether they have to explain the class that the control is to be of.

    Returns
    -------
    Sequence of Explanation
        As many as there are cases.

    Raises
    ------
    ExplanationRefused
        If one is missing or explains another class.
    """
    if len(batch.sources) != len(batch.rows):
        raise ExplanationRefused("A control needs the explanation that it is made of, for every case.")
    for source, target in zip(batch.sources, batch.targets, strict=True):
        if of_target and source.target_class != target:
            raise ExplanationRefused(
                f"The control is to be of {target!r}, its source is of {source.target_class!r}."
            )
    return batch.sources


def control_of(
    source: Explanation, *, values: "Sequence[float]", target: str, **derivation: Any
) -> Explanation:
    """
    Return a control: the source with other values, and where they come from.

    Parameters
    ----------
    source : Explanation
        What it stands in for.
    values : Sequence of float
        As many as the source has.
    target : str
        The class that it is to be of.
    **derivation : Any
        How the values were made; goes into the recipe with the digest of the source.

    Returns
    -------
    Explanation
        Of the same form; the completeness error is that of the new values.
    """
    error = completeness_error(
        [float(value) for value in values],
        output=source.output,
        output_at_baseline=source.output_at_baseline,
    )
    return replace(
        source,
        values=values if source.shape else tuple(float(value) for value in values),
        target_class=target,
        completeness_error=error,
        recipe={**derivation, "source": sha256_hex(source.to_bytes())},
    )


def same_strength(values: "Sequence[float]", *, source: Explanation) -> "NDArray[np.float64] | None":
    """
    Scale values so that their magnitudes add up to those of a source.

    Parameters
    ----------
    values : Sequence of float
        Of the control.
    source : Explanation
        What it stands in for.

    Returns
    -------
    numpy.ndarray or None
        float64; None if the values are all 0 and the source's are not, so that nothing can be scaled.
    """
    found = np.asarray(values, dtype=np.float64)
    wanted, has = float(np.abs(np.asarray(source.values, dtype=np.float64)).sum()), float(np.abs(found).sum())
    if not has:
        return None if wanted else found
    return found * (wanted / has)


def tiles(size: tuple[int, ...]) -> int:
    """
    Return the side of the tiles that a map is cut into: the largest divisor of both sides up to 8.

    Parameters
    ----------
    size : tuple of int
        (height, width).

    Returns
    -------
    int
        Pixels; smaller than a quarter of the shorter side, if there is such a divisor.

    Examples
    --------
    >>> tiles((64, 64)), tiles((16, 16)), tiles((20, 30)), tiles((7, 7))
    (8, 4, 5, 1)
    """
    height, width = size
    most = max(1, min(TILE, min(size) // 4))
    return max(side for side in range(1, most + 1) if height % side == 0 and width % side == 0)


def noise_like(map_: "NDArray[np.float64]", *, seed: str) -> "NDArray[np.float64]":
    """
    Draw a noise map with the values and about the spatial frequencies of a map.

    Definition: the amplitudes of the map's Fourier transform with the phases of white noise; then the map's own
    values in the order of the ranks of that noise.

    Parameters
    ----------
    map_ : numpy.ndarray
        (height, width).
    seed : str
        Of the draw.

    Returns
    -------
    numpy.ndarray
        (height, width): exactly the values of the map, elsewhere.

    References
    ----------
    .. [1] Theiler et al. (1992). Testing for nonlinearity in time series: the method of surrogate data.
           doi:10.1016/0167-2789(92)90102-S

    Examples
    --------
    >>> map_ = np.arange(16.0).reshape(4, 4)
    >>> bool((np.sort(noise_like(map_, seed="a").ravel()) == np.arange(16)).all())
    True
    """
    white = generator_of(f"{seed}:phases").standard_normal(map_.shape)
    phases = np.exp(1j * np.angle(np.fft.fft2(white)))
    noise = np.fft.ifft2(np.abs(np.fft.fft2(map_)) * phases).real
    result = np.empty(map_.size)
    result[np.argsort(noise, axis=None, kind="stable")] = np.sort(map_, axis=None)
    return result.reshape(map_.shape)


def randomised(predictor: "LoadedPredictor", *, seed: str) -> "LoadedPredictor":
    """
    Return a copy of a predictor that has learnt nothing: the numbers of every weight tensor in random order.

    Parameters
    ----------
    predictor : LoadedPredictor
        Stays as it is.
    seed : str
        Of the orders.

    Returns
    -------
    LoadedPredictor
        With the same sizes, preprocessing and distribution of weights per tensor.

    References
    ----------
    .. [1] Adebayo et al. (2018). Sanity checks for saliency maps. arXiv:1810.03292
    """
    import torch

    changed = copy.copy(predictor)
    changed.module = copy.deepcopy(predictor.module)
    with torch.no_grad():
        for name, tensor in changed.module.named_parameters():
            order = torch.from_numpy(generator_of(f"{seed}:{name}").permutation(tensor.numel()))
            tensor.copy_(tensor.flatten()[order.to(tensor.device)].view_as(tensor))
    return changed
