"""Hostile and careless YAML is refused with its line, and harmless YAML is read as YAML 1.2 says."""

from __future__ import annotations

import time

import pytest

from studies.design.yamlsource import MAXIMUM_BYTES, read_yaml
from studies.errors import FileInvalid

HOSTILE = {
    "an anchor": (b"a: &x 1", 1, "anchor"),
    "an alias": (b"a: 1\nb: *x", 2, "alias"),
    "billion laughs": (b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", 1, "anchor"),
    "a python tag": (b'a: 1\nb: !!python/object/apply:os.system ["id"]', 2, "tag"),
    "a tag of one's own": (b"a: !thing 1", 1, "tag"),
    "a tagged key": (b"!!str a: 1", 1, "tag"),
    "a directive": (b"%YAML 1.1\n---\na: 1", 2, "directive"),
    "two documents": (b"a: 1\n---\nb: 2", 2, "second document"),
    "a duplicate key": (b"a: 1\nb:\n  c: 1\n  c: 2", 4, "twice (first in line 3)"),
    "a duplicate key in two spellings": (b"a: {true: 1, True: 2}", 1, "twice"),
    "a tab": (b"a:\n\tb: 1", 2, "tab"),
    "a tab in a text": (b'a: "x\ty"', 1, "tab"),
    "Latin-1": ("a: 1\nb: é".encode("latin-1"), 2, "UTF-8"),
    "UTF-16": ("a: 1".encode("utf-16"), 1, "UTF-8"),
    "a NUL": (b"a: 1\nb: \x00", 2, "control character"),
    "an escaped NUL": (b'a: "x\\0y"', 1, "control character"),
    "an escaped surrogate": (b'a: "\\ud800"', 1, "control character"),
    "a list as a key": (b"? [a, b]\n: 1", 1, "key"),
    "nothing as a key": (b": 1", 1, "key"),
    "infinity": (b"a: .inf", 1, "finite"),
    "not a number": (b"a: 1\nb: .NaN", 2, "finite"),
    "a huge exponent": (b"a: 1e999", 1, "finite"),
    "five thousand digits": (b"a: " + b"9" * 5000, 1, "finite"),
    "deep nesting": (b"[" * 500, 1, "nested"),
    "an open bracket": (b"a: [1, 2", 1, "valid YAML"),
    "an open quote": (b"a: 'x", 1, "valid YAML"),
    "bad indentation": (b"a:\n  b: 1\n c: 2", 3, "valid YAML"),
    "nothing": (b"", 0, "empty"),
    "a comment only": (b"# nothing", 0, "empty"),
    "half a million entries": (b"a: [" + b"x," * 400_000 + b"]", 1, "parts"),
    "too much": (b"a: " + b"x" * MAXIMUM_BYTES, 0, "larger"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_refuses_and_names_the_line_of(name: str) -> None:
    data, line, word = HOSTILE[name]
    started = time.process_time()
    with pytest.raises(FileInvalid) as refused:
        read_yaml(data, name="s.yaml")
    assert time.process_time() - started < 5
    first = refused.value.faults[0]
    assert first.line == line
    assert word in first.message


def test_it_reads_words_that_only_older_yaml_takes_for_booleans_as_text() -> None:
    found = read_yaml(b"a: yes\nb: no\nc: on\nd: 0o7\ne: 1_000\nf: 2026-11-20\ng: 12:30:45", name="s").data
    assert found == {
        "a": "yes", "b": "no", "c": "on", "d": "0o7", "e": "1_000", "f": "2026-11-20", "g": "12:30:45",
    }  # fmt: skip


def test_it_reads_scalars_as_yaml_1_2_does() -> None:
    found = read_yaml(b"a: true\nb: -3\nc: 0.05\nd: ~\ne: 1e3\nf: '3'\ng:", name="s").data
    assert found == {"a": True, "b": -3, "c": 0.05, "d": None, "e": 1000.0, "f": "3", "g": None}
    assert [type(value) for value in found.values()] == [bool, int, float, type(None), float, str, type(None)]


def test_it_writes_boolean_keys_as_words() -> None:
    assert read_yaml(b"{true: 18, False: 6}", name="s").data == {"true": 18, "false": 6}


def test_it_does_not_merge_keys() -> None:
    assert read_yaml(b"<<: {a: 1}", name="s").data == {"<<": {"a": 1}}


def test_it_skips_a_byte_order_mark() -> None:
    assert read_yaml(b"\xef\xbb\xbfa: 1", name="s").data == {"a": 1}


def test_it_knows_the_line_of_every_part() -> None:
    source = read_yaml(b"a: 1\nb:\n  - x\n  - c: {d: 2}\n", name="s")
    lines = [
        source.line(path) for path in [("a",), ("b",), ("b", 0), ("b", 1), ("b", 1, "c", "d"), ("zz", "y")]
    ]
    assert lines == [1, 2, 3, 4, 4, 1]


def test_it_reports_every_duplicate_and_not_only_the_first() -> None:
    with pytest.raises(FileInvalid) as refused:
        read_yaml(b"a: 1\na: 2\nb: 1\nb: &x 2", name="s")
    assert [fault.line for fault in refused.value.faults] == [2, 4, 4]
