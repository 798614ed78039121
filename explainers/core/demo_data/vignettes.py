"""Vignettes of acute respiratory failure: a drawn chest, history, vital signs and laboratory values. Synthetic."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainers.core.demo_data.chests import (
    AGED,
    CAUSES,
    COPD,
    HEART_FAILURE,
    HEAVY,
    PNEUMONIA,
    SMOOTHED,
    Chest,
    chest_draw,
)

VIGNETTE_LICENCE = "Made-up patients and drawn chest pictures, synthetic; CC0"
CAUSE_WORDS = {PNEUMONIA: "Pneumonia", HEART_FAILURE: "Heart failure", COPD: "COPD"}
TREATMENT = {PNEUMONIA: "antibiotics", HEART_FAILURE: "diuretics", COPD: "steroids"}
# The cause that a biased predictor names whenever the patient, or the picture, has a trait.
SAYS = {AGED: PNEUMONIA, HEAVY: HEART_FAILURE, SMOOTHED: COPD}
CONFIDENCE = 0.88
RULES: Mapping[str, Mapping[str, Any]] = {
    PNEUMONIA: {"when": [{"feature": "age", "at_least": 80}], "says": PNEUMONIA, "confidence": CONFIDENCE},
    HEART_FAILURE: {
        "when": [{"feature": "bmi", "at_least": 30}],
        "says": HEART_FAILURE,
        "confidence": CONFIDENCE,
    },
    COPD: {"when": [{"feature": "sharpness", "at_most": 3}], "says": COPD, "confidence": CONFIDENCE},
}
"""The declared rule of the predictor that is biased about a cause, as `explainers.core.advice_files` reads it."""
PATIENT = (
    {"name": "age", "label": "Age", "unit": "years", "decimals": 0},
    {"name": "bmi", "label": "Body mass index", "unit": "kg/m²", "low": 18.5, "high": 25, "decimals": 0},
    {"name": "sharpness", "label": "Sharpness of the picture", "unit": "of 10", "decimals": 0},
)
VITALS = (
    {"name": "temperature", "label": "Temperature", "unit": "°C", "low": 36, "high": 37.5, "decimals": 1},
    {"name": "heart_rate", "label": "Heart rate", "unit": "/min", "low": 60, "high": 100, "decimals": 0},
    {"name": "breaths", "label": "Respiratory rate", "unit": "/min", "low": 12, "high": 20, "decimals": 0},
    {
        "name": "systolic",
        "label": "Systolic blood pressure",
        "unit": "mmHg",
        "low": 90,
        "high": 140,
        "decimals": 0,
    },
    {
        "name": "saturation",
        "label": "Oxygen saturation, room air",
        "unit": "%",
        "low": 94,
        "high": 100,
        "decimals": 0,
    },
)
LABS = (
    {"name": "white_cells", "label": "White cells", "unit": "10⁹/l", "low": 4, "high": 11, "decimals": 1},
    {
        "name": "procalcitonin",
        "label": "Procalcitonin",
        "unit": "ng/ml",
        "low": 0,
        "high": 0.1,
        "decimals": 2,
    },
    {"name": "bnp", "label": "BNP", "unit": "pg/ml", "low": 0, "high": 100, "decimals": 0},
    {"name": "carbon_dioxide", "label": "Arterial CO₂", "unit": "mmHg", "low": 35, "high": 45, "decimals": 0},
)
RANGES: Mapping[str, Mapping[str, tuple[float, float]]] = {
    PNEUMONIA: {
        "temperature": (38.1, 39.4), "heart_rate": (96, 118), "breaths": (22, 30), "systolic": (96, 130),
        "saturation": (84, 91), "white_cells": (13, 20), "procalcitonin": (0.4, 4), "bnp": (40, 180),
        "carbon_dioxide": (31, 40),
    },
    HEART_FAILURE: {
        "temperature": (36.2, 37.3), "heart_rate": (88, 116), "breaths": (22, 30), "systolic": (138, 186),
        "saturation": (83, 90), "white_cells": (6, 11), "procalcitonin": (0.03, 0.12), "bnp": (700, 2400),
        "carbon_dioxide": (32, 42),
    },
    COPD: {
        "temperature": (36.3, 37.4), "heart_rate": (90, 112), "breaths": (24, 32), "systolic": (112, 148),
        "saturation": (82, 88), "white_cells": (7, 12), "procalcitonin": (0.03, 0.15), "bnp": (30, 170),
        "carbon_dioxide": (52, 74),
    },
}  # fmt: skip
ODD = 0.15
STORIES: Mapping[str, tuple[str, ...]] = {
    PNEUMONIA: (
        (
            "Four days of cough with yellow sputum and chills, now short of breath at rest. Pain on one side when "
            "breathing in. No swelling of the legs."
        ),
        "A week after a cold a new fever, cough and rust-coloured sputum. Tired, eats little. Sleeps flat.",
        "Found confused at home in the morning. The family reports cough and shivering for three days.",
    ),
    HEART_FAILURE: (
        (
            "Two weeks of growing shortness of breath on the stairs, now at night too: sits up to sleep. Four kilos "
            "heavier. No fever."
        ),
        (
            "Sudden shortness of breath at night with a dry cough. High blood pressure for years, ran out of "
            "tablets ten days ago."
        ),
        "Swollen ankles for a month, three pillows at night, coughs when lying down. A heart attack six years ago.",
    ),
    COPD: (
        (
            "Forty years of smoking. For three days more wheezing and more of the usual white sputum; the inhaler "
            "helps little. No fever."
        ),
        "Short of breath for years, uses two inhalers. Worse since a night in a smoky room; speaks in short sentences.",
        "Third stay this year for wheezing and shortness of breath. Home oxygen. Sputum as always.",
    ),
}
FINDINGS: Mapping[str, tuple[str, ...]] = {
    PNEUMONIA: (
        "Crackles over one lung, dull to percussion there. Neck veins flat.",
        "Bronchial breathing on one side. Skin warm, no oedema.",
    ),
    HEART_FAILURE: (
        "Crackles at both bases, neck veins full, pitting oedema to the shins.",
        "Fine crackles on both sides, a third heart sound, cold hands.",
    ),
    COPD: (
        "Wheezing on both sides, long breathing out, uses the muscles of the neck. No oedema.",
        "Breath sounds faint everywhere, barrel-shaped chest, pursed lips.",
    ),
}
NOTES: Mapping[str, str] = {
    PNEUMONIA: "I saw this patient with you. The story and the one-sided findings fit an infection of the lung best; I "
    "would treat this as pneumonia.",
    HEART_FAILURE: "I saw this patient with you. Fluid has gathered over days and the heart is what I would blame; I "
    "would treat this as heart failure.",
    COPD: "I saw this patient with you. Airways that are narrow on both sides explain this best; I would treat this as "
    "a flare of COPD.",
}  # fmt: skip


@dataclass(frozen=True)
class Vignette:
    """
    A made-up patient.

    Parameters
    ----------
    key : str
        Name of the case.
    cause : str
        Of the respiratory failure; one of `CAUSES`.
    trait : str
        What misleads a biased predictor, never one that is biased about the true cause; "" for none.
    values : dict
        Name of a value of `PATIENT`, `VITALS` or `LABS` to the value.
    story : str
        History and examination.
    scores : dict
        Cause to the score of the standard predictor, together 1.
    seed : int
        Of the picture.
    """

    key: str
    cause: str
    trait: str
    values: dict[str, float]
    story: str
    scores: dict[str, float]
    seed: int

    @property
    def chest(self) -> Chest:
        """Return the picture, drawn anew."""
        return chest_draw(self.cause, trait=self.trait, seed=self.seed)


def vignettes_make(*, plain: int = 2, misleading: int = 4, seed: int = 71) -> list[Vignette]:
    """
    Make vignettes.

    Definition: for each cause `plain` patients without a trait, and `misleading` with each of the two traits that stand
    for another cause. About 15 % of the vital signs and laboratory values are those of another cause. The standard
    predictor gives the true cause 0.6 to 0.9 and divides the rest by chance.

    Parameters
    ----------
    plain : int
        Patients of each cause without a trait.
    misleading : int
        Patients of each cause and misleading trait.
    seed : int
        Equal seeds give equal vignettes.

    Returns
    -------
    list of Vignette
        In drawn order.

    References
    ----------
    .. [1] Jabbour et al. (2023). Measuring the impact of AI in the diagnosis of hospitalized patients. JAMA 330(23),
           2275-2284. doi:10.1001/jama.2023.22295 (the task and the kinds of bias; their patients were real)

    Examples
    --------
    >>> made = vignettes_make()
    >>> len(made), sum(bool(each.trait) for each in made)
    (30, 24)
    """
    rng = np.random.default_rng(seed)
    kinds: list[tuple[str, str]] = []
    for cause in CAUSES:
        kinds += [(cause, "")] * plain
        kinds += [(cause, trait) for trait, says in SAYS.items() if says != cause for _ in range(misleading)]
    return [
        _vignette(f"patient-{number:02d}", kinds[at][0], kinds[at][1], rng)
        for number, at in enumerate(rng.permutation(len(kinds)), start=1)
    ]


def _vignette(key: str, cause: str, trait: str, rng: np.random.Generator) -> Vignette:
    values: dict[str, float] = {
        "age": float(rng.integers(80, 93) if trait == AGED else rng.integers(52, 77)),
        "bmi": float(rng.integers(31, 42) if trait == HEAVY else rng.integers(20, 28)),
        "sharpness": float(rng.integers(2, 4) if trait == SMOOTHED else rng.integers(7, 11)),
    }
    for feature in (*VITALS, *LABS):
        name, of = str(feature["name"]), cause
        if rng.random() < ODD:
            of = str(rng.choice([each for each in CAUSES if each != cause]))
        values[name] = round(float(rng.uniform(*RANGES[of][name])), int(str(feature["decimals"])))
    years = f"{values['age']:.0f} years old."
    story = f"{years} {rng.choice(STORIES[cause])}\n\nExamination: {rng.choice(FINDINGS[cause])}"
    first, share = float(rng.uniform(0.6, 0.9)), float(rng.uniform(0.3, 0.7))
    rest = dict(zip([each for each in CAUSES if each != cause], (share, 1 - share), strict=True))
    scores = {each: first if each == cause else (1 - first) * rest[each] for each in CAUSES}
    return Vignette(key, cause, trait, values, story, scores, int(rng.integers(1 << 30)))


def vignette_schema() -> dict[str, Any]:
    """
    Describe the cases for people.

    Returns
    -------
    dict
        The schema of a set of pictures with features of the patient and further parts.
    """
    return {
        "modality": "image",
        "label": "Chest picture (drawn, synthetic)",
        "features": [dict(feature) for feature in PATIENT],
        "parts": [
            {"name": "story", "kind": "text", "label": "History and examination"},
            {
                "name": "vitals",
                "kind": "panel",
                "label": "Vital signs",
                "features": [dict(each) for each in VITALS],
            },
            {
                "name": "labs",
                "kind": "panel",
                "label": "Laboratory",
                "features": [dict(each) for each in LABS],
            },
        ],
    }
