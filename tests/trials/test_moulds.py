"""A page that was filled into its mould is, byte for byte, the page that its template makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from studies.design.models import StudyVersion
from studies.trials import door, moulds
from studies.trials.moulds import Moulds, page_filled
from studies.trials.pages import Page, Progress
from tests.factories import WHOLE_FLOW
from tests.trials.person import Person

Study = Callable[..., StudyVersion]
Arrive = Callable[..., Person]
STRATA = {"strata": ["expertise"], "stratum_keys": ["expertise=novice", "expertise=expert"]}


def rendered(page: Page, *, slug: str = "cells") -> bytes:
    request = RequestFactory().get(f"/s/{slug}/")
    request.user = AnonymousUser()
    request.META["CSRF_COOKIE"] = "c" * 32
    return bytes(door.page_reply(request, page, slug=slug).content)


def test_every_page_of_a_session_is_what_its_template_makes(
    study: Study, person: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Page] = []
    usual = door.page_reply

    def noting(request: Any, page: Page, **more: Any) -> Any:
        shown.append(page)
        return usual(request, page, **more)

    monkeypatch.setattr("studies.trials.views.page_reply", noting)
    monkeypatch.setattr("django.middleware.csrf._mask_cipher_secret", lambda secret: secret)
    person(study(flow=WHOLE_FLOW, **STRATA)).go_to("done", decision="malignant", confidence="7")
    from_moulds = [page for page in shown if page.mould is not None]
    assert len(from_moulds) == 2 * 2 + 4 * 2 + 2
    for page in from_moulds:
        assert rendered(page) == rendered(replace(page, mould=None))


def test_what_people_brought_stays_escaped(study: Study, person: Arrive) -> None:
    somebody = person(study()).go_to("trial")
    page = page_of(somebody)
    odd = replace(page, title="<b>&", progress=Progress(1, 2, "<i>'"), nonce="n")
    filled = page_filled(odd, context={"slug": "cells"}, csrf_token=lambda: "t")
    assert filled is not None
    assert "&lt;b&gt;&amp;" in filled
    assert "<b>&" not in filled
    assert "&lt;i&gt;&#x27;" in filled


def page_of(somebody: Person) -> Page:
    from studies.enrolment.models import Participant
    from studies.trials.services import page_current

    return page_current(Participant.objects.get())


def test_a_page_with_errors_comes_from_its_template(study: Study, person: Arrive) -> None:
    page = page_of(person(study()).go_to("trial"))
    assert page_filled(replace(page, errors={"decision": "no"}), context={}, csrf_token=lambda: "t") is None
    assert page_filled(replace(page, mould=None), context={}, csrf_token=lambda: "t") is None


def test_a_second_person_is_served_from_the_moulds_of_the_first(
    study: Study, person: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.factories import CONDITIONS

    version = study(conditions={"ig": CONDITIONS["ig"]})
    first = person(version).go_to("done")
    for maker in ("_mould", "_part"):
        monkeypatch.setattr(moulds, maker, lambda *_: pytest.fail("rendered again"))
    second = person(version).go_to("done")
    sizes = [sorted(len(r.content) for r in somebody.replies[3:-1]) for somebody in (first, second)]
    assert sizes[0] == sizes[1]


def test_the_least_used_mould_is_forgotten_first() -> None:
    kept = Moulds(size=2)
    made: list[str] = []

    def make(name: str) -> Callable[[], str]:
        return lambda: made.append(name) or name  # type: ignore[func-returns-value]

    for name in ("a", "b", "a", "c", "a", "b"):
        kept.get(name, make(name))
    assert made == ["a", "b", "c", "b"]
