"""The compiled words are those of the sources, and every language has all of them."""

from __future__ import annotations

import gettext
from pathlib import Path

import pytest

from deploy.catalogs import ROOT, catalog_compiled, catalog_read

SOURCES = sorted(ROOT.glob("studies/*/locale/*/LC_MESSAGES/django.po"))


def test_there_are_three_languages_besides_english() -> None:
    assert [path.parts[-3] for path in SOURCES] == ["de", "es", "fr"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.parts[-3])
def test_the_compiled_words_are_those_of_the_source(path: Path) -> None:
    words = catalog_read(path.read_text())
    assert path.with_suffix(".mo").read_bytes() == catalog_compiled(words), "run: python -m deploy.catalogs"
    with path.with_suffix(".mo").open("rb") as file:
        read = gettext.GNUTranslations(file)
    assert {msgid: read.gettext(msgid) for msgid in words if msgid} == {m: s for m, s in words.items() if m}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.parts[-3])
def test_every_language_has_the_same_words_with_the_same_gaps(path: Path) -> None:
    import re

    words, first = (catalog_read(each.read_text()) for each in (path, SOURCES[0]))
    assert words.keys() == first.keys()
    for msgid, msgstr in words.items():
        if msgid:
            gaps = [sorted(re.findall(r"\{\w+\}|%\(\w+\)s", text)) for text in (msgid, msgstr)]
            assert gaps[0] == gaps[1], msgid


@pytest.mark.parametrize("text", ['msgid "a"\nmsgstr "b"\nmsgid "a"\nmsgstr "c"\n', "what is this\n"])
def test_a_source_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="line"):
        catalog_read(text)
