"""From a frozen explanation to what people see: one specification per study, one door for all kinds."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.attribution import Explanation
from explainers.core.bars import bars_html, bars_spec
from explainers.core.errors import ExplanationRefused
from explainers.core.render.heatmap import heatmap_html, heatmap_spec
from explainers.core.render.tints import tints_html, tints_spec


def render_spec(
    explanations: Sequence[Explanation], *, outcome: Mapping[str, Any] | None = None, **settings: Any
) -> dict[str, Any]:
    """
    Return the specification that all explanations of a study are drawn by.

    Parameters
    ----------
    explanations : Sequence of Explanation
        Every one that any condition shows, controls too; all of one modality.
    outcome : Mapping or None
        Unit and decimals of a regression; None for a classification.
    **settings
        Of the renderer: `top`, `baseline` (bars); `smooth`, `style` (heatmap).

    Returns
    -------
    dict
        The specification; its `renderer` is `bars`, `heatmap` or `tints`.

    Raises
    ------
    ExplanationRefused
        If there are none, or of several modalities: they would need several scales.
    """
    modalities = {explanation.modality for explanation in explanations}
    if len(modalities) != 1:
        raise ExplanationRefused("A scale is made of explanations of one modality, and of at least one.")
    if modalities == {"image"}:
        maps = [np.asarray(each.values).reshape(each.shape) for each in explanations]
        return heatmap_spec(maps, outcome=outcome, **settings)
    values = [value for explanation in explanations for value in explanation.values]
    if modalities == {"text"}:
        return tints_spec(values, outcome=outcome, **settings)
    return bars_spec(values, outcome=outcome, **settings)


def render_html(
    explanation: Explanation,
    *,
    inputs: Mapping[str, Any],
    schema: Mapping[str, Any],
    spec: Mapping[str, Any],
    pixels: NDArray[np.uint8] | None = None,
) -> str:
    """
    Draw an explanation for people.

    Parameters
    ----------
    explanation : Explanation
        Of any modality.
    inputs : Mapping
        Inputs of the case.
    schema : Mapping
        The complete schema of its set: features, and what pictures or texts are called.
    spec : Mapping
        What `render_spec` gave for the study.
    pixels : numpy.ndarray or None
        The case's picture, uint8 (height, width, 1 or 3).

    Returns
    -------
    str
        An HTML fragment without script, style or id.

    Raises
    ------
    ExplanationRefused
        If the specification is another renderer's or the picture is missing.
    """
    if explanation.modality == "image":
        if pixels is None:
            raise ExplanationRefused("A map is drawn over a picture, which is missing.")
        return heatmap_html(
            np.asarray(explanation.values).reshape(explanation.shape),
            pixels=pixels,
            target=explanation.target_class,
            label=schema["label"],
            spec=spec,
        )
    if explanation.modality == "text":
        return tints_html(
            explanation.features,
            explanation.values,
            text=inputs["text"],
            target=explanation.target_class,
            label=schema["label"],
            spec=spec,
        )
    return bars_html(explanation, inputs=inputs, features=schema["features"], spec=spec)
