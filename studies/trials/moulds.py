"""Pages of trials from moulds: what a template makes of a stage is made once per process, then only filled in.

Of a stage without errors, only this differs between people and moments: the nonce, the CSRF token, the progress, the
title and the own answer; between cases also the panel and the treatment, which are parts of their own. The mould is the
page as its template renders it with placeholders for these; filling it gives byte for byte what the template would
have given (a test holds it to that).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from threading import Lock
from typing import Any

from django.template.loader import get_template
from django.utils.html import escape

from studies.trials.content import CACHES
from studies.trials.pages import Page, Progress

MOULDS = 4096
# Letters of a private area: no study text holds them, and no filter or escaping changes them.
CSRF, NONCE, TITLE, LABEL, ANSWER, CONFIDENCE, PANEL, TREATMENT = (f"\ue000{i}\ue001" for i in range(8))
DONE, TOTAL = 990_000_071, 990_000_073


class Moulds:
    """The moulds of this process, the least used forgotten first."""

    def __init__(self, size: int = MOULDS) -> None:
        self._size = size
        self._lock = Lock()
        self._kept: OrderedDict[Hashable, str] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], str]) -> str:
        """Return the mould of a key, made if it is not there."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            if len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return made

    def forget(self) -> None:
        """Forget all moulds."""
        with self._lock:
            self._kept.clear()


moulds = Moulds()
CACHES.append(moulds.forget)


def page_filled(page: Page, *, context: Mapping[str, Any], csrf_token: Callable[[], str]) -> str | None:
    """Return the page from its mould, or ``None`` when it is none that is made so."""
    if page.mould is None or page.errors or page.values or page.progress is None:
        return None
    own = page.content["own_answer"]
    where = (context.get("study_url"), context.get("language"))
    shape = (page.study_title, own is not None, bool(own and own["confidence_text"]), *context.values())
    mould = moulds.get((page.mould.stage, *shape), lambda: _mould(page, context))
    filling = {
        CSRF: escape(csrf_token()),
        NONCE: page.nonce,
        TITLE: escape(page.title),
        LABEL: escape(page.progress.label),
        str(DONE): str(page.progress.done),
        str(TOTAL): str(page.progress.total),
        ANSWER: escape(own["label"]) if own else "",
        CONFIDENCE: escape(own["confidence_text"]) if own else "",
        TREATMENT: moulds.get((page.mould.treatment, *where), lambda: _part("treatment", page, context)),
        PANEL: moulds.get((page.mould.panel, *where), lambda: _part("panel", page, context)),
    }
    for place, text in filling.items():
        mould = mould.replace(place, text)
    return mould


def _part(name: str, page: Page, context: Mapping[str, Any]) -> str:
    shown = {key: page.content[key] for key in ("panel", "advice", "explanations", "layout")}
    shown["study_url"] = context.get("study_url")
    return str(get_template(f"trials/_{name}.html").render(shown))


def _mould(page: Page, context: Mapping[str, Any]) -> str:
    own = page.content["own_answer"]
    blank = {"label": ANSWER, "confidence_text": own["confidence_text"] and CONFIDENCE} if own else None
    parts = {"panel": PANEL, "treatment": TREATMENT}
    cast = replace(
        page,
        nonce=NONCE,
        title=TITLE,
        progress=Progress(DONE, TOTAL, LABEL),
        content={**page.content, "own_answer": blank, "parts": parts},
    )
    return str(get_template(page.template).render({**context, "page": cast, "csrf_token": CSRF}))
