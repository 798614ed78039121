"""Masks as run lengths, and how much of a map lies in them, against counting pixel by pixel."""

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from explainers.core.archive import folder_read
from explainers.core.cases.masks import mask_of_pixels, mask_to_runs, region_to_mask
from explainers.core.errors import CaseSetRefused
from explainers.core.gate.localisation import mask_share, points_into

MASKS = [np.random.default_rng(seed).random((5, 7)) < 0.4 for seed in range(6)]
MASKS += [np.zeros((5, 7), dtype=bool), np.ones((5, 7), dtype=bool)]


def filled(runs: Mapping[str, Any]) -> set[tuple[int, int]]:
    """The pixels of run lengths, column by column."""
    height = runs["size"][0]
    place, inside, found = 0, False, set()
    for count in runs["counts"]:
        found |= {(number % height, number // height) for number in range(place, place + count) if inside}
        place, inside = place + count, not inside
    return found


@pytest.mark.parametrize("mask", MASKS)
def test_run_lengths_hold_exactly_the_pixels_of_a_mask(mask: NDArray[np.bool_]) -> None:
    runs = mask_to_runs(mask)
    assert filled(runs) == {place for place in product(range(5), range(7)) if mask[place]}
    assert np.array_equal(region_to_mask(runs, shape=(5, 7)), mask)


def test_a_mask_is_laid_over_a_map_of_another_size() -> None:
    mask = np.zeros((4, 4), dtype=bool)
    mask[1, 2] = True
    small = region_to_mask(mask_to_runs(np.kron(mask, np.ones((8, 8), dtype=bool))), shape=(4, 4))
    assert np.array_equal(small, mask)


@pytest.mark.parametrize(
    "region", [{"x": 1}, {"size": [2, 2], "counts": [3]}, {"size": [2, 2], "counts": [-1, 5]}]
)
def test_what_is_no_region_is_refused(region: Mapping[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"region|runs"):
        region_to_mask(region, shape=(2, 2))


def test_white_of_any_channel_marks_the_region() -> None:
    pixels = np.zeros((1, 3, 3), dtype=np.uint8)
    pixels[0, 1, 2], pixels[0, 2, 0] = 255, 127
    assert mask_of_pixels(pixels).tolist() == [[False, True, False]]


def test_a_map_that_knows_nothing_has_the_share_of_the_area() -> None:
    mask = MASKS[0]
    assert mask_share(np.ones((5, 7)), mask) == pytest.approx(mask.sum() / 35)
    assert np.isnan(mask_share(np.zeros((5, 7)), mask))


def test_the_strongest_pixel_counts_whatever_its_sign() -> None:
    values = np.array([[0.5, -0.9], [0.1, 0.0]])
    assert points_into(values, np.array([[False, True], [False, False]]))
    assert not points_into(values, np.array([[True, False], [True, True]]))


def test_a_folder_is_read_with_its_folders_and_without_hidden_files(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.png").write_bytes(b"1")
    (tmp_path / ".hidden").write_bytes(b"2")
    assert folder_read(tmp_path) == {"a/one.png": b"1"}


@pytest.mark.parametrize(
    ("limit", "words"), [({"entries": 1}, "more than 1 files"), ({"unpacked": 3}, "3 bytes")]
)
def test_a_folder_has_the_limits_of_an_archive(tmp_path: Path, limit: Mapping[str, int], words: str) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(b"12")
    with pytest.raises(CaseSetRefused, match=words):
        folder_read(tmp_path, **limit)


def test_a_link_in_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "passwd").symlink_to("/etc/passwd")
    with pytest.raises(CaseSetRefused, match="link"):
        folder_read(tmp_path)
