"""Reads a page as a person does: what stands on it, which questions it asks, which answers it offers. Nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import html

from studies.rehearsal.questions import Answer, Element, PageUnexpected, Question, questions_of, text_of

HIDDEN = ("nonce", "csrfmiddlewaretoken")


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
class Held:
    """Something that the page shows later: how to ask for it, in how many seconds, whether it comes by itself.

    ``is_required`` is there where the page wants it to be looked at before the answer.
    """

    number: str
    action: str
    wait_s: float
    is_coming: bool
    is_required: bool


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
    parts: tuple[tuple[str, str], ...] = ()
    advice: Advice | None = None
    explanations: tuple[Explanation, ...] = ()
    held: tuple[Held, ...] = ()
    panels: tuple[int, ...] = ()
    own_answer: str | None = None
    note: str | None = None
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
        raise PageUnexpected(f"This is no page of a study: {text_of(root)[:200]!r}.")
    form = _main_form(root)
    return PageRead(
        kind=body.attrib["data-kind"],
        title=text_of(_one(root, "//h1")),
        method=form.get("method", "get").lower() if form is not None else "",
        action=form.get("action", "") if form is not None else "",
        hidden=_hidden(form),
        questions=tuple(questions_of(form)) if form is not None else (),
        panel=tuple(_panel(root)),
        parts=tuple(_parts(root)),
        advice=_advice(root),
        explanations=tuple(_explanation(found) for found in root.xpath("//*[@data-part='explanation']")),
        held=tuple(_held(found) for found in root.xpath("//*[@data-held]")),
        panels=tuple(_numbers(root.xpath("//*[@data-part][@data-panel]/@data-panel"))),
        own_answer=_said(root, "data-own-label"),
        note=_said(root, "data-note"),
        errors=tuple(text_of(found) for found in root.xpath("//*[contains(@class, 'wrong')]")),
        code=_said(root, "data-completion-code"),
    )


def filled(page: PageRead, answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """Return what the form sends; every answer must belong to a question of the page and be one that it offers."""
    for name, answer in answers.items():
        page.question(name.partition(".")[0]).check(name, answer)
    if not page.method:
        raise PageUnexpected(f"The page '{page.title}' ({page.kind}) has no form to send.")
    return {**page.hidden, **answers}


def _main_form(root: Element) -> Element | None:
    forms = root.xpath("//main//form")
    if len(forms) > 1:
        raise PageUnexpected(
            f"The page '{text_of(_one(root, '//h1'))}' has {len(forms)} forms; a page has one."
        )
    return forms[0] if forms else None


def _hidden(form: Element | None) -> dict[str, str]:
    if form is None:
        return {}
    return {found.get("name"): found.get("value", "") for found in form.xpath(".//input[@type='hidden']")}


def _panel(root: Element) -> Iterator[PanelRow]:
    for row in root.xpath("//table[@data-part='case']/tbody/tr"):
        cells = row.xpath("./td")
        if len(cells) != 2:
            raise PageUnexpected(
                f"A line of the case has {len(cells)} cells, not value and usual range: {text_of(row)!r}."
            )
        flag = row.xpath(".//*[contains(@class, 'flag')]")
        said = text_of(flag[0]) if flag else ""
        yield PanelRow(
            label=text_of(_one(row, "./th")),
            value=text_of(cells[0], without="s"),
            reference=text_of(cells[1]).removesuffix(said).strip(),
            flag=said,
        )


def _parts(root: Element) -> Iterator[tuple[str, str]]:
    """Yield the parts of the case besides measurements: the heading, and the text or what tells the picture apart."""
    for part in root.xpath("//main//*[@data-case-part][@data-role='case']"):
        pictures = part.xpath(".//*[@data-viewport]//img/@src")
        texts = part.xpath("./p[contains(@class, 'report-text')]")
        if pictures or texts:
            seen = pictures[0].rsplit("/", 1)[-1] if pictures else text_of(texts[0])
            yield part.get("data-case-part"), seen


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
    return Explanation(text_of(caption[0]) if caption else "", bars)


def _held(section: Element) -> Held:
    button = _one(section, ".//button[@name='reveal']")
    return Held(
        number=button.get("value"),
        action=button.get("formaction", ""),
        wait_s=float(section.get("data-wait") or 0),
        is_coming=section.get("data-held") == "after_delay",
        is_required="data-required" in section.attrib,
    )


def _numbers(found: list[str]) -> Iterator[int]:
    return (int(number) for number in found if number.isdecimal())


def _bar(row: Element) -> Bar:
    text = text_of(row)
    words = text.casefold()
    towards = False if "away from" in words else True if "towards" in words else None
    return Bar(text_of(_one(row, "./th")), text, towards)


def _said(root: Element, attribute: str) -> str | None:
    found = root.xpath(f"//main//*[@{attribute}]")
    return text_of(found[0]) if found else None


def _one(root: Element, path: str) -> Element:
    found = root.xpath(path)
    if not found:
        raise PageUnexpected(f"The page lacks {path.rsplit('/', 1)[-1]}: {text_of(root)[:120]!r}.")
    return found[0]
