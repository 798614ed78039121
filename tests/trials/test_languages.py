"""Pages in the language that somebody chose: every word of them, for every page, with the numbers of that language."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import lxml.html
import pytest
from django.template import engines
from django.template.loader import render_to_string
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.test import Client
from django.utils.safestring import SafeString
from django.utils.translation import override

from deploy.catalogs import ROOT, catalog_read
from studies.design.languages import labels_of, texts_of
from studies.design.models import StudyText, StudyVersion
from studies.design.spec import StudySpec
from studies.enrolment import services as enrolment_services
from studies.enrolment.models import Consent, Participant
from studies.protocols import get_protocol, protocol_names
from studies.protocols.parameters import completed
from studies.protocols.stages import Decision, Option, Treatment
from studies.questionnaires import get_questionnaire
from studies.trials import compose, door, fieldreaders, fieldview, stageview
from studies.trials.pages import Page
from studies.trials.sentences import DRAWN, SENTENCES
from studies.trials.tongue import Tongue, tongue_of
from tests.browser.every_page import PAGES
from tests.browser.samples import BARS
from tests.factories import StudyRecipe, document_of, launched_version, step, trials_step
from tests.trials.person import Person

LANGUAGES = ("de", "fr", "es")
TEMPLATES = ROOT / "studies" / "trials" / "templates"
WRITERS = (compose, door, fieldreaders, fieldview, stageview)
WORDS_FOR_PEOPLE = re.compile(r"(?!X-|Cache-|Retry-|Lax|Location)[A-Z][^_]*[a-z][^_]*")
TREATMENTS = [Treatment(advice=advice, explanations=number) for advice in (False, True) for number in (0, 2)]
DECISION = Decision("Which is it?", (Option("a", "A"), Option("b", "B")), "a", "percent")
DECISIONS = (DECISION, replace(DECISION, is_confidence_paid=True))


def pages_of_participants() -> list[Path]:
    """Return the templates that participants read; those of staff are Django's admin, which is in English."""
    return [path for path in sorted(TEMPLATES.rglob("*.html")) if "admin" not in path.parts]


def catalog(language: str) -> dict[str, str]:
    return catalog_read((ROOT / f"studies/trials/locale/{language}/LC_MESSAGES/django.po").read_text())


def template_words() -> Iterator[str]:
    engine = engines["django"].engine  # type: ignore[attr-defined]
    for path in pages_of_participants():
        nodes = engine.get_template(str(path.relative_to(TEMPLATES))).nodelist
        for node in nodes.get_nodes_by_type(TranslateNode):
            yield str(node.filter_expression.var.literal)
        for node in nodes.get_nodes_by_type(BlockTranslateNode):
            yield node.render_token_list(node.singular)[0]


def sentences_in(module: ModuleType) -> Iterator[str]:
    """Yield the texts of a module that read like words for people, docstrings and texts with gaps apart."""
    tree = ast.parse(inspect.getsource(module))
    inside = {
        id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)
    }
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in inside | docstrings and WORDS_FOR_PEOPLE.fullmatch(node.value):
            yield node.value


def protocol_words() -> Iterator[str]:
    for name in protocol_names():
        protocol = get_protocol(name)
        try:
            parameters = completed(protocol.parameters, {})
        except (TypeError, ValueError):
            continue
        for decision, treatment in product(DECISIONS, TREATMENTS):
            try:
                stages = protocol.stages(decision, treatment, parameters)
            except (KeyError, IndexError, TypeError):
                continue  # such conditions are refused before anybody sees a page
            for stage in stages:
                yield stage.prompt
                for field in stage.fields:
                    yield from (field.label, *field.anchors, *(option.label for option in field.options))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_templates_is_there(language: str) -> None:
    assert [text for text in template_words() if text not in catalog(language)] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("module", WRITERS, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_sentence_that_the_rooms_write_is_there(language: str, module: ModuleType) -> None:
    assert [text for text in sentences_in(module) if text not in catalog(language)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_protocols_is_there(language: str) -> None:
    tongue, own = Tongue(language, {}), {"", "Which is it?", "A", "B"}
    same = {msgid for msgid, msgstr in catalog(language).items() if msgid == msgstr}
    with override(language):
        left = {text for text in protocol_words() if text not in own | same and tongue.word(text) == text}
    assert left == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_with_gaps_and_what_enrolment_says_are_there(language: str) -> None:
    said = [enrolment_services.NOT_OPEN, enrolment_services.LINK_USED, enrolment_services.LINK_UNKNOWN]
    said.append(enrolment_services.CODE_UNKNOWN)
    assert [text for text in (*SENTENCES, *DRAWN, *said) if text not in catalog(language)] == []


def test_no_template_has_words_of_its_own() -> None:
    block = r"{% (comment) %}.*?{% endcomment %}|{% blocktranslate.*?{% endblocktranslate %}"
    for path in pages_of_participants():
        text = re.sub(block, "", path.read_text(), flags=re.S)
        text = re.sub(r"{%.*?%}|{{.*?}}", "", text, flags=re.S)
        assert re.findall(r"[A-Za-z]{2,}", re.sub(r"<[^>]*>", " ", text)) == [], path.name
        assert re.findall(r'(?:aria-label|alt|title|placeholder)="[^"]*[A-Za-z]{2,}[^"]*"', text) == [], (
            path.name
        )


def visible(html: str) -> Iterator[str]:
    """Yield every text of a page that is not of the study's own Markdown."""
    body = lxml.html.fromstring(html)
    for node in body.xpath(
        "//body//text()[not(ancestor::*[contains(@class, 'prose')])] | //title/text() | //@aria-label"
    ):
        if text := re.sub(r"[ \n\t]+", " ", str(node)).strip(" "):
            yield text


def left_over(html: str, language: str) -> list[str]:
    """Return what could have been said in the language and was not."""
    tongue = Tongue(language, {})
    with override(language):
        return [text for text in visible(html) if tongue.word(text) != text and not is_said(text, language)]


def drawn(value: Any) -> Any:
    """Return sample content as the application has it: fragments of HTML are marked as safe."""
    if isinstance(value, dict):
        return {key: drawn(each) for key, each in value.items()}
    if isinstance(value, list):
        return [drawn(each) for each in value]
    return SafeString(value) if isinstance(value, str) and value.lstrip().startswith("<") else value


def is_said(text: str, language: str) -> bool:
    """Say whether a text is one of the language's own, which another sentence may look like."""
    return text in catalog(language).values()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_shown_in_every_language(language: str, name: str) -> None:
    page: Page = Tongue(language, {}).spoken(replace(PAGES[name], content=drawn(dict(PAGES[name].content))))
    with override(language):
        html = render_to_string(
            page.template, {"page": page, "study_url": "/s/x/", "events_url": "/", "csrf_token": ""}
        )
    assert f'<html lang="{language}">' in html
    assert left_over(html, language) == []


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("de", "Case 3 of 24", "Fall 3 von 24"),
        ("fr", "more than 99 %", "plus de 99\u202f%"),
        ("es", "Give a number from 0 to 2.5.", "Dé un número de 0 a 2,5."),
        ("de", "17.2", "17,2"),
        ("de", "4.0 to 11.0", "4,0 bis 11,0"),
        ("fr", "at most 0.110", "au plus 0,110"),
        ("de", "Explanation B", "Erklärung B"),
        ("de", "A text of the study", "A text of the study"),
        ("de", "From benign to malignant", "From benign to malignant"),
        ("de", "", ""),
    ],
)
def test_sentences_with_numbers_are_put_into_words(language: str, text: str, said: str) -> None:
    with override(language):
        assert Tongue(language, {}).word(text) == said


def test_the_words_of_the_study_come_first_also_inside_sentences() -> None:
    page = replace(
        PAGES["trial"], errors={"f": "An answer is missing for: Size, Shape.", "g": "Size: Give a number."}
    )
    spoken = Tongue("de", {"Size": "Größe", "Shape": "Form"}).spoken(page)
    assert spoken.errors == {
        "f": "Eine Antwort fehlt für: Größe, Form.",
        "g": "Größe: Geben Sie eine Zahl an.",
    }


def test_a_moment_is_written_in_the_language() -> None:
    opens = {
        "iso": "2026-11-26T10:00+00:00",
        "words": "Thursday, 26 November 2026, 10:00 (UTC)",
        "far": "3 days",
    }
    spoken = Tongue("de", {}).spoken(replace(PAGES["break"], content={"opens": opens}))
    assert spoken.content["opens"]["words"] == "Donnerstag, 26 November 2026, 10:00 (UTC)"
    assert spoken.content["opens"]["far"] == "3 Tagen"


def test_what_a_form_sends_stays_what_it_is() -> None:
    words = {"benign": "gutartig", "malignant": "bösartig"}
    spoken = Tongue("de", words).spoken(PAGES["trial"])
    (decision,) = [field for field in spoken.content["fields"] if field["name"] == "decision"]
    assert [(option["value"], option["label"]) for option in decision["options"]] == [*words.items()]


def test_the_words_of_a_drawing_are_translated_and_its_shapes_are_not() -> None:
    page = replace(PAGES["trial_explained"], content=drawn(dict(PAGES["trial_explained"].content)))
    html = str(
        Tongue("de", {"malignant": "bösartig", "Area of the nuclei": "Fläche der Kerne"})
        .spoken(page)
        .content["explanations"][0]
    )
    assert "weg von bösartig" in html
    assert "Fläche der Kerne" in html
    assert "links: weg von bösartig." in html
    assert not {"towards", "left", "right"} & set(re.findall(r"\w+", re.sub(r"<[^>]*>", " ", html)))
    shapes = re.compile(r"<(?:rect|line|path|svg)[^>]*>")
    assert shapes.findall(html) == shapes.findall(str(BARS))


WORDS = {
    "Reading cell samples": "Zellproben lesen", "Is this sample malignant?": "Ist diese Probe bösartig?",
    "benign": "gutartig", "malignant": "bösartig", "Are you an adult?": "Sind Sie volljährig?",
    "Yes": "Ja", "No": "Nein", "Size": "Größe", "Texture": "Struktur",
}  # fmt: skip


@pytest.fixture
def version(db: None) -> StudyVersion:
    screening = {"id": "adult", "question": "Are you an adult?", "eligible": ["yes"],
                 "options": [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}]}  # fmt: skip
    flow = [
        step("consent", text="consent"), step("screening", items=[screening]), step("allocate"),
        trials_step(2, feedback=True, breaks_every=1),
        step("questionnaire", **get_questionnaire("understanding").params()),
        step("debrief", text="debrief", consent=True),
    ]  # fmt: skip
    return launched_version(flow=flow, languages=("en", "de"), words={"de": WORDS})


def test_a_whole_study_is_read_in_the_language_of_the_browser(version: StudyVersion) -> None:
    client = Client(headers={"Accept-Language": "fr;q=0.9, de-AT;q=0.8, en;q=0.5"})
    somebody = Person(client, version.study.slug).start()
    seen = []
    for _ in range(30):
        seen.append(somebody.kind)
        assert somebody.page.get("lang") == "de"
        assert left_over(somebody.text, "de") == []
        assert not [text for text in visible(somebody.text) if text in WORDS and text not in WORDS.values()]
        if somebody.kind == "done":
            break
        somebody.answer()
    assert seen[-1] == "done"
    assert {"consent", "screening", "trial", "feedback", "break", "questionnaire", "debrief"} <= set(seen)
    assert Participant.objects.get().language == "de"


def test_the_consent_that_is_stored_is_the_text_that_was_read(version: StudyVersion) -> None:
    somebody = Person(Client(), version.study.slug).start(language="de")
    assert "Text consent auf Deutsch" in somebody.text
    somebody.answer()
    assert (
        Consent.objects.get().text_digest == StudyText.objects.get(version=version, name="consent.de").digest
    )


def test_the_language_can_be_switched_at_the_door_and_is_kept(version: StudyVersion) -> None:
    door_page = Person(Client(), version.study.slug).look({"PROLIFIC_PID": "abc"})
    assert door_page.page.get("lang") == "en-gb"
    links = {a.get("hreflang"): a.get("href") for a in door_page.page.xpath("//nav//a")}
    assert links["de"] == "?PROLIFIC_PID=abc&language=de"
    door_page.look({"PROLIFIC_PID": "abc", "language": "de"})
    assert door_page.page.xpath("//nav//a[@aria-current]/@hreflang") == ["de"]
    assert "Beginnen" in door_page.text


def test_a_wrong_answer_is_told_in_the_language(version: StudyVersion) -> None:
    somebody = Person(Client(), version.study.slug).start(language="de").go_to("trial")
    somebody.send(decision="benign", confidence="180")
    assert somebody.reply.status_code == 422
    assert "Geben Sie eine Zahl von 0 bis 100 an." in somebody.text
    somebody.look()
    assert "Ihre erste Antwort" in somebody.text


def test_a_study_of_one_language_asks_nothing_of_its_browser(db: None) -> None:
    version = launched_version()
    somebody = Person(Client(headers={"Accept-Language": "de"}), version.study.slug).look()
    assert somebody.page.get("lang") == "en-gb"
    assert not somebody.page.xpath("//nav")
    assert tongue_of(version.pk, "") is None


@pytest.mark.parametrize("asked", ["xx", "de<script>", "../de", "DE-at"])
def test_a_language_that_is_not_offered_is_not_taken(version: StudyVersion, asked: str) -> None:
    somebody = Person(Client(), version.study.slug).look({"language": asked})
    assert somebody.reply.status_code == 200
    assert (somebody.page.get("lang") == "de") == (asked == "DE-at")


def test_all_that_participants_read_of_a_study_is_asked_for() -> None:
    recipe = StudyRecipe()
    found = list(texts_of(document_of(recipe)))
    assert {"Reading cell samples", "Is this sample malignant?", "benign", "malignant"} <= set(found)
    schema: dict[str, Any] = {"features": [{"name": "a", "label": "Size", "meaning": "How large."}]}
    assert list(labels_of(schema)) == ["Size", "How large."]


def test_versions_from_before_there_were_languages_have_english() -> None:
    document = {
        key: value for key, value in document_of(StudyRecipe()).items() if key not in ("languages", "words")
    }
    assert StudySpec.of(document).languages == ("en",)
