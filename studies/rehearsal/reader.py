"""Reads a page as a person does: what stands on it, which questions it asks, which answers it offers. Nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import html

HIDDEN = ("nonce", "csrfmiddlewaretoken")
Element = Any  # lxml's own types are not public


class PageUnexpected(Exception):
    """A page is not what a person could go on with: a form, a question or an answer is missing."""


@dataclass(frozen=True)
class Question:
    """One question of a page: its legend, the answers on offer (value and label), or the range of its number."""

    name: str
    kind: str
    legend: str
    options: tuple[tuple[str, str], ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    step: float = 1.0
    input_type: str = "radio"

    def value_of(self, label: str) -> str:
        """Return the value behind a label as it stands on the page."""
        found = [value for value, shown in self.options if shown.casefold() == label.casefold()]
        if len(found) != 1:
            offered = ", ".join(shown for _, shown in self.options)
            raise PageUnexpected(
                f"The question '{self.legend}' does not offer '{label}'; it offers: {offered}."
            )
        return found[0]


@dataclass(frozen=True)
class Advice:
    """The AI's advice as it stands on the page."""

    label: str
    confidence: float | None


@dataclass(frozen=True)
class PanelRow:
    """One measurement of the case: name, value as text, usual range as text, and whether it lies outside."""

    label: str
    value: str
    reference: str
    flag: str


@dataclass(frozen=True)
class Bar:
    """One bar of an explanation: which measurement, the whole row in words, and where it pushes ('' if nowhere)."""

    label: str
    text: str
    towards: bool | None


@dataclass(frozen=True)
class Explanation:
    """One explanation: its caption and its bars in the order in which they stand."""

    caption: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class PageRead:
    """Everything that can be read on one page."""

    kind: str
    title: str
    method: str = ""
    action: str = ""
    hidden: Mapping[str, str] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    panel: tuple[PanelRow, ...] = ()
    advice: Advice | None = None
    explanations: tuple[Explanation, ...] = ()
    own_answer: str | None = None
    errors: tuple[str, ...] = ()
    code: str | None = None

    @property
    def nonce(self) -> str:
        return self.hidden.get("nonce", "")

    def question(self, name: str) -> Question:
        """Return the question of that name, which must be on the page."""
        for question in self.questions:
            if question.name == name:
                return question
        asked = ", ".join(question.name for question in self.questions) or "nothing"
        raise PageUnexpected(
            f"The page '{self.title}' ({self.kind}) does not ask for '{name}'; it asks for: {asked}."
        )

    def asks(self, name: str) -> bool:
        return any(question.name == name for question in self.questions)


def read_page(text: str) -> PageRead:
    """Read one page; what is not a page of Assay is refused with a sentence."""
    try:
        root: Element = html.fromstring(text)
    except (html.etree.ParserError, ValueError) as error:
        raise PageUnexpected(f"The answer is not an HTML page: {error}.") from error
    body = root.find("body") if root.tag == "html" else None
    if body is None or "data-kind" not in body.attrib:
        raise PageUnexpected(f"This is no page of a study: {_text(root)[:200]!r}.")
    form = _main_form(root)
    return PageRead(
        kind=body.attrib["data-kind"],
        title=_text(_one(root, "//h1")),
        method=form.get("method", "get").lower() if form is not None else "",
        action=form.get("action", "") if form is not None else "",
        hidden=_hidden(form),
        questions=tuple(_questions(form)) if form is not None else (),
        panel=tuple(_panel(root)),
        advice=_advice(root),
        explanations=tuple(_explanation(found) for found in root.xpath("//*[@data-part='explanation']")),
        own_answer=_said(root, "data-own-label"),
        errors=tuple(_text(found) for found in root.xpath("//*[contains(@class, 'wrong')]")),
        code=_said(root, "data-completion-code"),
    )


def filled(page: PageRead, answers: Mapping[str, str]) -> dict[str, str]:
    """Return what the form sends; every answer must belong to a question of the page and be one that it offers."""
    for name, value in answers.items():
        question = page.question(name)
        if question.options and value not in [offered for offered, _ in question.options]:
            offered = ", ".join(value for value, _ in question.options)
            raise PageUnexpected(
                f"The question '{question.legend}' ({name}) does not offer {value!r}; it offers: {offered}."
            )
        if question.input_type == "number":
            _check_number(question, value)
    if not page.method:
        raise PageUnexpected(f"The page '{page.title}' ({page.kind}) has no form to send.")
    return {**page.hidden, **answers}


def _check_number(question: Question, value: str) -> None:
    try:
        number = float(value)
    except ValueError:
        raise PageUnexpected(f"The question '{question.legend}' takes a number, not {value!r}.") from None
    low, high = question.minimum, question.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        raise PageUnexpected(f"The question '{question.legend}' takes {low:g} to {high:g}, not {value}.")


def _main_form(root: Element) -> Element | None:
    forms = root.xpath("//main//form")
    if len(forms) > 1:
        raise PageUnexpected(
            f"The page '{_text(_one(root, '//h1'))}' has {len(forms)} forms; a page has one."
        )
    return forms[0] if forms else None


def _hidden(form: Element | None) -> dict[str, str]:
    if form is None:
        return {}
    return {found.get("name"): found.get("value", "") for found in form.xpath(".//input[@type='hidden']")}


def _questions(form: Element) -> Iterator[Question]:
    for group in form.xpath(".//fieldset[@data-field]"):
        name = group.get("data-field")
        inputs = group.xpath(".//*[self::input or self::textarea][@name]")
        if not inputs or any(found.get("name") != name for found in inputs):
            raise PageUnexpected(f"The question '{name}' has no field of its own name to fill.")
        first = inputs[0]
        radios = [found for found in inputs if found.get("type") == "radio"]
        yield Question(
            name=name,
            kind=group.get("data-kind", ""),
            legend=_text(_one(group, "./legend")),
            options=tuple((found.get("value"), _label(group, found)) for found in radios),
            minimum=_number(first.get("min")),
            maximum=_number(first.get("max")),
            step=1.0 if first.get("step", "any") == "any" else float(first.get("step")),
            input_type="radio" if radios else first.get("type", "text"),
        )


def _label(group: Element, option: Element) -> str:
    labels = group.xpath(".//label[@for=$name]", name=option.get("id"))
    if len(labels) != 1:
        raise PageUnexpected(
            f"An answer of '{group.get('data-field')}' has no label: {option.get('value')!r}."
        )
    return _text(labels[0], without="kbd")


def _panel(root: Element) -> Iterator[PanelRow]:
    for row in root.xpath("//table[@data-part='case']/tbody/tr"):
        cells = row.xpath("./td")
        if len(cells) != 2:
            raise PageUnexpected(
                f"A line of the case has {len(cells)} cells, not value and usual range: {_text(row)!r}."
            )
        flag = row.xpath(".//*[contains(@class, 'flag')]")
        said = _text(flag[0]) if flag else ""
        yield PanelRow(
            label=_text(_one(row, "./th")),
            value=_text(cells[0]),
            reference=_text(cells[1]).removesuffix(said).strip(),
            flag=said,
        )


def _advice(root: Element) -> Advice | None:
    label = _said(root, "data-advice-label")
    if label is None:
        return None
    confidence = _said(root, "data-advice-confidence")
    digits = "".join(sign for sign in confidence or "" if sign.isdigit() or sign == ".").strip(".")
    return Advice(label, float(digits) / 100 if digits else None)


def _explanation(section: Element) -> Explanation:
    caption = section.xpath(".//table/caption")
    bars = tuple(_bar(row) for row in section.xpath(".//table/tbody/tr"))
    return Explanation(_text(caption[0]) if caption else "", bars)


def _bar(row: Element) -> Bar:
    text = _text(row)
    words = text.casefold()
    towards = False if "away from" in words else True if "towards" in words else None
    return Bar(_text(_one(row, "./th")), text, towards)


def _said(root: Element, attribute: str) -> str | None:
    found = root.xpath(f"//main//*[@{attribute}]")
    return _text(found[0]) if found else None


def _one(root: Element, path: str) -> Element:
    found = root.xpath(path)
    if not found:
        raise PageUnexpected(f"The page lacks {path.rsplit('/', 1)[-1]}: {_text(root)[:120]!r}.")
    return found[0]


def _text(element: Element, *, without: str = "") -> str:
    parts = element.xpath(".//text()[not(ancestor::*[name() = $tag])]", tag=without)
    return " ".join("".join(parts).split())


def _number(text: str | None) -> float | None:
    return float(text) if text else None
