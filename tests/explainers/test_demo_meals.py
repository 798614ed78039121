"""Made-up meals: the source of carbohydrate is one and clear, the AI is wrong as often as is said, plates differ."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from explainers.core.demo_data.foods import FOODS, OTHERS, REPLACEMENTS, SIDES, STARCHES
from explainers.core.demo_data.meals import (
    CLEARLY,
    Meal,
    meal_file,
    meal_reason,
    meal_suggestion,
    meal_told,
    meals_draw,
)
from explainers.core.demo_data.plates import CHINA, LOOKS, plate_draw

MEALS = meals_draw(count=40)


def carbohydrate(meal: Meal) -> list[tuple[float, str]]:
    """Return grams and food, most first."""
    return sorted(
        ((FOODS[name].carbohydrate * g / 100, name) for name, g in meal.grams.items()), reverse=True
    )


def test_the_source_has_most_carbohydrate_by_a_clear_margin() -> None:
    for meal in MEALS:
        (most, name), (following, _), *_ = carbohydrate(meal)
        assert name == meal.source
        assert most >= CLEARLY * following


def test_a_plate_holds_a_starchy_food_a_side_and_two_others() -> None:
    for meal in MEALS:
        kinds = Counter(
            next(n for n, part in enumerate((STARCHES, SIDES, OTHERS)) if x in part) for x in meal.grams
        )
        assert kinds == {0: 1, 1: 1, 2: 2}


def test_the_ai_is_right_in_three_of_four_and_a_quarter_of_the_sources_is_hidden_in_both() -> None:
    right = [meal for meal in MEALS if meal.advised == meal.source]
    wrong = [meal for meal in MEALS if meal.advised != meal.source]
    assert (len(right), len(wrong)) == (30, 10)
    assert [sum(meal.source in SIDES for meal in part) for part in (right, wrong)] == [8, 2]
    assert [bool(meal.taken_for) for meal in MEALS] == [meal in wrong for meal in MEALS]


def test_a_wrong_ai_names_what_has_most_of_what_it_sees() -> None:
    for meal in MEALS:
        assert max(meal.seen, key=lambda name: meal.seen[name][1]) == meal.advised


def test_a_wrong_ai_gives_itself_away_by_a_food_that_is_not_on_the_plate() -> None:
    for meal in MEALS:
        told = REPLACEMENTS[meal.taken_for][0].lower() if meal.taken_for else ""
        seen = meal_reason(meal).split("\n\n")[1]
        assert told in seen
        assert (FOODS[meal.source].words.lower() in seen) is (not meal.taken_for)


def test_right_and_suggested_replacements_are_offered_once_each() -> None:
    for meal in MEALS:
        assert {meal.instead, meal.suggested} <= set(meal.offered)
        assert len(set(meal.offered)) == len(meal.offered) == 6


def test_what_is_low_is_low_and_what_is_alike_is_not() -> None:
    for food in FOODS.values():
        if food.instead:
            low, alike = REPLACEMENTS[food.instead][1], REPLACEMENTS[food.alike][1]
            assert low <= 6
            assert low <= 0.63 * food.carbohydrate
            assert alike >= 0.6 * food.carbohydrate


def test_equal_seeds_give_equal_meals_and_other_seeds_others() -> None:
    assert meals_draw(count=40) == MEALS
    assert meals_draw(count=40, seed=62) != MEALS


def test_the_words_name_the_numbers_of_the_plate() -> None:
    meal = MEALS[0]
    lines = meal_told(meal).splitlines()
    assert [line.split(".")[0] for line in lines] == ["1", "2", "3", "4"]
    assert FOODS[list(meal.grams)[2]].words in lines[2]
    assert meal_suggestion(meal).startswith(f"Swap the {FOODS[meal.advised].words.lower()} for ")


def test_every_food_can_be_drawn_and_more_of_it_covers_more_of_the_plate() -> None:
    assert set(LOOKS) == set(FOODS)
    for name in FOODS:
        covered = [int((plate_draw({name: g}, seed="a") != CHINA).any(axis=2).sum()) for g in (60, 160)]
        assert covered[0] < covered[1], name


def test_a_plate_is_a_picture_that_its_key_decides() -> None:
    assert meal_file(MEALS[0]) == meal_file(MEALS[0])
    assert meal_file(MEALS[0])[:4] == b"\x89PNG"
    grams = MEALS[0].grams
    assert not np.array_equal(plate_draw(grams, seed="a"), plate_draw(grams, seed="b"))


def test_a_plate_has_room_for_six_foods() -> None:
    with pytest.raises(ValueError, match="room for 6"):
        plate_draw(dict.fromkeys(list(FOODS)[:7], 50), seed="a")
