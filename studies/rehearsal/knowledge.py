"""What a simulated participant brings along: an opinion on cases that it recognises, and what the texts have said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from studies.rehearsal.questions import PageUnexpected
from studies.rehearsal.reader import PageRead

Signature = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class CaseKnown:
    """One case: what is true of it, and what the AI says of it, as labels that stand on pages."""

    truth: str
    prediction: str


@dataclass(frozen=True)
class Knowledge:
    """
    What is known before the first page. A case is recognised by what its panel shows, never by anything hidden.

    Attributes
    ----------
    cases : mapping
        By the lines of the panel, label and value as displayed.
    answers : mapping
        Of screening and comprehension: item to the answer that lets a person take part, or is right.
    """

    cases: Mapping[Signature, CaseKnown] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)

    def case(self, page: PageRead) -> CaseKnown:
        """Return what is known of the case on the page."""
        found = self.cases.get(signature(page))
        if found is None:
            shown = ", ".join(f"{label} {value:.60}" for label, value in signature(page)) or "no case at all"
            raise PageUnexpected(f"The page '{page.title}' shows a case that nobody brought: {shown}.")
        return found


def signature(page: PageRead) -> Signature:
    """Return what a case looks like: its pictures and texts, and its measurements."""
    return (*page.parts, *((row.label, row.value.replace(",", ".")) for row in page.panel))
