"""Made-up meals, an AI that is right in three of four, what it suggests and why."""

from __future__ import annotations

import yaml

from deploy.gallery.ensure import cases_once, csv_bytes, predictor_once
from explainers.core.demo_data.foods import FOODS, REPLACEMENTS, SIDES, STARCHES
from explainers.core.demo_data.meals import (
    MEAL_LICENCE,
    Meal,
    meal_file,
    meal_reason,
    meal_schema,
    meal_suggestion,
    meal_told,
    meals_draw,
)
from explainers.models import CaseSet, Explanation, Predictor
from explainers.services import BroughtFile, explanations_bring, predictor_import
from studies.design.services import case_file_import

CASES, PREDICTOR, SWAPS, REASONS = "gallery-meals", "gallery-meal-ai", "meal-swaps", "meal-reasons"
COUNT, RIGHT = 32, 0.75
CLASSES = (*STARCHES, *SIDES)
SOURCE = "Written with the meals; where the AI is wrong it takes the source of carbohydrate for another food"


def bring_in() -> None:
    """Bring in the meals, the simulated AI, its suggestions and its reasons."""
    meals = meals_draw(count=COUNT, right=RIGHT)
    case_set = cases_once(CASES, lambda: _cases(meals))
    predictor = predictor_once(PREDICTOR, lambda: _predictor(meals, case_set))
    if not Explanation.objects.filter(predictor=predictor).exists():
        _explanations(meals, case_set=case_set, predictor=predictor)


def _cases(meals: list[Meal]) -> CaseSet:
    schema = {
        **meal_schema(),
        "truth": {
            "options": list(CLASSES),
            "source": "The food with most grams of carbohydrate on the plate",
        },
        "truths": {"replacement": {"source": "Tastes alike and has little carbohydrate"}},
        "columns": ["foods", "replacements"],
        "licence": MEAL_LICENCE,
    }
    header = ("case_id", "file", "plate", "ground_truth", "replacement", "foods", "replacements")
    rows = [
        (
            meal.key,
            f"{meal.key}.png",
            meal_told(meal),
            meal.source,
            meal.instead,
            "|".join(f"{name}={FOODS[name].words}" for name in meal.grams),
            "|".join(f"{name}={REPLACEMENTS[name][0]}" for name in meal.offered),
        )
        for meal in meals
    ]
    return case_file_import(
        name=CASES,
        csv=csv_bytes(header, rows),
        schema=yaml.safe_dump(schema).encode(),
        files={f"{meal.key}.png": meal_file(meal) for meal in meals},
    )


def _predictor(meals: list[Meal], case_set: CaseSet) -> Predictor:
    rows = [(meal.key, *(_score(meal, name) for name in CLASSES)) for meal in meals]
    return predictor_import(
        name=PREDICTOR,
        classes=CLASSES,
        case_set=case_set,
        data=csv_bytes(("case_id", *CLASSES), rows),
        kind=Predictor.Kind.SCRIPTED,
        source="Right in three of four meals, by chance; surer where it is right",
    )


def _score(meal: Meal, name: str) -> float:
    """Return how likely the AI says a food is the source: the rest goes to the other foods that it knows."""
    others = [food for food in CLASSES if food in meal.grams and food != meal.advised]
    if name == meal.advised:
        return meal.confidence
    return (1 - meal.confidence) / len(others) if name in others else 0.0


def _explanations(meals: list[Meal], *, case_set: CaseSet, predictor: Predictor) -> None:
    for name, words in ((SWAPS, meal_suggestion), (REASONS, meal_reason)):
        rows = [(meal.key, meal.advised, words(meal)) for meal in meals]
        brought = BroughtFile("rationales", csv_bytes(("case_id", "target", "text"), rows), source=SOURCE)
        explanations_bring(name=name, predictor=predictor, case_set=case_set, brought=brought)
