"""Digests: one canonical form of JSON and its SHA-256; what is equal has one digest on every machine."""

import hashlib
import json
from pathlib import Path
from typing import Any

_CHUNK = 1 << 20


def canonical_json(value: Any) -> bytes:
    """Write a JSON value in its one canonical form.

    Keys are sorted, there is no white space, text is UTF-8 without escapes; numbers are written as Python's
    shortest exact form. Mappings that differ only in the order of their keys have the same bytes.

    Parameters
    ----------
    value : dict, list, str, int, float, bool or None
        Keys must be text. Not-a-number and infinity are refused: JSON has no word for them.

    Returns
    -------
    bytes
        UTF-8.

    Raises
    ------
    ValueError
        When the value holds something that JSON cannot say.

    Notes
    -----
    ``1`` and ``1.0`` are different bytes. Text is not normalised: two spellings of one accent stay two texts.

    References
    ----------
    .. [1] In the spirit of RFC 8785 (JSON canonicalisation scheme), https://doi.org/10.17487/RFC8785

    Examples
    --------
    >>> canonical_json({"b": 1, "a": [True, None]})
    b'{"a":[true,null],"b":1}'
    """
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        message = (
            f"The value cannot be written as canonical JSON: {error}. Use text, numbers, lists and mappings."
        )
        raise ValueError(message) from error
    return text.encode()


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of some bytes as 64 hexadecimal digits.

    Parameters
    ----------
    data : bytes
        Any length.

    Returns
    -------
    str
        Lower-case hexadecimal.

    References
    ----------
    .. [1] FIPS 180-4, https://doi.org/10.6028/NIST.FIPS.180-4

    Examples
    --------
    >>> sha256_hex(b"")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(data).hexdigest()


def digest_of(value: Any) -> str:
    """Return the digest of a JSON value: SHA-256 of its canonical form.

    Parameters
    ----------
    value : dict, list, str, int, float, bool or None
        As for `canonical_json`.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    ValueError
        When the value cannot be written as JSON.

    Examples
    --------
    >>> digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    True
    """
    return sha256_hex(canonical_json(value))


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces so that its size does not matter.

    Parameters
    ----------
    path : pathlib.Path
        A readable file.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    OSError
        When the file cannot be read.

    Examples
    --------
    >>> import os
    >>> file_digest(Path(os.devnull)) == sha256_hex(b"")
    True
    """
    found = hashlib.sha256()
    with path.open("rb") as source:
        while piece := source.read(_CHUNK):
            found.update(piece)
    return found.hexdigest()
