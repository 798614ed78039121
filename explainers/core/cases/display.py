"""How the parts of a case are laid out for people: pictures by digest, texts, panels, series as points."""

from collections.abc import Callable, Mapping
from typing import Any

from explainers.core.cases.panel import format_value, panel_rows
from explainers.core.cases.schema import schema_modality

MARGIN = 0.06
SizeOf = Callable[[str], tuple[int, int]]


def parts_shown(
    inputs: Mapping[str, Any], parts: Mapping[str, Any], *, schema: Mapping[str, Any], size_of: SizeOf
) -> list[dict[str, Any]]:
    """
    Return what is shown of a case besides its features, in order: what the predictor sees, then the further parts.

    Parameters
    ----------
    inputs : Mapping
        Inputs of the case.
    parts : Mapping
        Its further parts.
    schema : Mapping
        The complete schema of its set.
    size_of : callable
        Digest of a picture to (width, height) in pixels.

    Returns
    -------
    list of dict
        Each with `name`, `kind` and `label`; a picture has `views` and `alt`, a text `text`, a panel `rows`, a series
        what `series_drawing` gives.

    Examples
    --------
    >>> report = {"modality": "text", "label": "Report", "features": []}
    >>> parts_shown({"text": "No pain."}, {}, schema=report, size_of=lambda digest: (0, 0))
    [{'name': 'text', 'kind': 'text', 'label': 'Report', 'text': 'No pain.'}]
    """
    modality = schema_modality(schema)
    shown: list[dict[str, Any]] = []
    if modality == "image":
        width, height = size_of(inputs["image"])
        view = {"label": "", "digest": inputs["image"], "width": width, "height": height}
        shown.append(
            {
                "name": "image",
                "kind": "picture",
                "label": schema["label"],
                "alt": schema["label"],
                "views": [view],
            }
        )
    elif modality == "text":
        shown.append({"name": "text", "kind": "text", "label": schema["label"], "text": inputs["text"]})
    for part in schema.get("parts", ()):
        if part["name"] in parts:
            head = {"name": part["name"], "kind": part["kind"], "label": part["label"]}
            shown.append(head | _content(part, parts[part["name"]]))
    return shown


def _content(part: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    if part["kind"] == "panel":
        known = {name: value for name, value in found["values"].items() if value is not None}
        features = [feature for feature in part["features"] if feature["name"] in known]
        return {"rows": [vars(row) for row in panel_rows(known, features=features)]}
    if part["kind"] == "series":
        return series_drawing(part, found["points"])
    return dict(found)


def series_drawing(part: Mapping[str, Any], points: list[list[float]]) -> dict[str, Any]:
    """
    Lay out a time series on a drawing of 100 by 100.

    Parameters
    ----------
    part : Mapping
        As `check_parts` gives it.
    points : list of list of float
        [time, value], two or more, the time growing.

    Returns
    -------
    dict
        `line` (points of an SVG polyline), `band` (top and height of the usual range, or None), `table` (time and value
        as people read them), `first`, `last`, `lowest`, `highest`, `top`, `bottom`, and `unit`, `x_label`, `x_unit`,
        `reference`.

    Examples
    --------
    >>> part = {"unit": "/min", "x_label": "Hour", "x_unit": "h", "decimals": 0, "low": None, "high": None}
    >>> series_drawing(part, [[0, 60], [1, 80]])["line"]
    '0,94.64 100,5.36'
    """
    times, values = [x for x, _ in points], [y for _, y in points]
    ends = [end for end in (part["low"], part["high"]) if end is not None]
    low, high = min([*values, *ends]), max([*values, *ends])
    space = MARGIN * (high - low) or 1.0
    low, high = low - space, high + space

    def y_of(value: float) -> float:
        return float(round(100 * (high - value) / (high - low), 2))

    def words(value: float) -> str:
        return format_value(value, decimals=part["decimals"])

    band = None
    if ends:
        top = y_of(part["high"]) if part["high"] is not None else 0.0
        bottom = y_of(part["low"]) if part["low"] is not None else 100.0
        band = {"y": top, "height": round(bottom - top, 2)}
    span = times[-1] - times[0]
    return {
        "line": " ".join(f"{round(100 * (x - times[0]) / span, 2):g},{y_of(y):g}" for x, y in points),
        "band": band,
        "table": [{"time": f"{x:g}", "value": words(y)} for x, y in points],
        "first": f"{times[0]:g}",
        "last": f"{times[-1]:g}",
        "lowest": words(min(values)),
        "highest": words(max(values)),
        "top": words(high - space),
        "bottom": words(low + space),
        "reference": [None if part[end] is None else words(part[end]) for end in ("low", "high")],
        **{key: part[key] for key in ("unit", "x_label", "x_unit")},
    }
