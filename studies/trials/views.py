"""The participants' door over HTTP: reads the request, calls services, renders the page they return."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse


def participant(request: HttpRequest, slug: str) -> HttpResponse:
    raise Http404


def start(request: HttpRequest, slug: str) -> HttpResponse:
    raise Http404


def invited(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    raise Http404


def events(request: HttpRequest, slug: str) -> HttpResponse:
    raise Http404


def withdraw(request: HttpRequest, slug: str) -> HttpResponse:
    raise Http404


def preview(
    request: HttpRequest, slug: str, version_id: int, condition: str, step: int, stage: str
) -> HttpResponse:
    raise Http404
