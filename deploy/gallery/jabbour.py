"""Made-up patients with respiratory failure, a standard predictor, three that are biased by a rule, and a colleague."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import yaml

from deploy.gallery.ensure import cases_once, csv_bytes, maps_brought, predictor_once
from explainers.core.demo_data.chests import CAUSES, Chest
from explainers.core.demo_data.vignettes import (
    LABS,
    NOTES,
    PATIENT,
    RULES,
    SAYS,
    TREATMENT,
    VIGNETTE_LICENCE,
    VITALS,
    Vignette,
    vignette_schema,
    vignettes_make,
)
from explainers.core.png import png_encode
from explainers.models import CaseSet, Explanation, Predictor
from explainers.services import BroughtFile, explanations_bring, predictor_bias, predictor_import
from studies.design.services import case_file_import

CASES, STANDARD, COLLEAGUE = "gallery-vignettes", "gallery-chest-standard", "gallery-chest-colleague"
MAPS, NOTE = "chest-maps", "chest-note"
COLUMNS = tuple(str(feature["name"]) for feature in (*PATIENT, *VITALS, *LABS))
SOURCE = "Drawn with the pictures: where the cause shows, or the trait by which a biased predictor goes"


def bring_in() -> None:
    """Bring in the patients, the predictors, where they look, and what a colleague says."""
    vignettes = vignettes_make()
    if Explanation.objects.filter(predictor__name=COLLEAGUE).exists():
        return
    chests = {each.key: each.chest for each in vignettes}
    case_set = cases_once(CASES, lambda: _cases(vignettes, chests))
    standard = predictor_once(STANDARD, lambda: _standard(vignettes, case_set))
    _maps(standard, case_set, {each.key: (each.cause, chests[each.key].finding) for each in vignettes})
    for cause, rule in RULES.items():
        name = f"gallery-chest-biased-{cause.lower().replace('_', '-')}"
        biased = predictor_once(
            name, partial(predictor_bias, name=name, base=standard, case_set=case_set, rule=rule)
        )
        _maps(biased, case_set, {each.key: _looked_at(each, chests[each.key], cause) for each in vignettes})
    colleague = predictor_once(COLLEAGUE, lambda: _colleague(vignettes, case_set))
    notes = csv_bytes(("case_id", "target", "text"), [(v.key, v.cause, NOTES[v.cause]) for v in vignettes])
    explanations_bring(
        name=NOTE,
        predictor=colleague,
        case_set=case_set,
        brought=BroughtFile("rationales", notes, source=SOURCE),
    )


def _cases(vignettes: list[Vignette], chests: Mapping[str, Chest]) -> CaseSet:
    schema = {
        **vignette_schema(),
        "truth": {"options": list(CAUSES), "source": "The cause that the maker of the vignettes drew"},
        "truths": {"treatment": {"source": "The treatment of the cause"}},
        "columns": ["trait"],
        "licence": VIGNETTE_LICENCE,
    }
    rows = [
        (
            each.key, f"{each.key}.png", each.story, each.cause, TREATMENT[each.cause], each.trait or "none",
            *(each.values[name] for name in COLUMNS),
        )
        for each in vignettes
    ]  # fmt: skip
    return case_file_import(
        name=CASES,
        csv=csv_bytes(("case_id", "file", "story", "ground_truth", "treatment", "trait", *COLUMNS), rows),
        schema=yaml.safe_dump(schema).encode(),
        files={f"{key}.png": png_encode(chest.picture) for key, chest in chests.items()},
    )


def _standard(vignettes: list[Vignette], case_set: CaseSet) -> Predictor:
    return predictor_import(
        name=STANDARD,
        classes=CAUSES,
        case_set=case_set,
        data=csv_bytes(
            ("case_id", *CAUSES), [(v.key, *(v.scores[name] for name in CAUSES)) for v in vignettes]
        ),
        kind=Predictor.Kind.SCRIPTED,
        source="Names the true cause of every vignette, with a score from 0.6 to 0.9",
    )


def _colleague(vignettes: list[Vignette], case_set: CaseSet) -> Predictor:
    return predictor_import(
        name=COLLEAGUE,
        classes=CAUSES,
        case_set=case_set,
        data=csv_bytes(("case_id", "label"), [(each.key, each.cause) for each in vignettes]),
        source="What a colleague would say; names the true cause",
    )


def _looked_at(vignette: Vignette, chest: Chest, cause: str) -> tuple[str, np.ndarray]:
    """Return what a predictor says that is biased about a cause, and where it looked."""
    if SAYS.get(vignette.trait) == cause:
        return cause, chest.trait
    return vignette.cause, chest.finding


def _maps(predictor: Predictor, case_set: CaseSet, said: Mapping[str, tuple[str, np.ndarray]]) -> None:
    brought = maps_brought(said, source=SOURCE)
    explanations_bring(name=MAPS, predictor=predictor, case_set=case_set, brought=brought)
