"""Names made from content: canonical JSON, SHA-256 and the cache keys of jobs."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

ENGINE_VERSION = "1"


def canonical_json(value: Any) -> bytes:
    """
    Write a value as the one JSON text that stands for it: sorted keys, no blanks, UTF-8.

    Parameters
    ----------
    value : Any
        Nested dicts with string keys, lists, tuples, strings, finite numbers, booleans and None.

    Returns
    -------
    bytes
        The canonical text; equal values give equal bytes.

    Raises
    ------
    ValueError
        If a number is not finite, or a value has no JSON form.

    Notes
    -----
    1 and 1.0 are different texts: a schema that wants them equal converts first.

    Examples
    --------
    >>> canonical_json({"b": 1, "a": [0.5, None]})
    b'{"a":[0.5,null],"b":1}'
    """
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except TypeError as error:
        raise ValueError(f"This value has no canonical JSON form: {error}.") from error
    return text.encode("utf-8")


def sha256_hex(data: bytes) -> str:
    """
    Return the SHA-256 of some bytes as 64 hexadecimal digits.

    Parameters
    ----------
    data : bytes
        Any bytes.

    Returns
    -------
    str
        64 lower-case hexadecimal digits.

    Examples
    --------
    >>> sha256_hex(b"")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(data).hexdigest()


def digest_of(value: Any) -> str:
    """
    Return the SHA-256 of the canonical JSON of a value.

    Parameters
    ----------
    value : Any
        As for `canonical_json`.

    Returns
    -------
    str
        64 lower-case hexadecimal digits.

    Examples
    --------
    >>> digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    True
    """
    return sha256_hex(canonical_json(value))


def job_key(kind: str, *, parts: Mapping[str, Any]) -> str:
    """
    Return the cache key of a job: equal work has an equal key, so that it is done once.

    Parameters
    ----------
    kind : str
        `predict`, `explain` or `render`.
    parts : Mapping[str, Any]
        Everything the result depends on: digests of predictor and case, method, version, parameters,
        declared target, seed, numerics class.

    Returns
    -------
    str
        64 hexadecimal digits; another engine version gives another key.

    Examples
    --------
    >>> job_key("predict", parts={"case": "a"}) == job_key("explain", parts={"case": "a"})
    False
    """
    return digest_of({"kind": kind, "engine": ENGINE_VERSION, "parts": dict(parts)})
