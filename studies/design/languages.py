"""The languages of a study: the words that each further language brings, and all that participants read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studies.design.attention import INSTRUCTED, checks_of
from studies.design.yamlsource import read_yaml
from studies.errors import Fault, FileInvalid

OWN = "en"
SPOKEN = ("en", "de", "fr", "es")
READ = frozenset({"question", "label", "prompt", "meaning"})
LISTED = frozenset({"options", "anchors", "slices", "defects", "reasons", "changes"})


def further_languages(data: Mapping[str, Any]) -> list[str]:
    """Return the languages besides the one in which the file is written."""
    return list(data.get("languages", [OWN]))[1:]


def text_in(name: str, language: str) -> str:
    """Return the name of a text in a language: ``consent.md`` is ``consent.de.md``."""
    stem, dot, ending = name.rpartition(".")
    return f"{stem}.{language}.{ending}" if dot else f"{name}.{language}"


def words_read(data: bytes, *, name: str) -> dict[str, str]:
    """Read the words of a language: YAML, each line the words of the study file and what they are in the language."""
    source = read_yaml(data, name=name)
    if not isinstance(source.data, Mapping) or not source.data:
        raise FileInvalid(
            name, [Fault(1, "", 'Write one line for each text: "Which is it?": "Was ist es?".')]
        )
    faults = [
        source.fault((key,), f"'{key}' needs words in the language, as text.")
        for key, value in source.data.items()
        if not isinstance(key, str) or not isinstance(value, str) or not value.strip()
    ]
    if faults:
        raise FileInvalid(name, faults)
    return dict(source.data)


def texts_of(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield every text of a normalised study that participants read, questionnaires and Markdown apart."""
    yield document["title"]
    yield from _read_in(document["decision"])
    for step in document["flow"]:
        if step["kind"] != "questionnaire":
            yield from _read_in(step["params"])
            yield from (check.text for check in checks_of(step["params"]) if check.text)
        else:
            yield from (item["text"] for item in step["params"]["items"] if INSTRUCTED in item)


def labels_of(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield every text of the schema of a case set that participants read."""
    if schema.get("modality"):
        yield schema["label"]
    yield from _read_in({"features": schema["features"], "parts": schema.get("parts", [])})


def _read_in(content: Any, *, key: str = "") -> Iterator[str]:
    if isinstance(content, str):
        if content and (key in READ or key in LISTED):
            yield content
    elif isinstance(content, Mapping):
        for name, value in content.items():
            yield from _read_in(value, key=str(name))
    elif isinstance(content, list | tuple):
        for value in content:
            yield from _read_in(value, key=key if isinstance(value, str) else "")
