"""Hostile archives and arrays are refused in a sentence; nothing reaches the disk."""

import io
import pickle
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explainers.core.archive import archive_read, npz_read
from explainers.core.errors import CaseSetRefused


def zipped(*entries: tuple[Any, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return buffer.getvalue()


def special(kind: int) -> bytes:
    info = zipfile.ZipInfo("link")
    info.external_attr = (kind | 0o777) << 16
    return zipped((info, b"/etc/passwd"))


def renamed(new: bytes) -> bytes:
    return zipped(("x" * len(new), b"1")).replace(b"x" * len(new), new)


def encrypted() -> bytes:
    data = bytearray(zipped(("a.png", b"1")))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + place] |= 1
    return bytes(data)


def bomb() -> bytes:
    return zipped(*((f"{n}.png", bytes(10_000_000)) for n in range(3)))


def tarred() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("null")
        info.type = tarfile.CHRTYPE
        archive.addfile(info)
    return buffer.getvalue()


def duplicate() -> bytes:
    return zipped(("aa", b"1"), ("ab", b"2")).replace(b"ab", b"aa")


def lying() -> bytes:
    # The directory says one byte; the packed data are ten million.
    data = bytearray(zipped(("a.png", bytes(10_000_000))))
    place = data.index(b"PK\x01\x02")
    data[place + 24 : place + 28] = struct.pack("<I", 1)
    return bytes(data)


ARCHIVES: dict[str, tuple[Callable[[], bytes], str]] = {
    "leads up": (lambda: zipped(("../a.png", b"1")), "leads out"),
    "leads up inside": (lambda: zipped(("a/../../b.png", b"1")), "leads out"),
    "absolute": (lambda: zipped(("/etc/passwd", b"1")), "leads out"),
    "backslashes": (lambda: renamed(b"..\\a.png"), "cannot have"),
    "a drive": (lambda: zipped(("C:a.png", b"1")), "cannot have"),
    "a NUL in a name": (lambda: renamed(b"a\x00.png"), "cannot have"),
    "a symbolic link": (lambda: special(stat.S_IFLNK), "a link or a device"),
    "a device": (lambda: special(stat.S_IFCHR), "a link or a device"),
    "a name twice": (duplicate, "two files of one name"),
    "names that differ in case": (lambda: zipped(("A.png", b"1"), ("a.PNG", b"2")), "two files of one name"),
    "a bomb": (bomb, "unpacks to more bytes"),
    "a lie about the size": (lying, "damaged|cannot be read|more bytes"),
    "too many files": (lambda: zipped(*((str(n), b"") for n in range(20_001))), "20000"),
    "encrypted": (encrypted, "encrypted"),
    "a rare packing": (lambda: zipped(("a.png", b"1"), method=zipfile.ZIP_LZMA), "deflate"),
    "a name without end": (lambda: zipped(("a" * 5000, b"1")), "5000 characters"),
    "a line break in a name": (lambda: zipped(("a\nb.png", b"1")), "not written in UTF-8"),
    "a tar": (tarred, "not a zip archive"),
    "cut": (lambda: zipped(("a.png", b"1" * 100))[:-30], "damaged"),
    "damaged": (
        lambda: zipped(("a.png", bytes(range(200)))).replace(bytes(range(9, 40)), b"!" * 31),
        "damaged",
    ),
    "a program": (lambda: b"\x7fELF" + bytes(100), "not a zip archive"),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_hostile_archive_is_refused_in_a_sentence(name: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    make, message = ARCHIVES[name]
    with pytest.raises(CaseSetRefused, match=message) as refusal:
        archive_read(make(), unpacked=20_000_000)
    assert str(refusal.value).endswith(".")
    assert list(tmp_path.iterdir()) == []


def test_a_good_archive_is_read_with_its_folders() -> None:
    assert archive_read(zipped(("a/b.png", b"12"), ("ä.txt", b""))) == {"a/b.png": b"12", "ä.txt": b""}


def test_a_good_npz_is_read() -> None:
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {
        "n": np.arange(6.0).reshape(2, 3),
        "f": np.asfortranarray(np.eye(3)),
        "t": np.array(["a"]),
    }
    np.savez_compressed(buffer, **arrays)
    found = npz_read(buffer.getvalue())
    assert set(found) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


class Bomb:
    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.canary,)


def test_an_array_of_objects_is_refused_and_not_opened(tmp_path: Path) -> None:
    buffer, canary = io.BytesIO(), tmp_path / "canary"
    np.savez(buffer, bomb=np.array([Bomb(canary)], dtype=object))
    with pytest.raises(CaseSetRefused, match="objects"):
        npz_read(buffer.getvalue())
    assert not canary.exists()


def npy(header: bytes, body: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a NumPy array"),
        (pickle.dumps(1), "not a NumPy array"),
        (npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (400000000,)}"), "another number of values"),
        (npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", bytes(8)), "objects or something"),
        (npy(b"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", bytes(8)), "objects"),
        (npy(b"{'descr': '<V8', 'fortran_order': False, 'shape': (1,)}", bytes(8)), "objects"),
        (npy(b"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", bytes(8)), "records"),
        (npy(b"__import__('os')"), "was not read"),
        (npy(b"(" * 9000), "was not read"),
        (npy(b"{'descr': '<f8'}")[:14], "cut"),
    ],
)
def test_a_hostile_array_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(CaseSetRefused, match=message):
        npz_read(zipped(("a.npy", data)))


def test_an_archive_in_an_archive_is_no_array() -> None:
    with pytest.raises(CaseSetRefused, match="is no array"):
        npz_read(zipped(("a.zip", zipped(("b.npy", b"")))))
