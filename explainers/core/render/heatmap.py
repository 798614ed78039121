"""Drawing an attribution over a picture: two panels, a map whose hue is the sign, outlines, and a sentence."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.directions import Directions, directions, scale_limit
from explainers.core.errors import ExplanationRefused
from explainers.core.png import png_encode
from explainers.core.render.outline import large_parts, outline_path

VERSION = "1"
SPEC_KEYS = {"renderer", "version", "limit", "signed", "smooth", "style"}
STYLES = ("tint", "outline")
COLOURS = {
    1: (0, 126, 214),
    -1: (235, 106, 0),
}  # Okabe and Ito's blue and vermillion, lighter: they lie on grey
WEAKEST, STRONGEST_ALPHA, OUTLINE_LEVEL = 0.15, 0.80, 0.5
VALUES_PER_MAP = 4096
PLACES = (
    *("upper left", "top", "upper right", "left", "middle", "right"),
    *("lower left", "bottom", "lower right"),
)
Map = NDArray[np.float64]


def heatmap_spec(
    maps: Sequence[NDArray[Any]],
    *,
    smooth: float = 0.02,
    style: str = "tint",
    outcome: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """
    Return the render specification of a study of pictures: one scale, one smoothing, one style for all maps.

    Formula: limit = 99th percentile of |v| over the smoothed maps (of each map at most 4,096 evenly spaced pixels).

    Parameters
    ----------
    maps : Sequence of array
        Every map of the study, (height, width), of all methods and controls.
    smooth : float
        Standard deviation of the Gaussian that maps are smoothed with, as a share of the longer side.
    style : str
        `tint` lays colours over a grey copy of the picture; `outline` leaves the colours of the picture alone and
        draws lines round what is above half of the scale, for pictures in which hue means something.
    outcome : Mapping or None
        Unit and decimals of a regression.

    Returns
    -------
    dict
        The specification; `signed` is false if no map has a negative value (then only strength is shown).

    Raises
    ------
    ExplanationRefused
        If there are no maps or a setting is out of range.
    """
    if not len(maps) or style not in STYLES or not 0 <= smooth <= 0.25:
        raise ExplanationRefused(
            f"A scale needs a map; the style is one of {', '.join(STYLES)}, smooth a share from 0 to 0.25."
        )
    samples = []
    for each in maps:
        flat = smoothed(np.asarray(each), smooth=smooth).ravel()
        samples.append(flat[:: max(1, len(flat) // VALUES_PER_MAP)])
    return {
        "renderer": "heatmap",
        "version": VERSION,
        "limit": scale_limit(np.concatenate(samples)),
        "signed": any(float(np.min(each)) < 0 for each in maps),
        "smooth": smooth,
        "style": style,
        **({} if outcome is None else {"outcome": dict(outcome)}),
    }


def smoothed(values: NDArray[Any], *, smooth: float) -> Map:
    """
    Smooth a map as it is drawn.

    Parameters
    ----------
    values : numpy.ndarray
        (height, width).
    smooth : float
        Standard deviation, as a share of the longer side.

    Returns
    -------
    numpy.ndarray
        float64 of the same shape; edges are continued. The sum of a map is kept but for its edges.
    """
    from scipy.ndimage import gaussian_filter

    array = np.asarray(values, dtype=np.float64)
    result: Map = gaussian_filter(array, smooth * max(array.shape), mode="nearest") if smooth else array
    return result


def heatmap_html(
    values: NDArray[Any],
    *,
    pixels: NDArray[np.uint8],
    target: str,
    label: str,
    spec: Mapping[str, Any],
) -> str:
    """
    Draw one map.

    Parameters
    ----------
    values : numpy.ndarray
        (height, width), signed, in the unit of the target space.
    pixels : numpy.ndarray
        uint8, (height, width, 1 or 3): the picture.
    target : str
        The class explained, or what a regression predicts.
    label : str
        What the picture is, for people.
    spec : Mapping
        What `heatmap_spec` gave; one per study.

    Returns
    -------
    str
        An HTML fragment with PNGs inside it: no script, no style, no id; every text is escaped. The box that
        hides the map works by the style sheet static/explainers/renderings.css.

    Raises
    ------
    ExplanationRefused
        If the specification is another renderer's, or map and picture differ in size.
    """
    given = {key for key in spec if key != "outcome"}
    if (
        given != SPEC_KEYS
        or (spec["renderer"], spec["version"]) != ("heatmap", VERSION)
        or not spec["limit"] > 0
    ):
        raise ExplanationRefused(
            f"This is not a specification of the renderer heatmap {VERSION}: {dict(spec)!r:.200}."
        )
    if values.shape != pixels.shape[:2]:
        raise ExplanationRefused(
            f"The map is {values.shape}, the picture {pixels.shape[:2]} (height, width)."
        )
    strength = smoothed(values, smooth=spec["smooth"]) / spec["limit"]
    words = directions(target, outcome=spec.get("outcome"))
    tinted = spec["style"] == "tint"
    ground = _grey(pixels) if tinted else pixels
    layer = (_image(_overlay(strength)) if tinted else "") + _outlines(strength, signed=spec["signed"])
    size = f"{pixels.shape[1]} {pixels.shape[0]}"
    caption = "In grey, with the map" if tinted else "With the map"
    return (
        f'<div class="map-box"><p class="map-title">{words.title_html("map-target")}</p><div class="map-panels">'
        f'<figure class="map-panel"><svg class="map-svg" viewBox="0 0 {size}" role="img" '
        f'aria-label="{escape(label)}">{_image(pixels)}</svg><figcaption>The picture</figcaption></figure>'
        f'<figure class="map-panel"><svg class="map-svg" viewBox="0 0 {size}" role="img" aria-label="{caption}">'
        f'{_image(ground)}<g class="map-layer">{layer}</g></svg><figcaption>{caption} '
        '<label class="map-switch"><input class="map-toggle" type="checkbox" checked autocomplete="off"/> '
        "Show the map</label></figcaption></figure></div>"
        f'<p class="map-legend">{_legend(words, spec=spec)}</p>'
        f'<p class="map-text">{escape(heatmap_text(strength, words=words, signed=spec["signed"]))}</p></div>'
    )


def heatmap_text(strength: Map, *, words: Directions, signed: bool) -> str:
    """
    Say in words what a map shows.

    Definition: the picture is cut into 3 x 3 parts; a part is named if it has at least 15 of 100 of all pushes in
    its direction, strongest first, at most three.

    Parameters
    ----------
    strength : numpy.ndarray
        (height, width): the smoothed map as a share of the scale.
    words : Directions
        Words for the target.
    signed : bool
        Whether both directions are shown.

    Returns
    -------
    str
        Sentences.
    """
    sentences = []
    for sign, direction in ((1, words.towards), (-1, words.away)) if signed else ((1, "important"),):
        part = np.clip(sign * strength, 0, None)
        peak = float(part.max())
        if peak < WEAKEST:
            sentences.append(f"{direction}: nothing strong")
            continue
        shares = area_shares(part)
        ranked = sorted(range(9), key=lambda place: -shares[place])[:3]
        named = [
            f"{PLACES[place]} ({100 * shares[place]:.0f} of 100)" for place in ranked if shares[place] >= 0.15
        ]
        beyond = "beyond the scale" if peak > 1 else f"{100 * peak:.0f} of 100 of the scale"
        where = ", ".join(named) or "spread over the picture"
        sentences.append(f"{direction}: {where}; at its strongest {beyond}")
    return f"{words.title}. {'. '.join(sentence[0].upper() + sentence[1:] for sentence in sentences)}."


def area_shares(values: Map) -> list[float]:
    """
    Return how a map of positive values spreads over 3 x 3 parts.

    Parameters
    ----------
    values : numpy.ndarray
        (height, width), none negative; at least 3 x 3.

    Returns
    -------
    list of float
        Nine shares that add up to 1, row by row; all 0 if the map is 0.

    Examples
    --------
    >>> area_shares(np.eye(3))[:5]
    [0.3333333333333333, 0.0, 0.0, 0.0, 0.3333333333333333]
    """
    total = float(values.sum())
    parts = [part for row in np.array_split(values, 3, axis=0) for part in np.array_split(row, 3, axis=1)]
    return [float(part.sum()) / total if total else 0.0 for part in parts]


def _grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if pixels.shape[2] == 1:
        return pixels
    light = pixels.astype(np.float64) @ np.array([0.2126, 0.7152, 0.0722])
    grey: NDArray[np.uint8] = np.round(light).astype(np.uint8)[:, :, None]
    return grey


def _overlay(strength: Map) -> NDArray[np.uint8]:
    size = np.clip((np.minimum(np.abs(strength), 1) - WEAKEST) / (1 - WEAKEST), 0, 1)
    picture: NDArray[np.uint8] = np.zeros((*strength.shape, 4), dtype=np.uint8)
    for sign, colour in COLOURS.items():
        picture[(np.sign(strength) == sign) & (size > 0), :3] = colour
    picture[:, :, 3] = np.round(255 * STRONGEST_ALPHA * size).astype(np.uint8)
    return picture


def _image(pixels: NDArray[np.uint8]) -> str:
    data = b64encode(png_encode(pixels)).decode()
    return (
        f'<image href="data:image/png;base64,{data}" x="0" y="0" width="{pixels.shape[1]}" '
        f'height="{pixels.shape[0]}" preserveAspectRatio="none"/>'
    )


def _outlines(strength: Map, *, signed: bool) -> str:
    drawn = []
    for sign in (1, -1) if signed else (1,):
        path = outline_path(large_parts(sign * strength >= OUTLINE_LEVEL))
        if path:
            dash = ' stroke-dasharray="4 3"' if sign < 0 else ""
            drawn.append(
                f'<path class="map-halo" d="{path}" fill="none" stroke="#000" stroke-opacity="0.55" '
                'stroke-width="3" vector-effect="non-scaling-stroke"/>'
                f'<path class="map-line" d="{path}" fill="none" stroke="#fff" stroke-width="1.5"{dash} '
                'vector-effect="non-scaling-stroke"/>'
            )
    return "".join(drawn)


def _legend(words: Directions, *, spec: Mapping[str, Any]) -> str:
    towards, away = escape(words.towards), escape(words.away)
    tail = "All cases are drawn on one scale."
    if not spec["signed"]:
        return f"{_ramp(1)} The stronger the colour, the more the AI looked there. {tail}"
    if spec["style"] == "outline":
        return f"Solid line: pushes {towards}. Broken line: pushes {away}. {tail}"
    return (
        f"{_ramp(1)} blue, solid line: {towards}. {_ramp(-1)} orange, broken line: {away}. "
        f"The stronger the colour, the stronger the push; a line goes round the strongest parts. {tail}"
    )


def _ramp(sign: int) -> str:
    red, green, blue = COLOURS[sign]
    steps = "".join(
        f'<rect fill="rgb({red},{green},{blue})" fill-opacity="{STRONGEST_ALPHA * step / 3:.2f}" '
        f'x="{10 * (step - 1)}" y="0" width="10" height="10"/>'
        for step in (1, 2, 3)
    )
    return (
        '<svg class="map-key" viewBox="0 0 30 10" width="30" height="10" aria-hidden="true" focusable="false">'
        f'<rect fill="#888" x="0" y="0" width="30" height="10"/>{steps}</svg>'
    )
