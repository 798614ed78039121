"""Pages that belong to no app: the door, and what people see when something goes wrong."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def home(request: HttpRequest) -> HttpResponse:
    """Tell a visitor without a link where they are."""
    return render(request, "deploy/home.html")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400 in words."""
    return render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403 in words."""
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404 in words; the same words whether the thing is missing or not yours."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 in words: answers are stored before the next page is made, so reloading is safe."""
    return render(request, "500.html", status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that was too old or came from elsewhere."""
    return render(request, "403_csrf.html", status=403)


def too_many_attempts(
    request: HttpRequest, _response: HttpResponse | None, _credentials: dict[str, Any]
) -> HttpResponse:
    """Answer a sign-in that was tried too often."""
    response = render(request, "429.html", status=429)
    response.headers["Retry-After"] = "900"
    return response


def no_icon(request: HttpRequest) -> HttpResponse:
    """Answer the browsers' habit of asking for an icon without an error in anybody's log."""
    return HttpResponse(status=204, headers={"Cache-Control": "public, max-age=604800"})
