"""What of an event's details may leave: numbers, switches, and words that the study itself put on the page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

from studies.design.spec import StudySpec
from studies.trials.pages import PageKind

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
SMALL_NUMBER = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")
OWN_WORDS = frozenset(
    {"paint", "raf", "decision", "confidence", "guess", "consent", "given", "declined", "prefer_not"}
)


def study_words(spec: StudySpec) -> frozenset[str]:
    """Return every word that our own scripts can write into an event of this study: names and values on its pages."""
    return OWN_WORDS | set(get_args(PageKind)) | set(_words(spec))


def payload_text(payload: Any, *, words: frozenset[str]) -> str | None:
    """Write the details of an event as JSON; a text that is no word of the study is left out, with its key."""
    if not isinstance(payload, dict):
        return None
    kept = {key: value for key, value in payload.items() if KEY.fullmatch(key) and _may_leave(value, words)}
    return json.dumps(kept, sort_keys=True, separators=(",", ":")) if kept else None


def _words(spec: StudySpec) -> Iterator[str]:
    yield from (option.value for option in spec.decision.options)
    for step in spec.steps:
        for item in step.params.get("items", ()):
            yield item["id"]
            yield from (option["value"] for option in item.get("options") or ())


def _may_leave(value: Any, words: frozenset[str]) -> bool:
    if isinstance(value, str):
        return value in words or SMALL_NUMBER.fullmatch(value) is not None
    return value is None or isinstance(value, bool | int | float)
