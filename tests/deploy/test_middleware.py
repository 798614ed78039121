"""What every answer says, and what no outsider can make the application believe."""

import httpx
import pytest
from django.http import HttpRequest, HttpResponse

from deploy.middleware import TrustedProxies

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def seen(settings, proxies: int, **headers: str) -> dict[str, str]:
    settings.TRUSTED_PROXIES = proxies
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": "198.51.100.9", **headers}
    TrustedProxies(lambda _: HttpResponse())(request)
    return request.META


def test_forwarded_headers_from_outside_are_forgotten(settings) -> None:
    forged = {
        "HTTP_X_FORWARDED_FOR": "203.0.113.1",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_FORWARDED_HOST": "evil.example",
    }
    assert seen(settings, 0, **forged) == {"REMOTE_ADDR": "198.51.100.9"}


def test_behind_one_proxy_only_what_that_proxy_appended_counts(settings) -> None:
    meta = seen(settings, 1, HTTP_X_FORWARDED_FOR="203.0.113.1, 192.0.2.44", HTTP_X_FORWARDED_PROTO="https")
    assert meta == {"REMOTE_ADDR": "192.0.2.44", "HTTP_X_FORWARDED_PROTO": "https"}


def test_behind_two_proxies_the_address_is_the_second_from_the_right(settings) -> None:
    meta = seen(
        settings,
        2,
        HTTP_X_FORWARDED_FOR="203.0.113.1, 192.0.2.44, 10.0.0.1",
        HTTP_X_FORWARDED_HOST="evil.example",
    )
    assert meta == {"REMOTE_ADDR": "192.0.2.44"}


def test_a_chain_shorter_than_the_proxies_is_not_believed(settings) -> None:
    assert seen(settings, 2, HTTP_X_FORWARDED_FOR="203.0.113.1") == {"REMOTE_ADDR": "198.51.100.9"}


@SQLITE
def test_every_page_carries_the_headers_of_a_private_page(live_assay) -> None:
    for path in ("/", "/admin/login/", "/health/", "/nothing/here/"):
        headers = httpx.get(live_assay.url + path).headers
        policy = {part.strip() for part in headers["content-security-policy"].split(";")}
        assert {
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        } <= policy
        assert not any("unsafe" in part for part in policy)
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "no-store" in headers["cache-control"]


@SQLITE
def test_static_files_are_named_by_digest_and_kept_for_ever(live_assay) -> None:
    page = httpx.get(f"{live_assay.url}/").text
    name = page.split('rel="stylesheet" href="')[1].split('"')[0]
    answer = httpx.get(live_assay.url + name)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert name != "/static/deploy/page.css"


@SQLITE
def test_cookies_are_out_of_reach_of_scripts(live_assay) -> None:
    (cookie,) = httpx.get(f"{live_assay.url}/admin/login/").headers.get_list("set-cookie")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
