"""Foods of the made-up meals: how much carbohydrate they have, and what tastes alike."""

from dataclasses import dataclass


# Usual values, rounded: made for a study, no advice about food.
@dataclass(frozen=True)
class Food:
    """
    Something on a plate.

    Parameters
    ----------
    words : str
        What people read.
    carbohydrate : float
        Grams in 100 g, a usual value, rounded.
    portion : tuple of int
        Least and most grams on a plate.
    instead : str
        Key in `REPLACEMENTS` of what tastes alike and has little carbohydrate; "" for food that has little itself.
    alike : str
        Key in `REPLACEMENTS` of what tastes alike and has as much carbohydrate.
    """

    words: str
    carbohydrate: float
    portion: tuple[int, int]
    instead: str = ""
    alike: str = ""


STARCHES = {
    "rice": Food("White rice", 28, (130, 200), "cauliflower_rice", "brown_rice"),
    "pasta": Food("Pasta", 30, (130, 200), "courgette_ribbons", "wholegrain_pasta"),
    "mash": Food("Mashed potatoes", 16, (200, 260), "celeriac_mash", "sweet_potato_mash"),
    "chips": Food("Chips", 35, (120, 170), "turnip_sticks", "sweet_potato_chips"),
    "bread": Food("White bread", 48, (70, 110), "lettuce_leaves", "rye_bread"),
    "couscous": Food("Couscous", 23, (140, 200), "chopped_broccoli", "bulgur"),
    "noodles": Food("Egg noodles", 25, (150, 210), "konjac_noodles", "udon_noodles"),
    "tortilla": Food("Wheat tortillas", 50, (70, 110), "cabbage_leaves", "corn_tortillas"),
    "bun": Food("Burger bun", 50, (70, 100), "portobello_mushrooms", "brioche_bun"),
}
SIDES = {
    "peas": Food("Green peas", 12, (60, 90), "green_beans", "broad_beans"),
    "sweetcorn": Food("Sweetcorn", 19, (50, 80), "baby_corn", "hominy"),
    "baked_beans": Food("Baked beans", 15, (60, 90), "black_soybeans", "pinto_beans"),
    "carrots": Food("Carrots", 8, (60, 90), "red_peppers", "parsnips"),
    "beetroot": Food("Beetroot", 10, (50, 80), "radishes", "sweet_potatoes"),
    "lentils": Food("Lentils", 20, (50, 80), "minced_mushrooms", "split_peas"),
}
OTHERS = {
    "chicken": Food("Chicken", 0, (100, 150)),
    "salmon": Food("Salmon", 0, (100, 150)),
    "eggs": Food("Eggs", 1, (60, 120)),
    "tofu": Food("Tofu", 2, (90, 140)),
    "beef": Food("Beef", 0, (100, 150)),
    "spinach": Food("Spinach", 1, (50, 90)),
    "tomatoes": Food("Tomatoes", 4, (60, 100)),
    "cucumber": Food("Cucumber", 3, (50, 90)),
    "olives": Food("Olives", 4, (20, 40)),
}
FOODS = STARCHES | SIDES | OTHERS
REPLACEMENTS = {
    "cauliflower_rice": ("Cauliflower rice", 3),
    "courgette_ribbons": ("Courgette ribbons", 3),
    "celeriac_mash": ("Mashed celeriac", 6),
    "turnip_sticks": ("Baked turnip sticks", 5),
    "lettuce_leaves": ("Lettuce leaves", 2),
    "chopped_broccoli": ("Finely chopped broccoli", 4),
    "konjac_noodles": ("Konjac noodles", 1),
    "cabbage_leaves": ("Cabbage leaves", 5),
    "portobello_mushrooms": ("Portobello mushrooms", 3),
    "green_beans": ("Green beans", 4),
    "baby_corn": ("Baby corn", 3),
    "black_soybeans": ("Black soybeans", 5),
    "red_peppers": ("Red peppers", 5),
    "radishes": ("Radishes", 2),
    "minced_mushrooms": ("Minced mushrooms", 2),
    "brown_rice": ("Brown rice", 25),
    "wholegrain_pasta": ("Wholegrain pasta", 27),
    "sweet_potato_mash": ("Mashed sweet potatoes", 17),
    "sweet_potato_chips": ("Sweet potato chips", 29),
    "rye_bread": ("Rye bread", 45),
    "bulgur": ("Bulgur", 19),
    "udon_noodles": ("Udon noodles", 23),
    "corn_tortillas": ("Corn tortillas", 44),
    "brioche_bun": ("Brioche bun", 51),
    "broad_beans": ("Broad beans", 11),
    "hominy": ("Hominy", 14),
    "pinto_beans": ("Pinto beans", 22),
    "parsnips": ("Parsnips", 13),
    "sweet_potatoes": ("Sweet potatoes", 17),
    "split_peas": ("Split peas", 21),
}
LOW = tuple(food.instead for food in FOODS.values() if food.instead)
