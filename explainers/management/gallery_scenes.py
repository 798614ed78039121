"""What the gallery shows: the demo's table, pictures with a shortcut, reports, a price, a concept bottleneck."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from explainers.core.declaration import PredictorSpec
from explainers.core.demo_data.apartments import apartment_predictor, apartment_schema, apartments_draw
from explainers.core.demo_data.reports import reports_make, reports_predictor, reports_rows, reports_schema
from explainers.core.demo_data.retina import (
    retina_patches,
    retina_predictor,
    retina_rows,
    retina_schema,
)
from explainers.core.demo_data.tabular import demo_predictor, demo_rows, demo_schema, demo_split
from explainers.core.digest import digest_of
from explainers.core.predictor import LoadedPredictor
from explainers.core.reference import ReferenceSet

CASES, KNOWN = 8, 60
PRICED = ("integrated_gradients", "kernel_shap", "feature_ablation")
EXAMPLES = {name: {"cases": "known"} for name in ("nearest_cases", "prototypes", "influential_cases")}
Parts = dict[str, Any]


def scenes(*, only: Sequence[str] = ()) -> Iterator[tuple[str, Parts]]:
    """Yield name and parts of every scene; predictors are trained here, which takes some seconds."""
    for name, make in SCENES.items():
        if not only or name in only:
            yield name, make()


def _table() -> Parts:
    data = demo_split()
    spec, weights = demo_predictor(data)
    rows, truth = demo_rows(data)
    known = _known("known", rows[CASES : CASES + KNOWN], truth)
    return {
        "title": "Table",
        "about": "Measurements of cells from the breast cancer data of scikit-learn.",
        "predictor": LoadedPredictor(spec, weights=weights),
        "schema": demo_schema(data),
        "rows": [row["inputs"] for row in rows[:CASES]],
        "references": {
            "known": known,
            "large": _known(
                "large", sorted(rows[CASES:], key=lambda row: -row["inputs"][spec.features[0]])[:20], {}
            ),
            "random": _known("random", rows[-80:], {}),
        },
        "parameters": {
            **EXAMPLES,
            "counterfactual": {"cases": "known"},
            "tcav": _concepts("large"),
        },
    }


def _concepts(name: str) -> dict[str, Any]:
    return {"concepts": [name], "pool": "random", "cases": "known", "sets": 10, "null": 99}


def _pictures() -> Parts:
    patches, train = retina_patches(count=CASES * 3, part="test"), retina_patches(count=600, part="train")
    spec, weights = retina_predictor(train)
    rows, files, _ = retina_rows(patches)
    known_rows, known_files, known_truth = retina_rows(train)
    files = {**files, **known_files}
    first = [n for n in range(len(rows)) if patches.cues[n] and patches.labels[n]]
    order = [first[0], *(n for n in range(len(rows)) if n != first[0])][:CASES]
    marked = np.flatnonzero(train.cues)[:20].tolist()
    plain = np.flatnonzero(~train.cues)[:80].tolist()
    return {
        "title": "Picture",
        "about": "A patch of a photograph of the retina (CC0) with drawn bleedings and, by design, bright marks that "
        "the predictor has learned by mistake. Synthetic, no medical evidence.",
        "predictor": LoadedPredictor(spec, weights=weights, pictures=lambda digest: files[digest]),
        "schema": retina_schema(),
        "rows": [rows[place]["inputs"] for place in order],
        "pictures": lambda digest: files[digest],
        "references": {
            "known": _known("known", known_rows[:KNOWN], known_truth),
            "bright marks": _known("bright marks", [known_rows[n] for n in marked], {}),
            "random": _known("random", [known_rows[n] for n in plain], {}),
        },
        "parameters": {
            **EXAMPLES,
            "concept_factorisation": {"cases": "known", "concepts": 4},
            "tcav": _concepts("bright marks"),
        },
    }


def _texts() -> Parts:
    spec, weights = reports_predictor()
    rows, _ = reports_rows(reports_make(part="test"))
    known, truth = reports_rows(reports_make(part="train"))
    return {
        "title": "Text",
        "about": "A synthetic report made from a template.",
        "predictor": LoadedPredictor(spec, weights=weights),
        "schema": reports_schema(),
        "rows": [row["inputs"] for row in rows[:CASES]],
        "references": {"known": _known("known", known[:KNOWN], truth)},
        "parameters": EXAMPLES,
    }


def _price() -> Parts:
    apartments = apartments_draw(count=CASES + KNOWN)
    spec, weights = apartment_predictor(apartments)
    return {
        "title": "Table, regression",
        "about": "A made-up apartment and its price.",
        "predictor": LoadedPredictor(spec, weights=weights),
        "schema": apartment_schema(),
        "rows": [dict(zip(spec.features, row, strict=True)) for row in apartments.values[:CASES].tolist()],
        "only": PRICED,
        "parameters": {name: {"target_space": "score"} for name in PRICED},
    }


def _bottleneck() -> Parts:
    import torch
    from safetensors.torch import save

    data = demo_split()
    table, _ = demo_predictor(data)
    spec = PredictorSpec(
        "concept_bottleneck",
        {
            "backbone": {
                "architecture": "mlp",
                "parameters": {"inputs": len(table.features), "hidden": [16], "outputs": 3},
            },
            "concepts": ["large", "irregular", "uneven"],
            "outputs": 2,
        },
        table.features,
        table.classes,
        table.preprocessing,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        state = {
            name: each.contiguous() for name, each in spec.family.build(spec.parameters).state_dict().items()
        }
    return {
        "title": "Concept bottleneck",
        "about": "The form only: this network was not trained, so its concepts mean nothing.",
        "predictor": LoadedPredictor(spec, weights=save(state)),
        "schema": demo_schema(data),
        "rows": [row["inputs"] for row in demo_rows(data)[0][:CASES]],
        "only": ("concept_bottleneck",),
    }


def _known(name: str, rows: Sequence[Mapping[str, Any]], truth: Mapping[str, str]) -> ReferenceSet:
    keys = [row["key"] for row in rows]
    labels = [truth[key] for key in keys] if truth else ()
    return ReferenceSet(name, digest_of([name, keys]), keys, [row["inputs"] for row in rows], labels)


SCENES: dict[str, Callable[[], Parts]] = {
    "table": _table,
    "picture": _pictures,
    "text": _texts,
    "price": _price,
    "bottleneck": _bottleneck,
}
