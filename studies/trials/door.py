"""What the views share: the cookie, who stands at the door, and how a page becomes a reply."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import override

from studies.design.models import StudyVersion
from studies.design.selectors import version_current, version_spec
from studies.design.spec import StudySpec
from studies.enrolment.models import Participant
from studies.enrolment.selectors import participant_by_token
from studies.enrolment.services import recruitment_require_open
from studies.errors import StudyClosed
from studies.trials import compose
from studies.trials.moulds import page_filled
from studies.trials.pages import Page
from studies.trials.throttle import invalid_tokens
from studies.trials.tongue import CHOSEN, NAMES, language_of, tongue_of

COOKIE = "assay_s"
COOKIE_AGE_S = 60 * 24 * 3600
SWAP = "X-Assay-Swap"
PROLIFIC = "PROLIFIC_PID"
NOT_HERE = (
    "Your place in this study was not found in this browser. If you have begun already, open your personal link "
    "again in the browser in which you began."
)
TOO_MANY = "Too many links that are not valid came from your network. Please wait a minute and try again."


def wants_swap(request: HttpRequest) -> bool:
    """Say whether the page's script asked, which puts the next page in place of this one."""
    return request.headers.get(SWAP) == "1"


def page_reply(request: HttpRequest, page: Page, *, slug: str, status: int = 200) -> HttpResponse:
    """Render a page. It is never stored on the way or in the browser."""
    if page.content.get("is_broken"):
        status = 503
    study_url = home_url(slug)
    language = page.tongue.language if page.tongue else ""
    page = page.tongue.spoken(page) if page.tongue else page
    context: dict[str, Any] = {
        "language": language,
        "slug": slug,
        "study_url": study_url,
        "start_url": f"{study_url}start",
        "withdraw_url": f"{study_url}withdraw",
        "events_url": f"{study_url}events",
        "swap": wants_swap(request),
    }
    with override(language) if language else nullcontext():
        body = page_filled(page, context=context, csrf_token=lambda: _csrf_token(request))
        if body is not None:
            reply = HttpResponse(body, status=status)
        else:
            reply = render(request, page.template, {**context, "page": page}, status=status)
    reply["Cache-Control"] = "no-store"
    return reply


def _csrf_token(request: HttpRequest) -> str:
    """Return the token for the next form: the one that this form sent, which was checked, or a new one."""
    return request.POST.get("csrfmiddlewaretoken") or get_token(request)


@lru_cache(maxsize=256)
def home_url(slug: str) -> str:
    """Return the address of a study."""
    return reverse("participant", args=[slug])


def redirect_home(slug: str) -> HttpResponse:
    """Send the browser to the clean address of the study, by GET."""
    reply = HttpResponse(status=303)
    reply["Location"] = home_url(slug)
    reply["Cache-Control"] = "no-store"
    return reply


def cookie_set(reply: HttpResponse, *, slug: str, token: str) -> HttpResponse:
    """Put the token into the participant's cookie."""
    reply.set_cookie(
        COOKIE,
        token,
        max_age=COOKIE_AGE_S,
        path=home_url(slug),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return reply


def version_at(slug: str) -> StudyVersion:
    """Return the launched version that newcomers get; no study and none launched look the same."""
    version: StudyVersion | None = version_current(slug)
    if version is None:
        raise Http404
    return version


def participant_at(request: HttpRequest, *, slug: str) -> Participant | None:
    """Return whom the cookie belongs to, if it belongs to somebody of this study."""
    found = participant_by_token(request.COOKIES.get(COOKIE, ""))
    return found if found is not None and version_spec(found.version_id).study == slug else None


def at_door(request: HttpRequest, page: Page, *, version_id: int) -> Page:
    """Return a page for somebody whose language is not stored yet, in what they chose or their browser asks for."""
    language = language_of(request, version_spec(version_id).languages)
    return replace(page, tongue=tongue_of(version_id, language))


def languages_offered(request: HttpRequest, spec: StudySpec) -> list[dict[str, str | bool]]:
    """Return the languages to choose from at the door, each with its address; none where there is only one."""
    if len(spec.languages) == 1:
        return []
    now, query = language_of(request, spec.languages), request.GET.copy()
    offered: list[dict[str, str | bool]] = []
    for code in spec.languages:
        query[CHOSEN] = code
        offered.append(
            {"code": code, "name": NAMES[code], "url": f"?{query.urlencode()}", "is_now": code == now}
        )
    return offered


def stranger_reply(
    request: HttpRequest, *, slug: str, spec: StudySpec, text: str, status: int
) -> HttpResponse:
    """Answer a token that is nobody's; too many of them from one address are told to wait."""
    if too_many_guesses(request):
        text, status = TOO_MANY, 429
    page = compose.notice_page("closed", study_title=spec.title, text=text)
    reply = page_reply(
        request, at_door(request, page, version_id=version_at(slug).pk), slug=slug, status=status
    )
    if status == 429:
        reply["Retry-After"] = "60"
    return reply


def too_many_guesses(request: HttpRequest) -> bool:
    """Count a token that is nobody's and say whether its address sent too many."""
    return bool(
        request.COOKIES.get(COOKIE) or request.path.count("/i/") or request.path.endswith("/resume")
    ) and invalid_tokens.is_too_many(request.META.get("REMOTE_ADDR", ""))


def body_length(request: HttpRequest) -> int:
    """Return how many bytes a request announces."""
    announced = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(announced) if announced.isdecimal() else 0


def is_open(version: StudyVersion) -> bool:
    """Say whether newcomers may start."""
    try:
        recruitment_require_open(version=version)
    except StudyClosed:
        return False
    return True
