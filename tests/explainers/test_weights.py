"""Thirty malformed and twelve code-carrying files: each is refused in a sentence, nothing runs and nothing stays."""

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explainers.core.architectures.mlp import mlp_shapes
from explainers.core.errors import PredictorRefused
from explainers.core.weights import check_weights
from tests.explainers.conftest import PARAMETERS

SHAPES = mlp_shapes(PARAMETERS)
SIZES = {name: int(np.prod(shape)) * 4 for name, shape in SHAPES.items()}


def header() -> dict[str, Any]:
    result, offset = {}, 0
    for name, shape in SHAPES.items():
        result[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [offset, offset + SIZES[name]]}
        offset += SIZES[name]
    return result


def body(value: float = 0.5) -> bytes:
    return struct.pack("<f", value) * (sum(SIZES.values()) // 4)


def build(head: Any, data: bytes, *, length: int | None = None) -> bytes:
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def changed(tensor: str, **entries: Any) -> bytes:
    head = header()
    head[tensor] = {**head[tensor], **entries}
    return build(head, body())


def renamed(old: str, new: str) -> dict[str, Any]:
    return {new if name == old else name: entry for name, entry in header().items()}


def swapped_value(value: float) -> bytes:
    return build(header(), body()[:-4] + struct.pack("<f", value))


MALFORMED: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "seven bytes": lambda: b"\0" * 7,
    "header length only": lambda: struct.pack("<Q", 2),
    "header claims 3 GB": lambda: build(header(), body(), length=3 * 1024**3),
    "header claims 2**63": lambda: build(header(), body(), length=2**63),
    "header longer than the file": lambda: build(b"{}", b"", length=1000),
    "header is empty": lambda: build(b"", body()),
    "header is not JSON": lambda: build(b"{not json", body()),
    "header is a list": lambda: build(b"[1]", body()),
    "header is not UTF-8": lambda: build(b'{"\xff": 1}', body()),
    "header is nested without end": lambda: build(b'{"a":' * 50_000, body()),
    "header has a name twice": lambda: build(b'{"out.bias":1,' + json.dumps(header()).encode()[1:], body()),
    "header cut": lambda: build(json.dumps(header()).encode()[:-5], body()),
    "no tensors": lambda: build({}, b""),
    "one tensor missing": lambda: build({k: v for k, v in header().items() if k != "out.bias"}, body()),
    "one tensor more": lambda: build({**header(), "more": header()["out.bias"]}, body()),
    "another architecture's names": lambda: build(renamed("out.bias", "fc.bias"), body()),
    "wrong shape": lambda: changed("out.weight", shape=[5, 2]),
    "negative shape": lambda: changed("out.weight", shape=[-2, -5]),
    "shape of text": lambda: changed("out.weight", shape="2x5"),
    "half precision": lambda: changed("out.weight", dtype="F16"),
    "integers": lambda: changed("out.weight", dtype="I32"),
    "no type": lambda: changed("out.weight", dtype=None),
    "offsets missing": lambda: changed("out.weight", data_offsets=None),
    "offsets of text": lambda: changed("out.weight", data_offsets=["0", "4"]),
    "offsets negative": lambda: changed("out.weight", data_offsets=[-4, 36]),
    "offsets overlap": lambda: changed("out.weight", data_offsets=[0, SIZES["out.weight"]]),
    "offsets beyond the end": lambda: changed("out.bias", data_offsets=[10**9, 10**9 + 8]),
    "entry is a number": lambda: build({**header(), "out.bias": 5}, body()),
    "data cut": lambda: build(header(), body()[:-1]),
    "data too long": lambda: build(header(), body() + b"MZ"),
    "not a number": lambda: swapped_value(float("nan")),
    "infinite": lambda: swapped_value(float("inf")),
}


class Bomb:
    """What a hostile pickle does when it is loaded: it makes a file."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.canary,)


def pickled(canary: Path, protocol: int) -> bytes:
    return pickle.dumps(Bomb(canary), protocol=protocol)


def zipped(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def numpy_object(canary: Path) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([Bomb(canary)], dtype=object), allow_pickle=True)
    return buffer.getvalue()


CARRIERS: dict[str, Callable[[Path], bytes]] = {
    ".pkl, protocol 2": lambda canary: pickled(canary, 2),
    ".pkl, protocol 4": lambda canary: pickled(canary, 4),
    ".pkl, protocol 0 (text)": lambda canary: pickled(canary, 0),
    ".pt, zip with data.pkl": lambda canary: zipped({"archive/data.pkl": pickled(canary, 2)}),
    ".pth, old format": lambda canary: pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2) + pickled(canary, 2),
    ".ckpt, pickle after text": lambda canary: b"\n" + pickled(canary, 2),
    ".joblib, gzip": lambda canary: __import__("gzip").compress(pickled(canary, 4)),
    ".npy of objects": numpy_object,
    ".npz of objects": lambda canary: zipped({"weights.npy": numpy_object(canary)}),
    "TorchScript": lambda canary: zipped({"m/code/__torch__.py": b"", "m/data.pkl": pickled(canary, 2)}),
    ".pt2": lambda canary: zipped({"models/model.json": b"{}", "data/weights/w.pkl": pickled(canary, 4)}),
    "zip in zip": lambda canary: zipped({"inner.zip": zipped({"data.pkl": pickled(canary, 2)})}),
    "pickle behind a safetensors header": lambda canary: build(header(), body() + pickled(canary, 2)),
    "pickle as header": lambda canary: build(pickled(canary, 2), body()),
    "pickle in the metadata": lambda canary: build(
        {**header(), "__metadata__": {"x": pickled(canary, 0).decode()}}, body()[:-4]
    ),
}


def test_a_good_file_is_taken() -> None:
    check_weights(build(header(), body()), shapes=SHAPES)


def test_the_library_writes_what_is_taken(weights: bytes) -> None:
    check_weights(weights, shapes=SHAPES)


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_file_is_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(PredictorRefused) as refusal:
        check_weights(MALFORMED[name](), shapes=SHAPES)
    assert str(refusal.value).endswith(".")
    assert len(str(refusal.value)) < 700


@pytest.mark.parametrize("name", CARRIERS)
def test_a_file_that_carries_code_is_refused_and_not_run(name: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    with pytest.raises(PredictorRefused):
        check_weights(CARRIERS[name](canary), shapes=SHAPES)
    assert not canary.exists()


def test_the_canary_of_these_tests_would_sing(tmp_path: Path) -> None:
    pickle.loads(pickled(tmp_path / "canary", 4))
    assert (tmp_path / "canary").exists()


@pytest.mark.heavy
def test_the_referee_agrees_on_the_good_file() -> None:
    # safetensors 0.8 itself reads the file that our own header reader takes.
    from safetensors.numpy import load

    tensors = load(build(header(), body()))
    assert {name: tensor.shape for name, tensor in tensors.items()} == SHAPES
