"""The files beside a study file: texts, items, questionnaires of one's own. They are read by plain name only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from studies.design.languages import further_languages, text_in, words_read
from studies.design.schemafaults import did_you_mean, schema_faults
from studies.design.texts import text_read
from studies.design.yamlsource import Path, YamlSource, read_yaml
from studies.errors import Fault, FileInvalid
from studies.questionnaires import (
    Questionnaire,
    get_questionnaire,
    questionnaire_names,
    read_questionnaire,
    with_wording,
)

SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
ITEM_STEPS = ("screening", "comprehension")


@dataclass(frozen=True)
class RawStep:
    """A step of the flow as the file has it, with its shorthand written out."""

    index: int
    kind: str
    params: Mapping[str, Any]
    path: Path


@dataclass(frozen=True)
class SideFiles:
    """Everything that a study file refers to, read and checked on its own."""

    texts: Mapping[str, str] = field(default_factory=dict)
    items: Mapping[int, list[Mapping[str, Any]]] = field(default_factory=dict)
    questionnaires: Mapping[str, Questionnaire] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def raw_steps(data: Mapping[str, Any]) -> list[RawStep]:
    """Return the steps of the flow with every shorthand written out; only for data that fits the schema."""
    found = []
    for index, entry in enumerate(data["flow"]):
        if isinstance(entry, str):
            found.append(RawStep(index, entry, {}, ("flow", index)))
            continue
        kind, params = next(iter(entry.items()))
        if isinstance(params, str):
            params = {"use" if kind == "questionnaire" else "text": params}
        found.append(RawStep(index, kind, params, ("flow", index, kind)))
    return found


def referenced_files(data: Mapping[str, Any]) -> list[str]:
    """Return the names of the files that the study refers to, each once, in order."""
    names = [name for step in raw_steps(data) for name, _ in _references(step)]
    texts = [step.params["text"] for step in raw_steps(data) if "text" in step.params]
    names += [text_in(text, language) for language in further_languages(data) for text in texts]
    return list(dict.fromkeys([*names, *data.get("words", {}).values()]))


def read_side_files(source: YamlSource, *, given: Mapping[str, bytes], faults: list[Fault]) -> SideFiles:
    """Read what the study refers to from the files given with it; what is wrong is added to ``faults``."""
    reader = _Reader(source, given, faults)
    for step in raw_steps(source.data):
        reader.step(step)
    for language, name in source.data.get("words", {}).items():
        reader.words_of(language, name)
    return SideFiles(reader.texts, reader.items, reader.questionnaires, reader.words)


def _references(step: RawStep) -> Iterator[tuple[str, Path]]:
    if "text" in step.params:
        yield step.params["text"], (*step.path, "text")
    if step.kind in ITEM_STEPS and isinstance(step.params["items"], str):
        yield step.params["items"], (*step.path, "items")
    if step.kind == "questionnaire" and step.params["use"].endswith(".toml"):
        yield step.params["use"], (*step.path, "use")
    if "wording" in step.params:
        yield step.params["wording"], (*step.path, "wording")


class _Reader:
    def __init__(self, source: YamlSource, given: Mapping[str, bytes], faults: list[Fault]) -> None:
        self.source, self.given, self.faults = source, given, faults
        self.texts: dict[str, str] = {}
        self.items: dict[int, list[Mapping[str, Any]]] = {}
        self.questionnaires: dict[str, Questionnaire] = {}
        self.wordings: dict[str, str] = {}
        self.words: dict[str, dict[str, str]] = {}

    def step(self, step: RawStep) -> None:
        if step.kind == "questionnaire":
            self._questionnaire(step)
        elif step.kind in ITEM_STEPS:
            self._items(step)
        if "text" in step.params:
            name, path = step.params["text"], (*step.path, "text")
            further = [text_in(name, language) for language in further_languages(self.source.data)]
            for each in (name, *further):
                self._text(each, path)

    def words_of(self, language: str, name: str) -> None:
        path = ("words", language)
        data = self._bytes(name, path)
        if data is not None:
            try:
                self.words[language] = words_read(data, name=name)
            except FileInvalid as error:
                self._adopt(error, path)

    def _text(self, name: str, path: Path) -> None:
        data = self._bytes(name, path)
        if data is not None:
            try:
                self.texts[name] = text_read(data, name=name)
            except FileInvalid as error:
                self._adopt(error, path)

    def _questionnaire(self, step: RawStep) -> None:
        use, path = step.params["use"], (*step.path, "use")
        found = self._instrument(use, path)
        if found is None:
            return
        wording = step.params.get("wording", "")
        if self.wordings.setdefault(use, wording) != wording:
            message = f"'{use}' is asked in other words at an earlier step: name the same wording at each."
            self.faults.append(self.source.fault(path, message))
        if wording:
            found = self._worded(found, wording, (*step.path, "wording"))
        if found is None:
            return
        if found.lacks_wording:
            message = (
                f"The wording of '{use}' is not bundled. {found.owner} Bring it in a file beside the study file: "
                f"{{use: {use}, wording: {use}-wording.toml}}; in it a line 'source = …' and, under [items], a line "
                f"for each of {', '.join(found.lacks_wording)}."
            )
            self.faults.append(self.source.fault(path, message))
        self.questionnaires[use] = found

    def _instrument(self, use: str, path: Path) -> Questionnaire | None:
        try:
            if not use.endswith(".toml"):
                return get_questionnaire(use)
            data = self._bytes(use, path)
            return None if data is None else read_questionnaire(data, name=use.removesuffix(".toml"))
        except LookupError:
            known = questionnaire_names()
            message = f"There is no questionnaire '{use}'.{did_you_mean(use, known)} Your own ends in .toml."
            self.faults.append(self.source.fault(path, message))
        except FileInvalid as error:
            self._adopt(error, path)
        return None

    def _worded(self, found: Questionnaire, name: str, path: Path) -> Questionnaire | None:
        data = self._bytes(name, path)
        try:
            return None if data is None else with_wording(found, data, name=name)
        except FileInvalid as error:
            self._adopt(error, path)
        return None

    def _items(self, step: RawStep) -> None:
        path = (*step.path, "items")
        items = step.params["items"]
        if not isinstance(items, str):
            self.items[step.index] = items
            return
        data = self._bytes(items, path)
        if data is None:
            return
        try:
            beside = read_yaml(data, name=items)
            found = schema_faults(beside, definition=f"{step.kind}_items")
            if found:
                raise FileInvalid(items, found)
            self.items[step.index] = beside.data
        except FileInvalid as error:
            self._adopt(error, path)

    def _bytes(self, name: str, path: Path) -> bytes | None:
        if not SAFE_NAME.fullmatch(name) or name not in self.given:
            message = f"There is no file '{name}' beside the study file.{did_you_mean(name, self.given)}"
            self.faults.append(self.source.fault(path, message))
            return None
        return self.given[name]

    def _adopt(self, error: FileInvalid, path: Path) -> None:
        for fault in error.faults:
            self.faults.append(self.source.fault(path, f"in {error.name}, {fault}"))
