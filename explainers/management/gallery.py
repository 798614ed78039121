"""A page that shows one case of each modality under every method and every control, drawn as in a study."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from explainers.core.attribution import Explanation, resolve_target
from explainers.core.cases import complete_schema
from explainers.core.digest import digest_of
from explainers.core.engine import ExplainRequest, explain
from explainers.core.errors import ExplainersError
from explainers.core.exhibit import Exhibit
from explainers.core.method import Method
from explainers.core.png import png_decode
from explainers.core.predictor import LoadedPredictor
from explainers.core.reference import ReferenceSet
from explainers.core.render import render_html, render_spec
from explainers.core.render.case import case_html
from explainers.management.gallery_scenes import scenes
from explainers.methods import METHODS

STYLES = ("bars.css", "renderings.css")
STATIC = Path(__file__).resolve().parents[1] / "static" / "explainers"
LOOK = """\
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --paper: #fff; --accent: #0b57d0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --line: #3d444d; --paper: #0d1117; } }
body { margin: 0 auto; padding: 1rem; max-width: 84rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--paper); }
.gallery { display: grid; gap: 1.5rem; margin-top: 1.5rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); }
.gallery > article { min-width: 0; padding: 1rem; border: 1px solid var(--line); border-radius: 0.5rem; }
.gallery h3 { margin: 0 0 0.25rem; font-size: 1rem; }
.gallery-note { margin: 0 0 0.75rem; color: var(--soft); font-size: 0.875rem; }
"""


@dataclass(frozen=True)
class Scene:
    """One modality: a predictor, cases of which the first is shown, known cases, what methods need to be told."""

    title: str
    about: str
    predictor: LoadedPredictor
    schema: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    references: Mapping[str, ReferenceSet] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    only: Sequence[str] = ()
    pictures: Callable[[str], bytes] | None = None


@dataclass(frozen=True)
class Shown:
    """One article of the page."""

    heading: str
    note: str
    fragment: str


def gallery_write(folder: Path, *, only: Sequence[str] = ()) -> Iterator[str]:
    """Write `index.html` and its style sheets into a folder, and yield a line for each modality."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in STYLES:
        (folder / name).write_bytes((STATIC / name).read_bytes())
    (folder / "gallery.css").write_text(LOOK, encoding="utf-8")
    sections = []
    for name, parts in scenes(only=only):
        scene = Scene(**parts)
        articles = list(scene_articles(scene))
        sections.append(_section(scene, articles))
        yield f"{name}: {len(articles)} drawings"
    links = "".join(f'<link rel="stylesheet" href="{name}">' for name in (*STYLES, "gallery.css"))
    page = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Explanations of Assay</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{links}</head><body><main>'
        "<h1>One case under every method and every control</h1><p>Controls stand after what they are made of, on the "
        f"same scale; in a study nothing tells them apart.</p>{''.join(sections)}</main></body></html>\n"
    )
    (folder / "index.html").write_text(page, encoding="utf-8")
    yield f"{folder / 'index.html'}"


def scene_articles(scene: Scene) -> Iterator[Shown]:
    """Yield the case under every method that takes it, each followed by its controls."""
    modality = scene.predictor.modality
    for name in METHODS.names():
        plugin = METHODS.get(name)
        takes = modality in plugin.modality.split() and not plugin.control and plugin.scope != "imported"
        if name == "concept_bottleneck" and not scene.predictor.concept_names:
            continue
        if takes and (not scene.only or name in scene.only):
            yield from _method_articles(scene, plugin)
    if not scene.only:
        yield from _each_option(scene)
        yield _rationale(scene)


def _method_articles(scene: Scene, plugin: type[Method]) -> Iterator[Shown]:
    try:
        real = _explained(scene, plugin, target="advised")
    except ExplainersError as error:
        yield Shown(plugin.label, f"{plugin.name}: it cannot be shown here", f"<p>{escape(str(error))}</p>")
        return
    controls = _controls(scene, plugin, real) if plugin.scope == "attribution" else []
    spec = _spec(scene, [real[0], *(found for _, found in controls)])
    note = f"{plugin.name}. {plugin.warning}" if plugin.warning else plugin.name
    yield Shown(plugin.label, note, _drawn(scene, real[0], spec=spec))
    for control, found in controls:
        yield Shown(
            f"{plugin.label}: {control.label}",
            f"control {control.control} of {plugin.name}",
            _drawn(scene, found, spec=spec),
        )


def _controls(
    scene: Scene, plugin: type[Method], real: Sequence[Explanation]
) -> list[tuple[type[Method], Explanation]]:
    classes = scene.predictor.spec.classes
    sources = {
        "own": [real[0]],
        "other_case": [each for each in real[1:] if each.target_class == real[0].target_class][:1],
        "rank_2": _explained(scene, plugin, target="rank_2")[:1] if len(classes) > 1 else [],
    }
    found = []
    for control in map(METHODS.get, METHODS.names()):
        takes = control.control and scene.predictor.modality in control.modality.split()
        if takes and sources[control.made_of]:
            made = _asked(
                scene,
                control,
                parameters=control.complete({"of": plugin.name}),
                target="advised",
                rows=scene.rows[:1],
                sources=sources[control.made_of],
            )
            found.append((control, made[0]))
    return found


def _each_option(scene: Scene) -> Iterator[Shown]:
    plugin = METHODS.get(
        "layer_integrated_gradients" if scene.predictor.modality == "text" else "integrated_gradients"
    )
    targets = [f"class: {name}" for name in scene.predictor.spec.classes]
    found = [_explained(scene, plugin, target=target)[0] for target in targets]
    spec = _spec(scene, found)
    for target, each in zip(targets, found, strict=True):
        yield Shown(f"{plugin.label}, side by side", f"target {target}", _drawn(scene, each, spec=spec))


def _explained(scene: Scene, plugin: type[Method], *, target: str) -> list[Explanation]:
    parameters = plugin.complete(scene.parameters.get(plugin.name, {}))
    return _asked(scene, plugin, parameters=parameters, target=target, rows=scene.rows)


def _asked(
    scene: Scene,
    plugin: type[Method],
    *,
    parameters: Mapping[str, Any],
    target: str,
    rows: Sequence[Mapping[str, Any]],
    sources: Sequence[Explanation] = (),
) -> list[Explanation]:
    classes = scene.predictor.spec.classes
    requests = [
        ExplainRequest(
            case_key=str(place),
            case_digest=digest_of(dict(row)),
            inputs=row,
            target_declared=target,
            target_class=resolve_target(target, scores=scores, classes=classes),
            parameters=parameters,
            source=sources[place] if sources else None,
        )
        for place, (row, scores) in enumerate(zip(rows, scene.predictor.probabilities(rows), strict=True))
    ]
    return explain(
        plugin(),
        predictor=scene.predictor,
        predictor_digest="gallery",
        requests=requests,
        references=scene.references,
    )


def _spec(scene: Scene, found: Sequence[Explanation]) -> dict[str, Any]:
    output = scene.predictor.spec.output
    is_regression = output.get("kind") == "regression"
    outcome = (
        {word: output[word] for word in ("unit", "decimals") if word in output} if is_regression else None
    )
    return render_spec(found, outcome=outcome)


def _drawn(scene: Scene, found: Explanation, *, spec: Mapping[str, Any]) -> str:
    row = scene.rows[0]
    fetch = scene.pictures
    return render_html(
        found,
        inputs=row,
        schema=complete_schema(scene.schema),
        spec=spec,
        pixels=png_decode(fetch(row["image"])) if fetch else None,
        pictures=(lambda digest: png_decode(fetch(digest))) if fetch else None,
    )


def _section(scene: Scene, articles: Sequence[Shown]) -> str:
    row, schema = scene.rows[0], complete_schema(scene.schema)
    pixels = png_decode(scene.pictures(row["image"])) if scene.pictures else None
    advised = max(scores := scene.predictor.probabilities([row])[0], key=lambda name: scores[name])
    drawn = "".join(
        f'<article><h3>{escape(each.heading)}</h3><p class="gallery-note">{escape(each.note)}</p>{each.fragment}'
        "</article>"
        for each in articles
    )
    return (
        f"<section><h2>{escape(scene.title)}</h2><p>{escape(scene.about)} The predictor says "
        f"<strong>{escape(advised)}</strong>.</p>{case_html(row, schema=schema, pixels=pixels)}"
        f'<div class="gallery">{drawn}</div></section>'
    )


def _rationale(scene: Scene) -> Shown:
    """Show a text rationale as an import would freeze it."""
    found = Exhibit(
        features=(),
        values=(),
        target_class=str(scene.predictor.spec.classes[0]),
        target_space="score",
        baseline=(),
        output=0.0,
        output_at_baseline=0.0,
        completeness_error=0.0,
        recipe={"imported": True},
        modality=scene.predictor.modality,
        kind="rationale",
        content={"text": "Words that a person or another AI wrote.\n\nThey are shown as they were written."},
    )
    return Shown("Text rationale", "imported", _drawn(scene, found, spec=render_spec([found])))
