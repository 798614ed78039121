"""Whether each further language of a study has all that its participants read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studies.design.checks import Draft
from studies.design.languages import further_languages, texts_of
from studies.errors import Fault

SHOWN = 12


def language_faults(draft: Draft, document: Mapping[str, Any]) -> Iterator[Fault]:
    """Check that each further language has its words and a translation of each questionnaire."""
    further = further_languages(draft.data)
    for language in draft.data.get("words", {}):
        if language not in further:
            yield draft.fault(("words", language), f"'{language}' is not among the further languages.")
    for language in further:
        words = draft.side.words.get(language, {})
        missing = [text for text in dict.fromkeys(texts_of(document)) if text not in words]
        if missing:
            more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
            told = ", ".join(repr(text) for text in missing[:SHOWN])
            yield draft.fault(
                ("languages",),
                f"'{language}' lacks words for {told}{more}: write them into a file and name it: "
                f"words: {{{language}: words.{language}.yaml}}.",
            )
        yield from _questionnaire_faults(draft, language)


def _questionnaire_faults(draft: Draft, language: str) -> Iterator[Fault]:
    for step in draft.of_kind("questionnaire"):
        found = draft.side.questionnaires.get(step.params["use"])
        if found is not None and language not in found.translations:
            yield draft.fault(
                (*step.path, "use"),
                f"'{found.name}' has no wording in '{language}': bring it, with its source, in a file beside the study "
                f"file: wording: {found.name}-wording.toml with a table [translations.{language}].",
            )
