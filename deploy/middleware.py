"""Steps that every request takes; they only look at headers, because participants pay for each of them."""

from collections.abc import Callable

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

Handler = Callable[[HttpRequest], HttpResponse]
FORWARDED = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_FORWARDED",
    "HTTP_X_REAL_IP",
)


class TrustedProxies:
    """Believe X-Forwarded-For and -Proto only as far as our own proxies wrote them; forget every other such header."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.proxies: int = settings.TRUSTED_PROXIES

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        if self.proxies:
            chain = [part.strip() for part in meta.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
            if len(chain) >= self.proxies:
                meta["REMOTE_ADDR"] = chain[-self.proxies]
            protocol = meta.get("HTTP_X_FORWARDED_PROTO")
        for header in FORWARDED:
            meta.pop(header, None)
        if self.proxies and protocol:
            meta["HTTP_X_FORWARDED_PROTO"] = protocol
        return self.get_response(request)


class PrivatePages:
    """Say on every answer that it is not to be stored, embedded or given devices; isolation also sharpens the clock."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        headers = response.headers
        headers.setdefault("Cache-Control", "no-store")
        headers.setdefault("Cross-Origin-Embedder-Policy", "require-corp")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response


class ContentSecurityPolicy(CSPMiddleware):
    """django-csp, with its header composed once: a reply that asks for nothing of its own gets the usual policy.

    There is no nonce, because nothing is inline.
    """

    OWN = ("_csp_config", "_csp_update", "_csp_replace", "_csp_exempt")

    def __init__(self, get_response: Handler) -> None:
        super().__init__(get_response)
        self.usual = build_policy()

    def process_request(self, request: HttpRequest) -> None:
        """Offer no nonce."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Set the header, unless the reply brings its own."""
        if any(hasattr(response, name) for name in self.OWN):
            own: HttpResponseBase = super().process_response(request, response)
            return own
        response.headers.setdefault(HEADER, self.usual)
        return response
