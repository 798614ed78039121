"""Meals on a drawn plate, what holds most of their carbohydrate, and a simulated AI that mistakes some of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from explainers.core.demo_data.foods import FOODS, LOW, OTHERS, REPLACEMENTS, SIDES, STARCHES, Food
from explainers.core.demo_data.plates import plate_draw
from explainers.core.png import png_encode

MEAL_LICENCE = "Made-up meals on drawn plates, synthetic; CC0"
CLEARLY = 1.5

OFFERED = 6
# A small piece of bread beside a heap of beans: what looks like the source of carbohydrate is not.
SMALL, LARGE = 0.25, 2.6


@dataclass(frozen=True)
class Meal:
    """
    A meal and what the AI says of it.

    Parameters
    ----------
    key : str
        Name of the case.
    grams : dict
        Key of `FOODS` to grams, in the order of the numbers on the plate.
    source : str
        The food that holds the most grams of carbohydrate on this plate.
    offered : tuple of str
        Keys of `REPLACEMENTS`, in drawn order: what can be put in its place.
    advised : str
        The food that the AI would take away.
    taken_for : str
        Key of `REPLACEMENTS`: what the AI takes the true source for; "" where it sees right.
    confidence : float
        Of the AI, above one half to 1, higher where it is right on average.
    """

    key: str
    grams: dict[str, int]
    source: str
    offered: tuple[str, ...]
    advised: str
    taken_for: str
    confidence: float

    @property
    def instead(self) -> str:
        """Return what should stand in the place of the source: alike, and low in carbohydrate."""
        return FOODS[self.source].instead

    @property
    def suggested(self) -> str:
        """Return what the AI would put in the place of what it takes away."""
        return FOODS[self.advised].instead

    @property
    def seen(self) -> dict[str, tuple[str, float]]:
        """Return what the AI sees: food to the words for it and its grams of carbohydrate on this plate."""
        found = {}
        for name, grams in self.grams.items():
            words, share = FOODS[name].words, FOODS[name].carbohydrate
            if name == self.source and self.taken_for:
                words, share = REPLACEMENTS[self.taken_for]
            found[name] = (words, grams * share / 100)
        return found


def meals_draw(*, count: int, right: float = 0.75, hidden: float = 0.25, seed: int = 61) -> list[Meal]:
    """
    Draw meals.

    Definition: a plate holds a starchy food, a side that has some carbohydrate and two other foods. The source is the
    food with the most grams of carbohydrate, at least 1.5 times as many as the next. In a share of `hidden` the starchy
    food is a small piece and the side a large heap, which then is the source. The AI is right in `right` of the
    meals; in the others it takes the source for what looks like it and has little carbohydrate, and so names the next.

    Parameters
    ----------
    count : int
        Meals.
    right : float
        Proportion in which the AI is right, 0 to 1; rounded to whole meals.
    hidden : float
        Proportion of meals with a hidden source, 0 to 1, alike among those that the AI has right and wrong.
    seed : int
        Equal seeds give equal meals.

    Returns
    -------
    list of Meal
        In drawn order.

    References
    ----------
    .. [1] Bucinca, Malaya & Gajos (2021). To trust or to think: cognitive forcing functions can reduce overreliance on
           AI in AI-assisted decision-making, CSCW 2021. doi:10.1145/3449287 (the task; their meals were photographs)

    Examples
    --------
    >>> [meal.source == meal.advised for meal in meals_draw(count=8)].count(True)
    6
    """
    rng = np.random.default_rng(seed)
    kinds = []
    for is_right, of_these in ((True, round(right * count)), (False, count - round(right * count))):
        kinds += [(is_right, number < round(hidden * of_these)) for number in range(of_these)]
    return [
        _meal(f"meal-{number:03d}", rng, is_right=kinds[at][0], is_hidden=kinds[at][1])
        for number, at in enumerate(rng.permutation(count), start=1)
    ]


def _meal(key: str, rng: np.random.Generator, *, is_right: bool, is_hidden: bool) -> Meal:
    while True:
        starch, side = (str(rng.choice(list(part))) for part in (STARCHES, SIDES))
        rest = [str(name) for name in rng.choice(list(OTHERS), size=2, replace=False)]
        names = [starch, side, *rest]
        scale = {starch: SMALL, side: LARGE} if is_hidden else {}
        grams = {name: _grams(FOODS[name], rng, scale.get(name, 1.0)) for name in names}
        source, following = sorted(grams, key=lambda name: -_carbohydrate(name, grams[name]))[:2]
        clear = _carbohydrate(source, grams[source]) >= CLEARLY * _carbohydrate(following, grams[following])
        mistaken = (
            grams[source] * REPLACEMENTS[FOODS[source].instead][1] / 100 if FOODS[source].instead else 0
        )
        names_next = bool(FOODS[following].instead) and _carbohydrate(following, grams[following]) > mistaken
        if clear and names_next and source == (side if is_hidden else starch):
            break
    order = [names[at] for at in rng.permutation(len(names))]
    advised = source if is_right else following
    return Meal(
        key=key,
        grams={name: grams[name] for name in order},
        source=source,
        offered=_offered(source, following, rng),
        advised=advised,
        taken_for="" if is_right else FOODS[source].instead,
        confidence=round(float(rng.uniform(0.66, 0.96) if is_right else rng.uniform(0.54, 0.8)), 2),
    )


def _grams(food: Food, rng: np.random.Generator, scale: float) -> int:
    low, high = food.portion
    return int(5 * round(scale * float(rng.uniform(low, high)) / 5))


def _carbohydrate(name: str, grams: int) -> float:
    return grams * FOODS[name].carbohydrate / 100


def _offered(source: str, following: str, rng: np.random.Generator) -> tuple[str, ...]:
    """Offer for both foods what is low and what is not, and of the other low ones as many as there is room for."""
    wanted = [FOODS[name].instead for name in (source, following)]
    wanted += [FOODS[name].alike for name in (source, following)]
    others = [name for name in LOW if name not in wanted]
    wanted += [str(name) for name in rng.choice(others, size=OFFERED - len(wanted), replace=False)]
    return tuple(wanted[at] for at in rng.permutation(len(wanted)))


def meal_file(meal: Meal) -> bytes:
    """
    Return the picture of a meal: a drawn plate, its foods numbered.

    Parameters
    ----------
    meal : Meal
        The meal.

    Returns
    -------
    bytes
        PNG, 520 x 520.
    """
    return png_encode(plate_draw(meal.grams, seed=meal.key))


def meal_told(meal: Meal) -> str:
    """
    Tell what is on a plate, a food a line, with the numbers of the picture.

    Parameters
    ----------
    meal : Meal
        The meal.

    Returns
    -------
    str
        Text.

    Examples
    --------
    >>> meal_told(meals_draw(count=1)[0]).splitlines()[0][:3]
    '1. '
    """
    lines = [f"{n}. {FOODS[name].words}, {grams} g" for n, (name, grams) in enumerate(meal.grams.items(), 1)]
    return "\n".join(lines)


def meal_suggestion(meal: Meal) -> str:
    """
    Return what the AI suggests to put in the place of what it takes away.

    Parameters
    ----------
    meal : Meal
        The meal.

    Returns
    -------
    str
        A sentence.
    """
    taken, put = FOODS[meal.advised].words.lower(), REPLACEMENTS[meal.suggested][0].lower()
    return f"Swap the {taken} for {put}."


def meal_reason(meal: Meal) -> str:
    """
    Return why the AI suggests it: what it sees on the plate, and how the replacement compares.

    Parameters
    ----------
    meal : Meal
        The meal.

    Returns
    -------
    str
        Text that begins with the suggestion. Where the AI is wrong it names a food that is not on the plate.
    """
    saw = ", ".join(
        f"{grams:.0f} g in the {words.lower()} ({n})"
        for n, (words, grams) in enumerate(meal.seen.values(), start=1)
    )
    put, share = REPLACEMENTS[meal.suggested]
    food = FOODS[meal.advised]
    after = (
        f"The taste is similar; in 100 g there are {share} g of carbohydrate in {put.lower()} and "
        f"{food.carbohydrate:.0f} g in {food.words.lower()}."
    )
    seen = f"Carbohydrate that the AI sees on this plate: {saw}."
    return "\n\n".join([meal_suggestion(meal), seen, after])


def meal_schema() -> dict[str, Any]:
    """
    Describe the cases for people.

    Returns
    -------
    dict
        The schema of a set of pictures with a text beside each.
    """
    return {
        "modality": "image",
        "label": "A drawn plate with numbered foods (synthetic)",
        "parts": [{"name": "plate", "kind": "text", "label": "On the plate"}],
    }
