"""From a frozen explanation to what people see: one specification per study, one door for all kinds."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.attribution import Explanation
from explainers.core.bars import bars_html, bars_spec
from explainers.core.errors import ExplanationRefused
from explainers.core.exhibit import Exhibit
from explainers.core.render.exhibits import concept_bars, exhibit_html
from explainers.core.render.heatmap import heatmap_html, heatmap_spec
from explainers.core.render.plain import concepts_spec
from explainers.core.render.tints import tints_html, tints_spec

RENDERERS = {"tabular": "bars", "image": "heatmap", "text": "tints"}
SCALED = frozenset({"bars", "heatmap", "tints", "concepts"})
SEVERAL, VERSION = "several", "1"
Pictures = Callable[[str], NDArray[np.uint8]]


def renderer_of(explanation: Explanation) -> str:
    """
    Return what an explanation is drawn by.

    Parameters
    ----------
    explanation : Explanation
        An attribution or an exhibit.

    Returns
    -------
    str
        `bars`, `heatmap`, `tints`, or the kind of an exhibit.
    """
    return explanation.kind if isinstance(explanation, Exhibit) else RENDERERS[explanation.modality]


def scale_family(explanation: Explanation) -> str:
    """
    Return what an explanation can be compared with in strength.

    Definition: its method and the space of what it explains; a control belongs to the method that it imitates, whatever
    it is made of, so that nothing of a drawing tells the two apart. Imports are one family.

    Parameters
    ----------
    explanation : Explanation
        An attribution or an exhibit.

    Returns
    -------
    str
        Explanations of the same renderer and family are drawn on one scale.

    Examples
    --------
    >>> from types import SimpleNamespace as Frozen
    >>> real = {"method": "occlusion", "parameters": {"window": 8}}
    >>> control = {"method": "shuffled", "parameters": {"of": "occlusion"}}
    >>> [scale_family(Frozen(recipe=each, target_space="log_odds")) for each in (real, control)]
    ['occlusion log_odds', 'occlusion log_odds']
    """
    recipe: Mapping[str, Any] = explanation.recipe
    # Not by the name of an import: a control of it knows only that it is of an import, and would get another scale.
    method = recipe.get("parameters", {}).get("of", recipe.get("method", ""))
    return f"{method} {explanation.target_space}".strip()


def render_spec(
    explanations: Sequence[Explanation], *, outcome: Mapping[str, Any] | None = None, **settings: Any
) -> dict[str, Any]:
    """
    Return the specification that all explanations of a study are drawn by.

    Parameters
    ----------
    explanations : Sequence of Explanation
        Every one that any condition shows, controls too.
    outcome : Mapping or None
        Unit and decimals of a regression; None for a classification.
    **settings
        Of the renderer, if there is only one scale: `top`, `baseline` (bars); `smooth`, `style` (heatmap).

    Returns
    -------
    dict
        The specification; if a study shows things of several kinds, `parts` has one for each renderer and family
        (`scale_family`), because their scales have nothing in common: on that of another method a map can vanish.

    Raises
    ------
    ExplanationRefused
        If there are no explanations.
    """
    if not len(explanations):
        raise ExplanationRefused("A scale needs at least one explanation.")
    groups: dict[str, dict[str, list[Explanation]]] = {}
    for explanation in explanations:
        renderer = renderer_of(explanation)
        family = scale_family(explanation) if renderer in SCALED else ""
        groups.setdefault(renderer, {}).setdefault(family, []).append(explanation)
    is_one = sum(map(len, groups.values())) == 1
    parts = {
        renderer if len(families) == 1 else f"{renderer} {family}": _spec_of(
            renderer, group, outcome=outcome, settings=settings if is_one else {}
        )
        for renderer, families in sorted(groups.items())
        for family, group in sorted(families.items())
    }
    return next(iter(parts.values())) if is_one else {"renderer": SEVERAL, "version": VERSION, "parts": parts}


def _spec_of(
    name: str,
    group: Sequence[Explanation],
    *,
    outcome: Mapping[str, Any] | None,
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    if name == "heatmap":
        maps = [np.asarray(each.values).reshape(each.shape) for each in group]
        return heatmap_spec(maps, outcome=outcome, **settings)
    if name == "concepts":
        bars = [bar for each in group for bar in concept_bars(each)]
        values = [value for bar in bars for value in (bar["value"], *(bar["null"] or ()))]
        return concepts_spec(values, outcome=outcome)
    if name in ("bars", "tints"):
        values = [value for each in group for value in each.values]
        return (bars_spec if name == "bars" else tints_spec)(values, outcome=outcome, **settings)
    return {"renderer": name, "version": VERSION}


def render_html(
    explanation: Explanation,
    *,
    inputs: Mapping[str, Any],
    schema: Mapping[str, Any],
    spec: Mapping[str, Any],
    pixels: NDArray[np.uint8] | None = None,
    pictures: Pictures | None = None,
) -> str:
    """
    Draw an explanation for people.

    Parameters
    ----------
    explanation : Explanation
        An attribution of any modality, or an exhibit.
    inputs : Mapping
        Inputs of the case.
    schema : Mapping
        The complete schema of its set: features, and what pictures or texts are called.
    spec : Mapping
        What `render_spec` gave for the study.
    pixels : numpy.ndarray or None
        The case's picture, uint8 (height, width, 1 or 3).
    pictures : Callable or None
        From digest to pixels, for the pictures of example cards.

    Returns
    -------
    str
        An HTML fragment without script, style or id.

    Raises
    ------
    ExplanationRefused
        If the specification is another renderer's or a picture is missing.
    """
    name = renderer_of(explanation)
    if spec.get("renderer") == SEVERAL:
        parts = spec["parts"]
        spec = parts.get(f"{name} {scale_family(explanation)}", parts.get(name, {}))
    if spec.get("renderer") != name:
        raise ExplanationRefused(f"This is not a specification of the renderer {name}: {dict(spec)!r:.200}.")
    if isinstance(explanation, Exhibit):
        return exhibit_html(explanation, schema=schema, spec=spec, pictures=pictures)
    if name == "heatmap":
        if pixels is None:
            raise ExplanationRefused("A map is drawn over a picture, which is missing.")
        return heatmap_html(
            np.asarray(explanation.values).reshape(explanation.shape),
            pixels=pixels,
            target=explanation.target_class,
            label=schema["label"],
            spec=spec,
        )
    if name == "tints":
        return tints_html(
            explanation.features,
            explanation.values,
            text=inputs["text"],
            target=explanation.target_class,
            label=schema["label"],
            spec=spec,
        )
    return bars_html(explanation, inputs=inputs, features=schema["features"], spec=spec)
