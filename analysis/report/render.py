"""Rendering: results become one self-contained page; nothing is computed here."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from analysis.report import figures, figures_curves, treatmentwords, wording
from analysis.report.drawn import instructions_html
from analysis.report.labels import relabelled

_TEMPLATES = Path(__file__).parent / "templates"


def render_html(
    results: dict[str, Any],
    *,
    pictures: Mapping[str, str] | None = None,
    drawings: Mapping[str, Mapping[str, str]] | None = None,
) -> str:
    """Render the report as one HTML page without script, font, picture or style from elsewhere.

    Parameters
    ----------
    results : dict
        Content of ``report.json``.
    pictures : mapping of str to str, optional
        Data address of the picture of a trial, by name of the condition.
    drawings : mapping of str to mapping, optional
        Drawn trial (as of `analysis.report.treatment.drawings`), by name of the condition.

    Returns
    -------
    str
        HTML. A report on simulated participants says so at the top of the page and of every printed sheet.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(
        {
            name: getattr(wording, name)
            for name in (
                "number",
                "p_value",
                "level_text",
                "signed",
                "interval",
                "limits",
                "unit_text",
                "moment_text",
                "coverage",
            )
        }
    )
    for name in ("pay_words", "recruited_words", "ethics_words", "ai_words"):
        environment.globals[name] = getattr(treatmentwords, name)
    environment.globals["instructions_html"] = instructions_html
    labels = results["labels"]
    images = {labels.get(name, name): image for name, image in (pictures or {}).items()}
    drawn = {labels.get(name, name): parts for name, parts in (drawings or {}).items()}
    shown = {**relabelled(results, labels), "pictures": images, "drawings": drawn}
    return environment.get_template("report.html").render(
        **shown, style=Markup(style()), figures=draw(shown), dash=wording.DASH  # noqa: S704 - our own file
    )  # fmt: skip


def draw(results: dict[str, Any]) -> dict[str, Any]:
    """Draw every figure of a report.

    Parameters
    ----------
    results : dict
        Content of ``report.json``.

    Returns
    -------
    dict
        Name to SVG; None where there is nothing to draw.
    """
    described = {one["measure"]: one for one in results["measures"]}
    primary = results["primary"]
    shown = described[primary["measure"]]
    answered = any(not one["undefined"] for one in primary["contrasts"])
    speed = described.get("rt_ms"), described.get("accuracy")
    reliance = described.get("rair"), described.get("rsr")
    return {
        "contrasts": figures.contrasts_figure(primary, name="contrasts") if answered else None,
        "participants": figures.participants_figure(shown, name="participants")
        if shown["conditions"]
        else None,
        "differences": figures.differences_figure(primary, name="differences"),
        "forest": figures.forest_figure([primary, *results["secondary"]], name="forest"),
        "reliance": _plane(reliance, name="reliance", title="Self-reliance against reliance on the AI"),
        "speed": _plane(speed, name="speed", title="Accuracy against response time"),
        "flow": figures.flow_figure(results["flow"], name="flow"),
        **_curves(results),
    }


def _curves(results: dict[str, Any]) -> dict[str, Any]:
    names = results["conditions"]
    course, calibration = results["course"], results["calibration"]
    return {
        "course": figures_curves.learning_figure(course, conditions=names, name="course") if course else None,
        "calibration": figures_curves.calibration_figure(calibration, conditions=names, name="calibration")
        if calibration
        else None,
        "benefit": [
            None if one["undefined"] else figures_curves.benefit_figure(one, name=f"benefit-{at}")
            for at, one in enumerate(results["benefit"])
        ],
        "cases": figures.participants_figure(_by_case(results), name="cases", each="case")
        if results["cases"]
        else None,
    }


def _by_case(results: dict[str, Any]) -> dict[str, Any]:
    rows = []
    for name in results["conditions"]:
        values = sorted(row["value"] for row in results["cases"] if row["condition"] == name)
        mean = sum(values) / len(values) if values else None
        rows.append({"condition": name, "value": mean, "low": None, "high": None, "n": len(values),
                     "n_undefined": 0, "values": values})  # fmt: skip
    return {"label": "Accuracy", "unit": "proportion", "bounds": [0.0, 1.0], "conditions": rows}


def style() -> str:
    """Return the one style block of the page.

    Returns
    -------
    str
        CSS, as it stands between the tags.
    """
    return "".join((_TEMPLATES / name).read_text(encoding="utf-8") for name in ("report.css", "trial.css"))


def style_hash() -> str:
    """Return the hash of the style block, as a content security policy wants it.

    Returns
    -------
    str
        ``sha256-...``, for ``style-src``.
    """
    return f"sha256-{base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()}"


def _plane(
    pair: tuple[dict[str, Any] | None, dict[str, Any] | None], *, name: str, title: str
) -> Markup | None:
    across, up = pair
    if not across or not up or across["undefined"] or up["undefined"]:
        return None
    return figures.plane_figure(across, up, name=name, title=title)
