"""What a participant's page is made of: one frozen value that templates render and that holds nothing else."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

PageKind = Literal[
    "welcome",
    "consent",
    "screening",
    "questionnaire",
    "instructions",
    "comprehension",
    "trial",
    "feedback",
    "score",
    "break",
    "session",
    "debrief",
    "done",
    "left",
    "closed",
    "expired",
    "resume",
    "full",
    "screened_out",
    "comprehension_failed",
    "withdraw",
    "withdrawn",
]


@dataclass(frozen=True)
class Progress:
    """How far the participant has come: ``done`` of ``total``, and the words for it (``Case 3 of 24``)."""

    done: int
    total: int
    label: str


@dataclass(frozen=True)
class Mould:
    """What pages have in common: two that agree in a part are the same in it, whoever they are for."""

    stage: Hashable
    panel: Hashable
    treatment: Hashable


class Speaks(Protocol):
    """What puts a page into the language of whoever reads it (``tongue.py``)."""

    language: str

    def spoken(self, page: Page) -> Page:
        """Return the page in that language."""


@dataclass(frozen=True)
class Page:
    """One page, whole: everything that its template shows, and nothing of a later stage.

    ``content`` is what the kind needs, ``errors`` maps a field to what is wrong with its answer, ``values`` is what
    was sent when there are errors. ``nonce`` names this page and no other; it is empty where nothing can be sent.
    ``is_after_time`` says that the page before it ran out of time, so that nothing was stored for it.
    Pages with the same ``mould`` are the same but for nonce, title, progress and own answer (``moulds.py``).
    """

    kind: PageKind
    title: str
    study_title: str
    nonce: str = ""
    progress: Progress | None = None
    content: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str | list[str]] = field(default_factory=dict)
    mould: Mould | None = None
    is_after_time: bool = False
    tongue: Speaks | None = None

    @property
    def template(self) -> str:
        return f"trials/{self.kind}.html"
