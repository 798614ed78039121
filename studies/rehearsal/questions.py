"""Reads the questions of a page as a person does: the inputs of each, what they offer, and what they take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Element = Any  # lxml's own types are not public
Answer = str | list[str]


class PageUnexpected(Exception):
    """A page is not what a person could go on with: a form, a question or an answer is missing."""


@dataclass(frozen=True)
class Part:
    """One input of a question: its name, the answers on offer (value and label), or the range of its number."""

    name: str
    input_type: str
    options: tuple[tuple[str, str], ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    step: float = 1.0

    def check(self, value: str, *, legend: str) -> None:
        """Refuse an answer that the page does not offer."""
        if self.options and value not in [offered for offered, _ in self.options]:
            offered = ", ".join(value for value, _ in self.options)
            raise PageUnexpected(
                f"The question '{legend}' ({self.name}) does not offer {value!r}; it offers: {offered}."
            )
        if self.input_type == "number":
            _check_number(self, value, legend)


@dataclass(frozen=True)
class Question:
    """One question of a page: its legend and inputs; most have one, whose properties the question lends."""

    name: str
    kind: str
    legend: str
    parts: tuple[Part, ...] = ()
    hint: str = ""

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        return self.parts[0].options

    @property
    def minimum(self) -> float | None:
        return self.parts[0].minimum

    @property
    def maximum(self) -> float | None:
        return self.parts[0].maximum

    @property
    def step(self) -> float:
        return self.parts[0].step

    @property
    def input_type(self) -> str:
        return self.parts[0].input_type

    def part(self, name: str) -> Part:
        """Return the input of that name."""
        found = next((part for part in self.parts if part.name == name), None)
        if found is None:
            known = ", ".join(part.name for part in self.parts)
            raise PageUnexpected(f"The question '{self.legend}' has no input '{name}'; it has: {known}.")
        return found

    def value_of(self, label: str) -> str:
        """Return the value behind a label as it stands on the page."""
        found = [value for value, shown in self.options if shown.casefold() == label.casefold()]
        if len(found) != 1:
            offered = ", ".join(shown for _, shown in self.options)
            raise PageUnexpected(
                f"The question '{self.legend}' does not offer '{label}'; it offers: {offered}."
            )
        return found[0]

    def check(self, name: str, answer: Answer) -> None:
        """Refuse an answer that a person could not give on this page."""
        part = self.part(name)
        if isinstance(answer, list) and part.input_type != "checkbox":
            raise PageUnexpected(f"The question '{self.legend}' takes one answer, not {answer!r}.")
        for value in answer if isinstance(answer, list) else [answer]:
            part.check(value, legend=self.legend)


def questions_of(form: Element) -> Iterator[Question]:
    """Yield the questions of a form in their order."""
    for group in form.xpath(".//fieldset[@data-field]"):
        name = group.get("data-field")
        inputs = group.xpath(".//*[self::input or self::textarea or self::select][@name]")
        if not inputs or any(found.get("name").partition(".")[0] != name for found in inputs):
            raise PageUnexpected(f"The question '{name}' has no field of its own name to fill.")
        names = dict.fromkeys(found.get("name") for found in inputs)
        yield Question(
            name=name,
            kind=group.get("data-kind", ""),
            legend=text_of(group.xpath("./legend")[0]),
            hint=" ".join(text_of(found) for found in group.xpath("./p[contains(@class, 'hint')]")),
            parts=tuple(_part(group, part, [i for i in inputs if i.get("name") == part]) for part in names),
        )


def text_of(element: Element, *, without: str = "") -> str:
    """Return the words of an element, white space closed up."""
    parts = element.xpath(".//text()[not(ancestor::*[name() = $tag])]", tag=without)
    return " ".join("".join(parts).split())


def number_of(text: str | None) -> float | None:
    """Return the number of an attribute, if it has one."""
    return float(text) if text else None


def _part(group: Element, name: str, inputs: list[Element]) -> Part:
    first = inputs[0]
    kind = first.tag if first.tag in ("select", "textarea") else first.get("type", "text")
    options: tuple[tuple[str, str], ...] = ()
    if kind in ("radio", "checkbox"):
        options = tuple((found.get("value"), _label(group, found)) for found in inputs)
    elif kind == "select":
        options = tuple((o.get("value"), text_of(o)) for o in first.xpath("./option") if o.get("value"))
    return Part(
        name=name,
        input_type=kind,
        options=options,
        minimum=number_of(first.get("min")),
        maximum=number_of(first.get("max")),
        step=1.0 if first.get("step", "any") == "any" else float(first.get("step")),
    )


def _label(group: Element, option: Element) -> str:
    labels = group.xpath(".//label[@for=$name]", name=option.get("id"))
    if len(labels) != 1:
        raise PageUnexpected(
            f"An answer of '{group.get('data-field')}' has no label: {option.get('value')!r}."
        )
    return text_of(labels[0], without="kbd")


def _check_number(part: Part, value: str, legend: str) -> None:
    try:
        number = float(value)
    except ValueError:
        raise PageUnexpected(f"The question '{legend}' takes a number, not {value!r}.") from None
    low, high = part.minimum, part.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        raise PageUnexpected(f"The question '{legend}' takes {low} to {high}, not {value}.")
