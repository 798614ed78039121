"""The materials of example studies: mazes have one way out, apartments a known rule, digits an AI that errs."""

from __future__ import annotations

from collections import Counter, deque

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load

from explainers.core.cases import check_schema
from explainers.core.cases.schema import complete_schema
from explainers.core.demo_data.apartments import (
    FEATURES,
    SHOWN_IN_SHORT,
    apartment_predictor,
    apartment_schema,
    apartments_draw,
    coefficients,
)
from explainers.core.demo_data.digits import (
    DIGIT_CLASSES,
    digit_files,
    digit_pictures,
    digit_predictor,
    digit_schema,
)
from explainers.core.demo_data.mazes import (
    EXIT,
    EXITS,
    PIXELS,
    SIZES,
    WALL,
    Maze,
    maze_file,
    maze_schema,
    mazes_draw,
)
from explainers.core.demo_data.readings import PLACES, Reading, retina_readings
from explainers.core.demo_data.retina import SIDE, Patches, retina_patches
from explainers.core.demo_data.reviews import BOOKS, HOTELS, Kind, review_predictor, reviews_make
from explainers.core.png import png_decode
from explainers.core.predictor import LoadedPredictor


def reached(maze: Maze) -> set[str]:
    """Flood the white of the picture from the middle of the left side; an exit is where its letter is touched."""
    free = ~(maze.picture == WALL).all(axis=2)
    inside = np.zeros_like(free)
    walls = np.argwhere(~free)
    (top, left), (bottom, right) = walls.min(axis=0), walls.max(axis=0)
    inside[top : bottom + 1, left + 1 : right + 1] = True
    start = next(
        (y, left + 8) for y in range((top + bottom) // 2 - 3, bottom) if (free & inside)[y, left + 8]
    )
    seen, queue = {start}, deque([start])
    while queue:
        y, x = queue.popleft()
        for at in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if 0 <= at[0] < PIXELS and 0 <= at[1] < PIXELS and free[at] and inside[at] and at not in seen:
                seen.add(at)
                queue.append(at)
    letters = np.argwhere((maze.picture == EXIT).all(axis=2))
    rows = np.linspace(letters[:, 0].min() + 7, letters[:, 0].max() - 7, len(EXITS))
    doors = {round(y) for y, x in seen if x == right}
    return {name for name, row in zip(EXITS, rows, strict=True) if any(abs(door - row) < 6 for door in doors)}


@pytest.fixture(scope="module")
def mazes() -> list[Maze]:
    return mazes_draw(count=4)


def test_one_exit_of_a_maze_can_be_reached_and_it_is_the_one_that_is_true(mazes: list[Maze]) -> None:
    some = mazes[::2]
    assert [reached(maze) for maze in some] == [{maze.exit} for maze in some]


def test_the_way_to_a_wrong_exit_crosses_a_wall_and_the_way_to_the_right_one_does_not(
    mazes: list[Maze],
) -> None:
    for maze in mazes:
        is_wall: NDArray[np.bool_] = (maze.picture == WALL).all(axis=2)
        assert bool((is_wall & (maze.way > 0)).any()) == (maze.exit != maze.advised)


def test_the_ai_of_the_mazes_is_right_in_the_declared_share_of_each_difficulty() -> None:
    right = Counter(maze.difficulty for maze in mazes_draw(count=8, right=0.75) if maze.exit == maze.advised)
    assert right == {"easy": 6, "medium": 6, "hard": 6}


def test_a_maze_is_a_picture_of_its_pixels(mazes: list[Maze]) -> None:
    assert (png_decode(maze_file(mazes[0])) == mazes[0].picture).all()
    assert complete_schema(maze_schema())["modality"] == "image"


def test_equal_seeds_draw_equal_mazes(mazes: list[Maze]) -> None:
    again = mazes_draw(count=4)
    assert all(
        (one.picture == two.picture).all() and one.exit == two.exit
        for one, two in zip(mazes, again, strict=True)
    )


def test_apartments_are_what_their_schema_says() -> None:
    found = apartments_draw(count=200, unusual=5)
    for place, feature in enumerate(check_schema(apartment_schema())):
        assert found.values[:, place].min() >= feature["low"]
        assert found.values[:, place].max() <= feature["high"]
    assert found.unusual.sum() == 5


def predicted(short: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    found = apartments_draw(count=400, unusual=10)
    spec, weights = apartment_predictor(found, short=short)
    tensors = load(weights)
    rows = (found.values - spec.preprocessing["mean"]) / spec.preprocessing["scale"]
    return rows @ tensors["out.weight"][0] + tensors["out.bias"][0], found.prices


@pytest.mark.parametrize("short", [False, True])
def test_the_predictor_of_apartments_is_the_least_squares_fit_to_what_it_uses(short: bool) -> None:
    from sklearn.linear_model import LinearRegression

    found = apartments_draw(count=400, unusual=10)
    used = [short is False or feature[0] in SHOWN_IN_SHORT for feature in FEATURES]
    referee = LinearRegression().fit(found.values[:, used], found.prices)
    np.testing.assert_allclose(predicted(short)[0], referee.predict(found.values[:, used]), rtol=1e-4)


def test_unusual_apartments_are_priced_too_high() -> None:
    said, prices = predicted(short=False)
    assert (said - prices)[-10:].mean() > 100 > abs((said - prices)[:-10].mean())
    assert coefficients()[1] == 120.0


def test_digits_are_divided_into_halves_that_share_no_picture() -> None:
    train, _, classes = digit_pictures(part="train")
    test, pictures, _ = digit_pictures(part="test")
    assert not set(train) & set(test)
    assert set(classes) == set(DIGIT_CLASSES)
    assert pictures.shape[1:] == (32, 32, 3)
    assert complete_schema(digit_schema())["modality"] == "image"
    assert set(digit_files(test[:2], pictures[:2])) == {f"{key}.png" for key in test[:2]}


@pytest.mark.long
@pytest.mark.heavy
def test_the_predictor_of_digits_is_right_in_seven_to_nine_tenths_of_the_test_half() -> None:
    import torch
    from safetensors.torch import load as load_tensors

    from explainers.core.inputs import image_array

    spec, weights = digit_predictor()
    _, pictures, classes = digit_pictures(part="test")
    network = spec.family.build(spec.parameters)
    network.load_state_dict(load_tensors(weights))
    network.eval()
    rows = image_array([{"image": picture} for picture in pictures], spec=spec, pictures=None)
    with torch.no_grad():
        said = [DIGIT_CLASSES[place] for place in network(torch.from_numpy(rows)).argmax(1).tolist()]
    assert 0.7 < np.mean([one == two for one, two in zip(said, classes, strict=True)]) < 0.92


def test_the_directions_of_a_maze_tell_the_way_that_is_drawn() -> None:
    turns = {"right": (0, 1), "left": (0, -1), "down": (1, 0), "up": (-1, 0)}
    for maze in mazes_draw(count=2):
        size = SIZES[maze.difficulty]
        unit = PIXELS // (size + 2)
        edge = (PIXELS - unit * size) // 2
        row, column = size // 2, 0
        told, _, name = (
            maze.directions.removeprefix("From the start go ").removesuffix(".").rpartition(" to exit ")
        )
        for stretch in told.split(", "):
            direction, steps = stretch.split(" ")
            for _ in range(int(steps)):
                row, column = row + turns[direction][0], column + turns[direction][1]
                assert maze.way[edge + row * unit + unit // 2, edge + column * unit + unit // 2] == 1
        assert (name, column) == (maze.advised, size - 1)


@pytest.mark.parametrize("kind", [HOTELS, BOOKS])
def test_the_words_of_reviews_speak_for_their_class_as_often_as_their_kind_says(kind: Kind) -> None:
    reviews = reviews_make(kind, count=400, seed=1)
    shares = []
    for text, label in zip(reviews.texts, reviews.labels, strict=True):
        name, words = kind.classes[label], text.replace(".", "").replace(",", "").split()
        other = next(each for each in kind.classes if each != name)
        shares.append([sum(word in kind.speaks[one] for word in words) / 6 for one in (name, other)])
    own, against = np.mean(shares, axis=0)
    assert abs(own - kind.strength) < 0.03
    assert abs(against - 0.35 * (1 - kind.strength)) < 0.03
    assert np.array_equal(reviews.labels, np.arange(400) % 2)


def test_a_predictor_of_reviews_is_right_on_most_and_not_on_all() -> None:
    reviews, fresh = reviews_make(BOOKS, count=600, seed=3), reviews_make(BOOKS, count=84, seed=9)
    spec, weights = review_predictor(reviews)
    said = LoadedPredictor(spec, weights=weights).probabilities([{"text": text} for text in fresh.texts])
    right = [max(p, key=lambda n: p[n]) == BOOKS.classes[k] for p, k in zip(said, fresh.labels, strict=True)]
    assert 0.75 <= np.mean(right) <= 0.95


@pytest.fixture(scope="module")
def read() -> tuple[Patches, list[Reading]]:
    patches = retina_patches(count=48, part="test")
    return patches, retina_readings(patches)


def ninth(mask: NDArray[np.bool_], name: str) -> NDArray[np.bool_]:
    """Cut the named ninth out of a mask."""
    row, column = divmod(PLACES.index(name), 3)
    edges = [-(-SIDE * part // 3) for part in range(4)]
    return mask[edges[row] : edges[row + 1], edges[column] : edges[column + 1]]


def places_in(text: str) -> list[str]:
    # The longest names first: "middle" is a part of "upper middle".
    found = []
    for name in sorted(PLACES, key=len, reverse=True):
        if f"the {name} " in text:
            found.append(name)
            text = text.replace(f"the {name} ", "")
    return found


def test_the_reader_is_right_as_often_whether_its_reasons_are_true_or_not(
    read: tuple[Patches, list[Reading]],
) -> None:
    cells = Counter((each.truth, each.advised == each.truth, each.is_true) for each in read[1])
    assert {cell[1:]: count for cell, count in cells.items() if cell[0] == "bleeding"} == {
        (True, True): 8,
        (True, False): 8,
        (False, True): 4,
        (False, False): 4,
    }
    assert cells["bleeding", True, True] == cells["no bleeding", True, True]


def test_reasons_that_are_true_name_places_where_something_is_drawn_and_the_others_where_nothing_is(
    read: tuple[Patches, list[Reading]],
) -> None:
    patches, readings = read
    for number, each in enumerate(readings):
        drawn = patches.lesion_masks[number] | patches.cue_masks[number]
        places = places_in(each.text)
        assert each.is_true or places
        assert all(ninth(drawn, place).any() == each.is_true for place in places)


def test_a_map_is_strongest_where_the_words_say(read: tuple[Patches, list[Reading]]) -> None:
    for each in read[1]:
        for place in places_in(each.text):
            assert ninth(each.map > 0.9, place).any()
        assert (each.map.max() > 0.9) == bool(places_in(each.text))
