"""Strangers' pictures: opened in a process of their own, kept as bare pixels; whatever else was in the file is gone."""

import io
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.png import png_encode
from explainers.core.sandbox import SandboxFailedError, sandbox_answer, sandbox_ask, sandbox_enter

MAXIMUM_BYTES = 20_000_000
MAXIMUM_SIDE = 8_192
MAXIMUM_PIXELS = 25_000_000
BATCH_BYTES = 32_000_000
BATCH_FILES = 500
FORMATS = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG"}
KNOWN = {
    b"GIF8": "a GIF",
    b"II*\x00": "a TIFF",
    b"MM\x00*": "a TIFF",
    b"BM": "a BMP",
    b"RIFF": "a WebP",
    b"%PDF": "a PDF",
    b"PK": "an archive",
    b"<": "an SVG or another text",
}


@dataclass(frozen=True)
class Picture:
    """
    A picture that was taken, or the reason why it was not.

    Parameters
    ----------
    png : bytes
        Pixels as the store keeps them; empty if there is a problem.
    height : int
        In pixels.
    width : int
        In pixels.
    channels : int
        1 or 3.
    problem : str
        In words; empty if there is none.
    """

    png: bytes = b""
    height: int = 0
    width: int = 0
    channels: int = 0
    problem: str = ""


def pictures_clean(files: Mapping[str, bytes]) -> dict[str, Picture]:
    """
    Turn strangers' PNG and JPEG files into bare pixels.

    Each picture is turned upright as its file says, and loses metadata, profiles, comments and whatever follows its
    end. 16-bit, transparent, CMYK, animated and oversized pictures are refused: what they look like
    would depend on a choice that is the experimenter's.

    Parameters
    ----------
    files : Mapping
        Name to bytes.

    Returns
    -------
    dict
        One Picture per name; a problem in one does not touch the others.
    """
    found = {name: Picture(problem=_format_problem(data)) for name, data in files.items()}
    batch: list[str] = []
    size = 0
    for name in [name for name, picture in found.items() if not picture.problem]:
        if batch and (size + len(files[name]) > BATCH_BYTES or len(batch) == BATCH_FILES):
            found |= _clean_batch(files, names=batch)
            batch, size = [], 0
        batch.append(name)
        size += len(files[name])
    if batch:
        found |= _clean_batch(files, names=batch)
    return found


def _format_problem(data: bytes) -> str:
    if len(data) > MAXIMUM_BYTES:
        return f"the file has {len(data)} bytes, at most {MAXIMUM_BYTES} are taken"
    if any(data.startswith(magic) for magic in FORMATS):
        return ""
    text = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    what = next((word for magic, word in KNOWN.items() if text.startswith(magic)), "something else")
    return f"only PNG and JPEG pictures are taken, this is {what}"


def _clean_batch(files: Mapping[str, bytes], *, names: Sequence[str]) -> dict[str, Picture]:
    lengths = json.dumps([len(files[name]) for name in names]).encode()
    message = b"\n".join([lengths, b"".join(files[name] for name in names)])
    try:
        answer, pixels = sandbox_ask(__name__, message=message)
    except SandboxFailedError as error:
        if len(names) == 1:
            return {names[0]: Picture(problem=f"the picture could not be read, {error}")}
        parts = [_clean_batch(files, names=[name]) for name in names]
        return {name: picture for part in parts for name, picture in part.items()}
    result, begin = {}, 0
    for name, entry in zip(names, answer["pictures"], strict=True):
        length = entry.pop("length", 0)
        result[name] = Picture(png=pixels[begin : begin + length], **entry)
        begin += length
    return result


def main() -> None:
    """Answer for one batch: lengths and files on standard input; sizes, problems and bare PNGs on standard output."""
    sandbox_enter(prepare=_import_pillow)
    lengths = json.loads(sys.stdin.buffer.readline())
    entries: list[dict[str, Any]] = []
    kept = []
    for length in lengths:
        data = sys.stdin.buffer.read(length)
        try:
            pixels = pixels_read(data)
        except (ValueError, OSError, SyntaxError, MemoryError, EOFError, Warning) as error:
            entries.append(
                {"problem": f"the picture could not be read: {str(error)[:200] or 'it is damaged'}"}
            )
            continue
        kept.append(png_encode(pixels))
        size = dict(zip(("height", "width", "channels"), pixels.shape, strict=True))
        entries.append({"length": len(kept[-1]), **size})
    sandbox_answer({"pictures": entries}, b"".join(kept))


def _import_pillow() -> None:
    from PIL import Image, JpegImagePlugin, PngImagePlugin

    Image.MAX_IMAGE_PIXELS = (
        None  # `_check_picture` looks at the size before any pixel is read, and says so in words
    )
    del JpegImagePlugin, PngImagePlugin


def pixels_read(data: bytes) -> NDArray[np.uint8]:
    """
    Read the pixels of a PNG or JPEG; only called inside the sandbox and on pictures of our own.

    Parameters
    ----------
    data : bytes
        The file.

    Returns
    -------
    numpy.ndarray
        uint8, (height, width, 1 or 3), upright.

    Raises
    ------
    ValueError
        If the picture is of a kind that is refused; Pillow's own errors if it is damaged.
    """
    import warnings

    from PIL import Image, ImageOps

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with Image.open(io.BytesIO(data), formats=list(FORMATS.values())) as picture:
            _check_picture(picture)
            upright = ImageOps.exif_transpose(picture)
            if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
                upright = upright.convert("RGBA")
                if np.asarray(upright)[:, :, 3].min() < 255:
                    raise ValueError("it has transparent parts")
            grey = upright.mode in ("1", "L", "LA")
            array = np.asarray(upright.convert("L" if grey else "RGB"), dtype=np.uint8)
    return array[:, :, None] if grey else array


def _check_picture(picture: Any) -> None:
    width, height = picture.size
    if max(width, height) > MAXIMUM_SIDE or width * height > MAXIMUM_PIXELS:
        raise ValueError(f"it has {width} x {height} pixels, at most {MAXIMUM_SIDE} a side are taken")
    if getattr(picture, "n_frames", 1) > 1:
        raise ValueError("it is animated")
    if picture.mode.startswith(("I", "F")):
        raise ValueError("it has more than 8 bits a channel; choose the window yourself and save 8 bits")
    if picture.mode not in ("1", "L", "LA", "P", "PA", "RGB", "RGBA"):
        raise ValueError(f"its colours are {picture.mode}, not grey or RGB")


if __name__ == "__main__":
    main()
