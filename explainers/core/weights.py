"""Looking at a safetensors file without torch: it is data of the declared shapes, or it is refused in a sentence."""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from explainers.core.errors import PredictorRefused

MAXIMUM_BYTES = 256 * 1024 * 1024
MAXIMUM_HEADER_BYTES = 1024 * 1024
LENGTH_BYTES = 8
TENSOR_TYPES = {"F32": 4, "I64": 8}
COUNTER = "num_batches_tracked"
CODE_CARRIERS = {
    b"PK": "a zip archive (.pt, .pth, .pt2, .npz and TorchScript files are such archives)",
    b"\x80": "a Python pickle",
    b"\x93NUMPY": "a NumPy file",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\x89HDF": "an HDF5 file",
    b"\x7fELF": "a program",
}


def check_weights(data: bytes, *, shapes: Mapping[str, tuple[int, ...]]) -> None:
    r"""
    Check that bytes are a safetensors file that holds exactly the declared tensors, all finite.

    Definition: 8 bytes little-endian header length, a JSON header, then the tensors without gap or overlap.

    Parameters
    ----------
    data : bytes
        The file.
    shapes : Mapping[str, tuple[int, ...]]
        Name and shape of every tensor the architecture has; all are float32, but counters of batch
        normalisation (their name ends in `num_batches_tracked`) are int64.

    Raises
    ------
    PredictorRefused
        With one sentence on the first thing that is wrong. Nothing is executed and nothing is stored.

    Notes
    -----
    The whole file is held in memory by the caller; no more than one copy of one tensor is made here.

    References
    ----------
    .. [1] Hugging Face, safetensors, file format, https://github.com/huggingface/safetensors

    Examples
    --------
    >>> check_weights(b"PK\x03\x04", shapes={})
    Traceback (most recent call last):
    explainers.core.errors.PredictorRefused: The weights are a zip archive (.pt, .pth, .pt2, .npz and ...
    """
    _refuse_other_formats(data)
    header, start = _read_header(data)
    _check_names(header, shapes)
    offset = 0
    by_offset = sorted(header.items(), key=lambda item: item[1]["data_offsets"][0])
    for name, entry in by_offset:
        offset = _check_tensor(name, entry, shape=shapes[name], offset=offset)
    if start + offset != len(data):
        raise PredictorRefused(
            f"The weights have {len(data) - start} bytes after the header, but the tensors take {offset}; "
            "the file is cut or carries something else."
        )
    for name, entry in by_offset:
        _check_finite(name, data=data, begin=start + entry["data_offsets"][0], count=math.prod(shapes[name]))


def _refuse_other_formats(data: bytes) -> None:
    for magic, description in CODE_CARRIERS.items():
        # A safetensors file may begin with any byte of its header's length, but then its ninth byte opens the JSON.
        if data.startswith(magic) and data[LENGTH_BYTES : LENGTH_BYTES + 1] != b"{":
            raise PredictorRefused(
                f"The weights are {description}; such files can carry code and are not opened. "
                "Save the weights with safetensors."
            )
    if len(data) > MAXIMUM_BYTES:
        raise PredictorRefused(f"The weights have {len(data)} bytes; at most {MAXIMUM_BYTES} are taken.")
    if len(data) < LENGTH_BYTES + 2:
        raise PredictorRefused(f"The weights have {len(data)} bytes; a safetensors file has at least 10.")


def _read_header(data: bytes) -> tuple[dict[str, dict[str, Any]], int]:
    length = int.from_bytes(data[:LENGTH_BYTES], "little")
    if length > min(MAXIMUM_HEADER_BYTES, len(data) - LENGTH_BYTES):
        raise PredictorRefused(
            f"The weights claim a header of {length} bytes, the file has {len(data)} and at most "
            f"{MAXIMUM_HEADER_BYTES} are read; this is not a whole safetensors file."
        )
    text = data[LENGTH_BYTES : LENGTH_BYTES + length]
    if not text.startswith(b"{"):
        raise PredictorRefused(
            "The header of the weights does not open with a brace; this is not a safetensors file."
        )
    try:
        header = json.loads(text.decode("utf-8"), object_pairs_hook=_no_duplicates)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise PredictorRefused(f"The header of the weights is not valid JSON: {str(error)[:200]}.") from error
    if not isinstance(header, dict):
        raise PredictorRefused("The header of the weights is not a JSON object.")
    header.pop("__metadata__", None)
    return header, LENGTH_BYTES + length


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name occurs twice")
    return result


def _check_names(header: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> None:
    missing, surplus = sorted(set(shapes) - set(header)), sorted(set(header) - set(shapes))
    if missing or surplus:
        raise PredictorRefused(
            "The weights do not fit the architecture: "
            f"missing {', '.join(missing)[:300] or 'nothing'}; unexpected {', '.join(surplus)[:300] or 'nothing'}."
        )
    for name, entry in header.items():
        offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
        if not (
            isinstance(offsets, list) and len(offsets) == 2 and all(type(item) is int for item in offsets)
        ):
            raise PredictorRefused(f"The tensor {name} of the weights has no valid data_offsets.")


def _check_tensor(name: str, entry: Mapping[str, Any], *, shape: tuple[int, ...], offset: int) -> int:
    wanted = _type_of(name)
    if entry.get("dtype") != wanted:
        raise PredictorRefused(
            f"The tensor {name} has the type {str(entry.get('dtype'))[:20]!r}; {wanted} is expected."
        )
    if entry.get("shape") != list(shape):
        raise PredictorRefused(
            f"The tensor {name} has the shape {str(entry.get('shape'))[:80]}; the architecture has {list(shape)}."
        )
    begin, end = entry["data_offsets"]
    size = math.prod(shape) * TENSOR_TYPES[wanted]
    if begin != offset or end - begin != size:
        raise PredictorRefused(
            f"The tensor {name} lies at bytes {begin} to {end}; with its shape it should lie at {offset} to "
            f"{offset + size}."
        )
    return offset + size


def _type_of(name: str) -> str:
    return "I64" if name.rpartition(".")[2] == COUNTER else "F32"


def _check_finite(name: str, *, data: bytes, begin: int, count: int) -> None:
    if _type_of(name) != "F32":
        return
    values = np.frombuffer(data, dtype="<f4", count=count, offset=begin)
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        raise PredictorRefused(
            f"The tensor {name} has {wrong.size} values that are not finite, the first at place {int(wrong[0])}."
        )
