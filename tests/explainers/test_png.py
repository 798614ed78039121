"""The store's pictures: what is written is what Pillow reads, and nothing else is read."""

import io

import numpy as np
import pytest
from PIL import Image

from explainers.core.errors import ArtefactCorrupt
from explainers.core.png import png_decode, png_encode, png_size

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("shape", [(5, 7), (1, 1, 1), (13, 4, 3), (9, 31, 4)])
def test_another_reader_reads_the_same_pixels(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, shape, dtype=np.uint8)
    data = png_encode(pixels)
    read = np.asarray(Image.open(io.BytesIO(data)))
    np.testing.assert_array_equal(read.reshape(shape), pixels)
    np.testing.assert_array_equal(png_decode(data).reshape(shape), pixels)
    assert png_size(data) == (*shape, 1)[:3]


def test_there_is_nothing_in_the_file_but_pixels() -> None:
    data = png_encode(np.zeros((2, 2), dtype=np.uint8))
    assert [data.count(kind) for kind in (b"IHDR", b"IDAT", b"IEND")] == [1, 1, 1]
    assert not Image.open(io.BytesIO(data)).info


def test_what_was_not_written_here_is_not_read() -> None:
    good = png_encode(np.arange(12, dtype=np.uint8).reshape(3, 4))
    foreign = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 256, (40, 40), dtype=np.uint8)
    Image.fromarray(noise).save(foreign, "PNG")
    bomb = good[:16] + (60_000).to_bytes(4, "big") * 2 + good[24:]
    for data in (b"", b"GIF89a", good[:40], good[:-20], foreign.getvalue(), bomb):
        with pytest.raises(ArtefactCorrupt):
            png_decode(data)


@pytest.mark.parametrize("shape", [(0, 3), (3,), (2, 2, 2)])
def test_what_is_no_picture_is_not_written(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="A picture is"):
        png_encode(np.zeros(shape, dtype=np.uint8))
