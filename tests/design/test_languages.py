"""A study in several languages: what the study file asks for is there, or is named before anybody sees a page."""

from __future__ import annotations

import json

import pytest

from studies.design.languages import texts_of
from studies.design.studyfile import StudyFile, study_read
from studies.errors import Fault, FileInvalid
from tests.design.scene import SIDE_FILES, STUDY

IN_TWO = STUDY.replace("title:", "languages: [en, de]\nwords: {de: words.de.yaml}\ntitle:", 1)
IN_TWO = IN_TWO.replace("{use: s_tias, only", "{use: s_tias, wording: s_tias-wording.toml, only")
TEXTS = {f"{name}.de.md": f"Der Text {name}.".encode() for name in ("consent", "instructions", "debrief")}
TRUST = b"""
source = "A translation of our own, not validated."
[translations.de]
source = "A translation of our own, not validated."
heading = "Der KI-Assistent"
intro = "Denken Sie an den KI-Assistenten."
anchors = ["gar nicht", "sehr"]
[translations.de.items]
confident = "Ich bin zuversichtlich."
reliable = "Er ist genau."
trust = "Ich kann ihm vertrauen."
"""
READ = list(texts_of(study_read(STUDY, files=SIDE_FILES).document))
WORDS = {text: f"{text} (de)" for text in READ}


def files(**changes: bytes | None) -> dict[str, bytes]:
    beside = {
        **SIDE_FILES,
        **TEXTS,
        "words.de.yaml": json.dumps(WORDS).encode(),
        "s_tias-wording.toml": TRUST,
    }
    return {name: data for name, data in {**beside, **changes}.items() if data is not None}


def refused(source: str = IN_TWO, **changes: bytes | None) -> list[Fault]:
    with pytest.raises(FileInvalid) as error:
        study_read(source, files=files(**changes))
    return error.value.faults


def read() -> StudyFile:
    return study_read(IN_TWO, files=files())


def test_a_study_in_two_languages_holds_both() -> None:
    found = read()
    assert found.spec.languages == ("en", "de")
    assert found.document["words"]["de"]["Which is it?"] == "Which is it? (de)"
    assert {"consent.md", "consent.de.md"} <= {text.name for text in found.texts}


def test_another_word_is_another_version() -> None:
    changed = {**WORDS, "Which is it?": "Was ist es?"}
    other = study_read(IN_TWO, files=files(**{"words.de.yaml": json.dumps(changed).encode()}))
    assert other.digest != read().digest


def test_words_that_are_missing_are_named_at_the_languages() -> None:
    lacking = {text: said for text, said in WORDS.items() if text != "Are you 18?"}
    found = refused(**{"words.de.yaml": json.dumps(lacking).encode()})
    assert [(fault.line, "'Are you 18?'" in fault.message) for fault in found] == [(2, True)]


def test_a_text_that_is_missing_is_named() -> None:
    found = refused(**{"debrief.de.md": None})
    assert ["no file 'debrief.de.md'" in fault.message for fault in found] == [True]


def test_a_questionnaire_without_the_language_is_named_with_what_to_bring() -> None:
    found = refused(IN_TWO.replace("wording: s_tias-wording.toml, ", ""))
    assert "'s_tias' has no wording in 'de'" in found[0].message
    assert "[translations.de]" in found[0].message


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[en, de]", "[en, it]", "it"),
        (
            "{de: words.de.yaml}",
            "{de: words.de.yaml, fr: words.de.yaml}",
            "'fr' is not among the further languages",
        ),
        ("words.de.yaml", "words.yaml", "no file 'words.yaml'"),
    ],
)
def test_it_refuses(old: str, new: str, words: str) -> None:
    assert any(words in fault.message for fault in refused(IN_TWO.replace(old, new)))


@pytest.mark.parametrize("data", [b"- a\n", b"a: 1\n", b'a: ""\n', b"a: [b]\n"])
def test_words_that_are_no_words_are_refused(data: bytes) -> None:
    assert refused(**{"words.de.yaml": data})


def test_a_study_in_german_alone_needs_no_words() -> None:
    found = study_read(STUDY.replace("title:", "languages: [de]\ntitle:", 1), files=SIDE_FILES)
    assert found.spec.languages == ("de",)
