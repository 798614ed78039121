"""The one picture format that is kept: PNG of 8 bits without any metadata, written and read here."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from explainers.core.errors import ArtefactCorrupt

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
UP = 2
MAXIMUM_PIXELS = 25_000_000


def png_encode(pixels: NDArray[np.uint8]) -> bytes:
    """
    Write pixels as a PNG with nothing in it but pixels.

    Parameters
    ----------
    pixels : numpy.ndarray
        uint8, (height, width) or (height, width, channels) with 1, 3 or 4 channels.

    Returns
    -------
    bytes
        Equal pixels give equal bytes (with one version of zlib).

    Raises
    ------
    ValueError
        If the array is no picture.

    References
    ----------
    .. [1] ISO/IEC 15948:2004, Portable Network Graphics (PNG), https://www.w3.org/TR/png/

    Examples
    --------
    >>> png_decode(png_encode(np.array([[0, 255]], dtype=np.uint8))).tolist()
    [[[0], [255]]]
    """
    array = pixels[:, :, None] if pixels.ndim == 2 else pixels
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] not in COLOUR_TYPES or not array.size:
        raise ValueError(f"A picture is uint8 (height, width, 1, 3 or 4), not {pixels.dtype} {pixels.shape}.")
    height, width, channels = array.shape
    lines = array.reshape(height, width * channels)
    above = np.vstack([np.zeros_like(lines[:1]), lines[:-1]])
    filtered = np.hstack([np.full((height, 1), UP, dtype=np.uint8), lines - above])
    header = struct.pack(">IIBBBBB", width, height, 8, COLOUR_TYPES[channels], 0, 0, 0)
    body = zlib.compress(filtered.tobytes(), 9)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_size(data: bytes) -> tuple[int, int, int]:
    """
    Read height, width and channels of a PNG of this module without its pixels.

    Parameters
    ----------
    data : bytes
        What `png_encode` gave.

    Returns
    -------
    tuple of int
        (height, width, channels).

    Raises
    ------
    ArtefactCorrupt
        If it is another kind of file.
    """
    if not data.startswith(SIGNATURE) or data[12:16] != b"IHDR" or len(data) < 33:
        raise ArtefactCorrupt("These bytes are not a picture of the store.")
    width, height, bits, colour, *rest = struct.unpack(">IIBBBBB", data[16:29])
    channels = {number: count for count, number in COLOUR_TYPES.items()}.get(colour, 0)
    if (bits, rest) != (8, [0, 0, 0]) or not channels or not 0 < width * height <= MAXIMUM_PIXELS:
        raise ArtefactCorrupt("These bytes are not a picture of the store.")
    return height, width, channels


def png_decode(data: bytes) -> NDArray[np.uint8]:
    """
    Read a PNG that `png_encode` wrote.

    Parameters
    ----------
    data : bytes
        The file.

    Returns
    -------
    numpy.ndarray
        uint8, (height, width, channels).

    Raises
    ------
    ArtefactCorrupt
        If it is another file; strangers' pictures are read by `explainers.core.pictures`.
    """
    height, width, channels = png_size(data)
    length = int.from_bytes(data[33:37], "big")
    wanted = height * (width * channels + 1)
    try:
        reader = zlib.decompressobj()
        raw = reader.decompress(data[41 : 41 + length], wanted + 1)
    except zlib.error as error:
        raise ArtefactCorrupt(f"The pixels of a picture cannot be read: {error}.") from error
    if data[37:41] != b"IDAT" or len(raw) != wanted or not reader.eof:
        raise ArtefactCorrupt("A picture has another number of pixels than it says.")
    lines = np.frombuffer(raw, dtype=np.uint8).reshape(height, width * channels + 1)
    if (lines[:, 0] != UP).any():
        raise ArtefactCorrupt("A picture of the store was not written by this module.")
    pixels = np.add.accumulate(lines[:, 1:], axis=0, dtype=np.uint8)
    return pixels.reshape(height, width, channels)
