"""The language of a page: every word that a participant reads, put into the language that they chose.

Words come from three places: the study's own (``words`` of its file), the catalogues of Assay, and sentences with gaps
(``sentences.py``). Numbers get the decimal sign of the language. What nobody translated stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from html import escape, unescape
from typing import Any

from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext, override
from django.utils.translation.trans_real import parse_accept_lang_header

from studies.design.selectors import version_spec
from studies.trials.content import CACHES
from studies.trials.pages import Page
from studies.trials.sentences import DRAWN, NUMBERS, SENTENCES

OWN = "en"
COMMA = frozenset({"de", "fr", "es"})
NAMES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español"}
CHOSEN = "language"
DRAWN_ON = frozenset({"trial", "feedback"})
# What stands under these is no word: names, addresses, values that a form sends, numbers of a drawing.
NO_WORDS = frozenset(
    {
        *(
            "name",
            "id",
            "kind",
            "digest",
            "code",
            "redirect",
            "input",
            "none_input",
            "part",
            "shape",
            "layout",
            "line",
        ),
        *("hidden", "policy", "band", "position", "flag", "currency", "languages"),
    }
)
_NUMBER = re.compile(r"[-\u2212+]?\d+\.\d+(?![\d.])")
_NUMERAL = r"[-\u2212+]?\d[\d.,]*(?:e[-+]?\d+)?"
_TEXT_NODE = re.compile(r"(?<=>)([^<>]+)(?=<)")
_PIECES = re.compile(r"(: |; |, )")


class Tongue:
    """One language, with the words of one study."""

    def __init__(self, language: str, words: Mapping[str, str]) -> None:
        self.language, self.words = language, words
        self.word = lru_cache(maxsize=8192)(self._word)
        self._drawing = lru_cache(maxsize=2048)(self._draw)

    def spoken(self, page: Page) -> Page:
        """Return the page in this language; what is recorded and sent stays what it is."""
        with override(self.language):
            progress = page.progress and replace(page.progress, label=self.word(page.progress.label))
            return replace(
                page,
                title=self.word(page.title),
                study_title=self.word(page.study_title),
                progress=progress,
                content={key: self._said(key, value, page.kind) for key, value in page.content.items()},
                errors={name: self._error(sentence) for name, sentence in page.errors.items()},
            )

    def _said(self, key: str, value: Any, kind: str, within: Mapping[str, Any] | None = None) -> Any:
        if key in NO_WORDS or (key == "value" and not (within and "reference" in within)):
            return (
                value
                if key != "value" or within is None or "time" not in within
                else self._said("", value, kind)
            )
        if isinstance(value, SafeString):
            return SafeString(self._drawing(value)) if kind in DRAWN_ON else value
        if isinstance(value, str):
            return self.word(value)
        if isinstance(value, Mapping) and "iso" in value:
            return {**value, "words": _moment(value["iso"]), "far": self.word(value["far"])}
        if isinstance(value, Mapping):
            return {name: self._said(name, each, kind, value) for name, each in value.items()}
        if isinstance(value, list):
            return [self._said("", each, kind) for each in value]
        return tuple(self._said("", each, kind) for each in value) if isinstance(value, tuple) else value

    def _error(self, sentence: str) -> str:
        said = self.word(sentence)
        label, colon, rest = sentence.partition(": ")
        if said != sentence or not colon:
            return said
        return gettext("{label}: {error}").format(label=self.word(label), error=self.word(rest))

    def _word(self, text: str) -> str:
        return self._looked_up(text, _sentences()) if text else text

    def _looked_up(self, text: str, sentences: Mapping[str, re.Pattern[str]]) -> str:
        if text in self.words:
            return self.words[text]
        found = gettext(text)
        if found != text:
            return found
        if number := _NUMBER.match(text):  # with its unit, if it has one
            comma = number[0].replace(".", ",") if self.language in COMMA else number[0]
            rest = text[number.end() :]
            if not rest or (rest[0] == " " and rest != " %" and " to " not in rest):
                return comma + rest
        for sentence, pattern in sentences.items():
            if match := pattern.fullmatch(text):
                gaps = {name: self._gap(name, each, sentences) for name, each in match.groupdict().items()}
                return gettext(sentence).format(**gaps)
        return text

    def _gap(self, name: str, text: str, sentences: Mapping[str, re.Pattern[str]]) -> str:
        if name == "names":
            return ", ".join(self._looked_up(each, sentences) for each in text.split(", "))
        if name == "list":
            return "".join(self._looked_up(each, sentences) for each in _PIECES.split(text))
        return self._looked_up(text, sentences)

    def _draw(self, html: str) -> str:
        def node(match: re.Match[str]) -> str:
            text = unescape(match[1])
            core = text.strip()
            said = self._looked_up(core, _drawn()) if core else core
            return escape(text.replace(core, said, 1), quote=False) if said != core else match[1]

        return _TEXT_NODE.sub(node, html)


def _moment(iso: str) -> str:
    """Write a moment in words, in the language that is switched on."""
    return date_format(datetime.fromisoformat(iso).astimezone(UTC), "l, j F Y, H:i") + " (UTC)"


@lru_cache(maxsize=512)
def _tongue(version_id: int, language: str) -> Tongue | None:
    spec = version_spec(version_id)
    chosen = language if language in spec.languages else spec.languages[0]
    words = spec.document.get("words", {}).get(chosen, {})
    return Tongue(chosen, words) if chosen != OWN or words else None


CACHES.append(_tongue.cache_clear)


def tongue_of(version_id: int, language: str) -> Tongue | None:
    """Return the language of somebody in a version; ``None`` where pages are shown as they are written."""
    return _tongue(version_id, language)


def language_of(request: HttpRequest, languages: tuple[str, ...]) -> str:
    """Return the language at the door: what was chosen, else what the browser asks for, else the study's first."""
    asked = request.POST.get(CHOSEN) or request.GET.get(CHOSEN, "")
    wanted = [
        asked,
        *(code for code, _ in parse_accept_lang_header(request.headers.get("Accept-Language", ""))),
    ]
    for code in wanted:
        if (short := code.partition("-")[0].lower()) in languages:
            return short
    return languages[0]


@lru_cache(maxsize=1)
def _sentences() -> Mapping[str, re.Pattern[str]]:
    return _patterns(SENTENCES)


@lru_cache(maxsize=1)
def _drawn() -> Mapping[str, re.Pattern[str]]:
    return _patterns((*SENTENCES, *DRAWN))


def _patterns(sentences: tuple[str, ...]) -> dict[str, re.Pattern[str]]:
    """Compile sentences; those that begin with words of their own, and with most of them, come first."""

    def own(sentence: str) -> tuple[bool, int]:
        return not sentence.startswith("{"), len(re.sub(r"\{\w+\}", "", sentence))

    return {sentence: _pattern(sentence) for sentence in sorted(sentences, key=own, reverse=True)}


def _pattern(sentence: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", sentence)
    made = ""
    for place, piece in enumerate(pieces):
        if place % 2 == 0:
            made += re.escape(piece)
        else:
            what = _NUMERAL if piece in NUMBERS else "[A-Z]" if piece == "letter" else ".+?"
            made += f"(?P<{piece}>{what})"
    return re.compile(made, re.DOTALL)
