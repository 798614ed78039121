"""Strangers' pictures: taken as bare upright pixels or refused in words; what else was in the file is gone."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from explainers.core.pictures import Picture, pictures_clean
from explainers.core.png import png_decode

pytestmark = pytest.mark.heavy
NOISE = np.random.default_rng(2).integers(0, 256, (20, 30, 3), dtype=np.uint8)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def saved(picture: Any, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def bomb(side: int) -> bytes:
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(bytes(100_000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


def with_exif(kind: str) -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "SECRET-MAKER"
    exif[0x0112] = 6  # turn a quarter to the right
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.5)
    return saved(Image.fromarray(NOISE), kind, exif=exif, comment=b"SECRET-COMMENT")


def animated() -> bytes:
    frames = [Image.fromarray(NOISE), Image.fromarray(255 - NOISE)]
    return saved(frames[0], save_all=True, append_images=frames[1:])


GOOD = saved(Image.fromarray(NOISE))
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "50,000 x 50,000": (lambda: bomb(50_000), "pixels"),
    "9,000 wide": (lambda: bomb(9_000), "9000 x 9000 pixels"),
    "fewer pixels than it says": (lambda: bomb(4_000), "could not be read"),
    "an SVG with a script": (lambda: SVG, "an SVG or another text"),
    "an HTML page called .png": (lambda: b"\xef\xbb\xbf <html></html>", "an SVG or another text"),
    "a GIF": (lambda: saved(Image.fromarray(NOISE[:, :, 0]), "GIF"), "a GIF"),
    "a TIFF": (lambda: saved(Image.fromarray(NOISE), "TIFF"), "a TIFF"),
    "a WebP": (lambda: b"RIFF\x00\x00\x00\x00WEBP", "a WebP"),
    "animated": (animated, "animated"),
    "CMYK": (lambda: saved(Image.fromarray(NOISE).convert("CMYK"), "JPEG"), "CMYK"),
    "16 bits": (lambda: saved(Image.fromarray(NOISE[:, :, 0].astype(np.uint16) * 257)), "8 bits"),
    "transparent": (lambda: saved(Image.fromarray(np.dstack([NOISE, NOISE[:, :, :1]]))), "transparent"),
    "cut": (lambda: GOOD[: len(GOOD) // 2], "could not be read"),
    "empty": (lambda: b"", "something else"),
    "only a magic": (lambda: b"\x89PNG\r\n\x1a\n", "could not be read"),
    "a JPEG of nothing": (lambda: b"\xff\xd8\xff\xe0" + bytes(50), "could not be read"),
}


@pytest.fixture(scope="module")
def answers() -> dict[str, Picture]:
    return pictures_clean({**{name: make() for name, (make, _) in REFUSED.items()}, "good": GOOD})


@pytest.mark.parametrize("name", REFUSED)
def test_a_picture_that_cannot_be_taken_is_refused_in_words(name: str, answers: dict[str, Picture]) -> None:
    assert REFUSED[name][1] in answers[name].problem
    assert answers[name].png == b""


def test_a_bad_picture_does_not_touch_a_good_one_beside_it(answers: dict[str, Picture]) -> None:
    np.testing.assert_array_equal(png_decode(answers["good"].png), NOISE)


def test_metadata_place_and_whatever_follows_are_gone_and_the_picture_stands_upright() -> None:
    polyglot = with_exif("PNG") + b"PK\x03\x04 SECRET-ARCHIVE"
    found = pictures_clean({"a.png": polyglot, "b.jpg": with_exif("JPEG")})
    np.testing.assert_array_equal(png_decode(found["a.png"].png), np.rot90(NOISE, -1))
    assert (found["b.jpg"].height, found["b.jpg"].width, found["b.jpg"].channels) == (30, 20, 3)
    for picture in found.values():
        assert b"SECRET" not in picture.png
        assert not Image.open(io.BytesIO(picture.png)).getexif()


def test_grey_palette_and_opaque_pictures_are_taken() -> None:
    grey = Image.fromarray(NOISE[:, :, 0])
    opaque = Image.fromarray(np.dstack([NOISE, np.full_like(NOISE[:, :, :1], 255)]))
    found = pictures_clean(
        {"grey": saved(grey), "palette": saved(grey.convert("P")), "opaque": saved(opaque)}
    )
    assert [picture.channels for picture in found.values()] == [1, 3, 3]
    np.testing.assert_array_equal(png_decode(found["opaque"].png), NOISE)
    np.testing.assert_array_equal(png_decode(found["grey"].png)[:, :, 0], NOISE[:, :, 0])
