"""The store never gives bytes that are not the ones named."""

import os
from pathlib import Path

import pytest

from explainers.core.digest import sha256_hex
from explainers.core.errors import ArtefactCorrupt, ArtefactMissing
from explainers.core.store import Store


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.get(store.put(b"bars")) == b"bars"


def test_the_name_is_the_sha256_of_the_bytes(tmp_path: Path) -> None:
    # Reference: printf abc | sha256sum (coreutils 9.1)
    assert Store(tmp_path).put(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("place", [0, 5, 99])
def test_a_single_flipped_bit_is_detected(tmp_path: Path, place: int) -> None:
    store = Store(tmp_path)
    digest = store.put(bytes(100))
    data = bytearray(100)
    data[place] ^= 1
    store.path(digest).write_bytes(bytes(data))
    with pytest.raises(ArtefactCorrupt, match="damaged"):
        store.get(digest)


def test_writing_good_bytes_again_heals_a_damaged_file(tmp_path: Path) -> None:
    store = Store(tmp_path)
    digest = store.put(b"good")
    store.path(digest).write_bytes(b"bad")
    store.put(b"good")
    assert store.get(digest) == b"good"


def test_a_missing_artefact_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ArtefactMissing, match="no artefact"):
        Store(tmp_path).get(sha256_hex(b"never written"))


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "/" * 64, "a" * 63, "a" * 65, "\0" * 64])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArtefactMissing, match="64 hexadecimal digits"):
        Store(tmp_path).get(name)


def test_a_write_that_fails_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("explainers.core.store.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        Store(tmp_path).put(b"too much")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_unfinished_files_are_no_artefacts(tmp_path: Path) -> None:
    store = Store(tmp_path)
    digest = store.put(b"whole")
    (store.unfinished / "rest").write_bytes(b"who")
    assert list(store.digests()) == [digest]


def test_what_a_killed_process_left_is_removed_once_no_write_can_last_so_long(tmp_path: Path) -> None:
    store = Store(tmp_path)
    digest = store.put(b"whole")
    young, old = store.unfinished / "young", store.unfinished / "old"
    for path in (young, old):
        path.write_bytes(b"who")
    hours_ago = old.stat().st_mtime - 2 * 3600
    os.utime(old, (hours_ago, hours_ago))
    assert store.tidy() == 1
    assert (young.exists(), old.exists(), store.get(digest)) == (True, False, b"whole")
