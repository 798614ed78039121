"""A person in front of the pages, over Django's test client: reads the form that is there and sends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import lxml.html
from django.http import HttpResponse
from django.test import Client

SWAP = {"X-Assay-Swap": "1"}
HIDDEN = {"csrfmiddlewaretoken", "clock", "events"}
Choose = Callable[["Person", str, list[str]], str]


class Person:
    """``reply`` is the last reply, ``page`` its parsed page; ``kind`` and ``nonce`` are read from the form."""

    def __init__(self, client: Client, slug: str) -> None:
        self.client = client
        self.url = f"/s/{slug}/"
        self.replies: list[HttpResponse] = []

    @property
    def reply(self) -> Any:
        return self.replies[-1]

    @property
    def text(self) -> str:
        return str(self.reply.content.decode())

    @property
    def page(self) -> Any:
        return lxml.html.fromstring(self.text)

    @property
    def kind(self) -> str:
        return str(self.page.xpath("//body")[0].get("data-kind"))

    @property
    def nonce(self) -> str:
        found = self.page.xpath("//input[@name='nonce']/@value")
        return str(found[0]) if found else ""

    @property
    def fields(self) -> dict[str, list[str]]:
        """Return each asked field with the values that it offers (none: it is typed)."""
        found: dict[str, list[str]] = {}
        for element in self.page.xpath("//form//*[@name][not(@type='hidden')]"):
            if element.tag in {"input", "select", "textarea"}:
                offered = found.setdefault(element.get("name"), [])
                if element.get("type") == "radio":
                    offered.append(element.get("value"))
        return found

    def start(self, **query: str) -> Person:
        self.look(query)
        hidden = {e.get("name"): e.get("value") for e in self.page.xpath("//form//input[@type='hidden']")}
        self.replies.append(self.client.post(f"{self.url}start", hidden))
        assert self.reply.status_code == 303, self.text
        return self.look()

    def look(self, query: Mapping[str, str] | None = None) -> Person:
        self.replies.append(self.client.get(self.url, query or {}))
        return self

    def send(self, *, nonce: str | None = None, swap: bool = True, **answers: Any) -> Person:
        """Send answers as they are."""
        body = {"nonce": self.nonce if nonce is None else nonce, **answers}
        self.replies.append(self.client.post(self.url, body, headers=SWAP if swap else {}))
        return self

    def answer(self, **chosen: str) -> Person:
        """Fill every field of the page, with what is chosen and else with something that it offers."""
        values = {
            name: chosen.get(name) or usual_answer(name, offered) for name, offered in self.fields.items()
        }
        self.send(**values)
        assert self.reply.status_code == 200, (self.reply.status_code, self.text)
        return self

    def go_to(self, kind: str, *, stage: str = "", **chosen: str) -> Person:
        """Answer page after page until one of that kind (and stage label) is there."""
        for _ in range(200):
            if self.kind == kind and stage in self.text:
                return self
            self.answer(**chosen)
        raise AssertionError(f"No page of the kind {kind!r} came; the last one was {self.kind!r}.")


def usual_answer(name: str, offered: list[str]) -> str:
    if name == "consent":
        return "given"
    return offered[0] if offered else "70"
