"""The participants' door over HTTP: reads the request, calls services, renders the page they return."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods, require_POST

from studies.design.models import StudyVersion
from studies.design.selectors import version_spec
from studies.enrolment.models import Participant
from studies.enrolment.selectors import invitation_by_token, is_known_as
from studies.enrolment.services import invitation_exchange
from studies.enrolment.tokens import resume_code
from studies.errors import AnswerConflict, AnswerInvalid, StudyClosed
from studies.trials import compose, services
from studies.trials.door import (
    COOKIE,
    NOT_HERE,
    PROLIFIC,
    at_door,
    body_length,
    cookie_set,
    is_open,
    languages_offered,
    page_reply,
    participant_at,
    redirect_home,
    stranger_reply,
    too_many_guesses,
    version_at,
    wants_swap,
)
from studies.trials.events import read_batch
from studies.trials.pages import Page
from studies.trials.tongue import CHOSEN, language_of, tongue_of

HTTP_STATUS = {"accepted": 200, "repeated": 200, "conflict": 409, "invalid": 422, "early": 425}
OF_THE_FORM = frozenset({"csrfmiddlewaretoken", "nonce", "clock", "events", "reveal"})
BODY_BYTES = 512 * 1024
EVENTS_BYTES = 1024 * 1024
VISIT_LENGTH = 100
CODE_SENT = 100
PART_DIGITS = 4


@require_http_methods(["GET", "HEAD", "POST"])
def participant(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the current page, or take the answer to it."""
    if request.method == "POST":
        return _submit(request, slug)
    person = participant_at(request, slug=slug)
    if person is None:
        return _welcome(request, slug)
    if request.GET:
        # A recruitment site's link: the same person goes on at a clean address, another one is at the door.
        outside = request.GET.get(PROLIFIC, "")
        if outside and not is_known_as(person, kind=PROLIFIC, value=outside):
            return _welcome(request, slug)
        return redirect_home(slug)
    return page_reply(request, services.page_current(person), slug=slug)


@require_POST
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Enrol whoever pressed start, once however often they pressed, and hand out the cookie."""
    version = version_at(slug)
    try:
        _person, token = services.participant_start(
            version=version,
            identifiers=[(PROLIFIC, request.POST.get(PROLIFIC, "").strip())],
            visit=request.POST.get("visit", "")[:VISIT_LENGTH],
            language=language_of(request, version_spec(version.pk).languages),
        )
    except StudyClosed as error:
        page = compose.notice_page("closed", study_title=version_spec(version.pk).title, text=error.message)
        return page_reply(request, at_door(request, page, version_id=version.pk), slug=slug, status=403)
    return cookie_set(redirect_home(slug), slug=slug, token=token)


@require_http_methods(["GET", "HEAD", "POST"])
def invited(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Show the door of an invitation; only pressing start uses the invitation up, opening the link never does."""
    version = version_at(slug)
    spec = version_spec(version.pk)
    invitation = invitation_by_token(token, slug=slug)
    if invitation is None:
        return stranger_reply(request, slug=slug, spec=spec, text=compose.TEXTS["unknown_link"], status=404)
    person = participant_at(request, slug=slug)
    if person is not None and person.pk == invitation.participant_id:
        return redirect_home(slug)
    if request.method != "POST":
        return page_reply(request, _door_page(request, version, {}, is_invited=True), slug=slug)
    try:
        language = language_of(request, spec.languages)
        _person, cookie = invitation_exchange(token=token, language=language)
    except (StudyClosed, AnswerConflict) as error:
        page = compose.notice_page("closed", study_title=spec.title, text=error.message)
        return page_reply(request, at_door(request, page, version_id=version.pk), slug=slug, status=403)
    return cookie_set(redirect_home(slug), slug=slug, token=cookie)


@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: HttpRequest, slug: str) -> HttpResponse:
    """Tell somebody the code by which they can go on elsewhere, or let in who brings one."""
    version = version_at(slug)
    spec = version_spec(version.pk)
    person = participant_at(request, slug=slug)

    def said(page: Page) -> Page:
        if person is None:
            return at_door(request, page, version_id=version.pk)
        return replace(page, tongue=tongue_of(person.version_id, person.language))

    if request.method != "POST":
        shown = resume_code(person.public_id) if person is not None and person.resume_digest else ""
        return page_reply(request, said(compose.resume_page(spec, code=shown)), slug=slug)
    try:
        token = services.participant_resume(code=request.POST.get("code", "")[:CODE_SENT], slug=slug)
    except StudyClosed as error:
        if too_many_guesses(request):
            return stranger_reply(request, slug=slug, spec=spec, text=error.message, status=404)
        page = replace(compose.resume_page(spec), errors={"code": error.message})
        return page_reply(request, said(page), slug=slug, status=422)
    return cookie_set(redirect_home(slug), slug=slug, token=token)


@require_POST
def events(request: HttpRequest, slug: str) -> HttpResponse:
    """Store a batch of events; sending it again changes nothing."""
    if body_length(request) > EVENTS_BYTES:
        return _refusal("too_large", "A batch of events holds at most 1 MB.", status=413)
    person = participant_at(request, slug=slug)
    if person is None:
        return _refusal("unknown", NOT_HERE, status=429 if too_many_guesses(request) else 403)
    try:
        # A page that closes can only send forms.
        batch = read_batch(request.POST.get("batch") or request.body)
        services.page_events(participant=person, source=batch.get("source", ""), events=batch["events"])
    except AnswerInvalid as error:
        return _refusal(error.code, error.message, status=400, fields=error.fields)
    return HttpResponse(status=204)


@require_POST
def reveal(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a part of the current page that was held back; what is filled in stays filled in."""
    if body_length(request) > BODY_BYTES:
        return _refusal("too_large", "An answer holds at most 512 kB.", status=413)
    sent = request.POST
    number = sent.get("reveal", "")
    try:
        outcome = services.part_reveal(
            token=request.COOKIES.get(COOKIE, ""),
            slug=slug,
            nonce=sent.get("nonce", ""),
            number=int(number) if number.isdecimal() and len(number) < PART_DIGITS else -1,
            data=_answers(sent.lists()),
        )
    except Participant.DoesNotExist:
        return _nobody(request, slug)
    assert outcome.page is not None  # a reveal always answers with the page
    return page_reply(request, outcome.page, slug=slug, status=HTTP_STATUS[outcome.status])


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask whether to leave, and leave."""
    person = participant_at(request, slug=slug)
    if person is None:
        return _nobody(request, slug)
    if request.method != "POST":
        page = compose.withdraw_page(version_spec(person.version_id))
        tongue = tongue_of(person.version_id, person.language)
        return page_reply(request, replace(page, tongue=tongue), slug=slug)
    if request.POST.get("confirm") != "withdraw":
        return redirect_home(slug)
    return page_reply(request, services.participant_leave(participant_id=person.pk), slug=slug)


def _submit(request: HttpRequest, slug: str) -> HttpResponse:
    if body_length(request) > BODY_BYTES:
        return _refusal("too_large", "An answer holds at most 512 kB.", status=413)
    swap = wants_swap(request)
    sent = request.POST
    try:
        outcome = services.page_submit_by_token(
            token=request.COOKIES.get(COOKIE, ""),
            slug=slug,
            sent=services.Sent(
                nonce=sent.get("nonce", ""),
                data=_answers(sent.lists()),
                clock=sent.get("clock", ""),
                events=sent.get("events", ""),
            ),
            is_next_sent=swap,
        )
    except Participant.DoesNotExist:
        return _nobody(request, slug)
    if outcome.page is None:
        return redirect_home(slug)
    return page_reply(request, outcome.page, slug=slug, status=HTTP_STATUS[outcome.status])


def _answers(lists: Any) -> dict[str, Any]:
    """Return what was sent; a field that was answered twice stays a list, which no question accepts.

    A number that is left empty is sent beside 'prefer not to say': what is empty is no answer.
    """
    found = {}
    for name, values in lists:
        if name not in OF_THE_FORM:
            given = [value for value in values if value.strip()] if len(values) > 1 else values
            found[name] = given[0] if len(given) == 1 else given or ""
    return found


def _welcome(request: HttpRequest, slug: str) -> HttpResponse:
    version = version_at(slug)
    spec = version_spec(version.pk)
    if request.COOKIES.get(COOKIE) and not request.GET:
        return _nobody(request, slug)
    if not is_open(version):
        page = compose.notice_page("closed", study_title=spec.title)
        return page_reply(request, at_door(request, page, version_id=version.pk), slug=slug)
    hidden = {"visit": secrets.token_urlsafe(32)}
    if outside := request.GET.get(PROLIFIC, "").strip():
        hidden[PROLIFIC] = outside
    return page_reply(request, _door_page(request, version, hidden, is_invited=False), slug=slug)


def _door_page(
    request: HttpRequest, version: StudyVersion, hidden: Mapping[str, str], *, is_invited: bool
) -> Page:
    spec = version_spec(version.pk)
    offered = languages_offered(request, spec)
    chosen = {CHOSEN: language_of(request, spec.languages)} if offered else {}
    page = compose.welcome_page(spec, is_invited=is_invited, hidden={**hidden, **chosen}, languages=offered)
    return at_door(request, page, version_id=version.pk)


def _nobody(request: HttpRequest, slug: str) -> HttpResponse:
    spec = version_spec(version_at(slug).pk)
    reply = stranger_reply(request, slug=slug, spec=spec, text=NOT_HERE, status=403)
    reply.delete_cookie(COOKIE, path=f"/s/{slug}/", samesite="Lax")
    return reply


def _refusal(
    code: str, message: str, *, status: int, fields: Mapping[str, str] | None = None
) -> HttpResponse:
    return JsonResponse({"code": code, "message": message, "fields": dict(fields or {})}, status=status)
