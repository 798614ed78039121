"""The installation of deploy/compose.yaml without containers: nginx with TLS, gunicorn, worker, PostgreSQL, Redis.

A simulated study through the whole of it belongs here as well: take the `production` fixture; `production.client()`
speaks HTTPS to the proxy, `production.live.manage(...)` runs commands, `production.live.rows(...)` reads the database.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.servers.production import Production

pytestmark = [pytest.mark.postgres, pytest.mark.redis]
TOKEN = "q7Zr1mH0vYx3kLp9tB2nC5dF8gJ4sW6aE1uI0oR7yT"


@pytest.fixture(scope="module")
def production(
    postgres_server, migrated_postgres, redis_server, collected_static, tmp_path_factory
) -> Iterator[Production]:
    name = postgres_server.create_database(template=migrated_postgres)
    installation = Production(
        folder=Path(tmp_path_factory.mktemp("production")),
        static=collected_static,
        database_url=postgres_server.url(name),
        redis_url=redis_server.url,
    )
    try:
        yield installation.start()
    finally:
        installation.close()
        postgres_server.drop_database(name)


def test_everything_is_well(production: Production) -> None:
    with production.client() as client:
        report = client.get("/health/").json()
    assert (report["status"], report["database"], report["broker"]) == ("ok", "ok", "ok")
    assert production.worker_answers()


def test_staff_meet_the_sign_in_page_over_https_with_secure_cookies(production: Production) -> None:
    with production.client() as client:
        answer = client.get("/admin/login/")
    assert answer.status_code == 200
    assert "max-age=31536000" in answer.headers["strict-transport-security"]
    assert all("Secure" in cookie for cookie in answer.headers.get_list("set-cookie"))


def test_plain_http_is_sent_to_https(production: Production) -> None:
    answer = httpx.get(f"http://localhost:{production.nginx.http_port}/s/a-study/", trust_env=False)
    assert answer.status_code == 301
    assert answer.headers["location"].startswith("https://")


def test_static_files_carry_their_digest_and_are_kept_for_ever(production: Production) -> None:
    with production.client() as client:
        name = client.get("/").text.split('rel="stylesheet" href="')[1].split('"')[0]
        answer = client.get(name)
    assert name != "/static/deploy/page.css"
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]


def test_a_host_name_that_is_not_ours_is_refused(production: Production) -> None:
    with production.client() as client:
        assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
        assert client.get("/", headers={"X-Forwarded-Host": "evil.example"}).status_code == 200


def test_no_log_holds_a_token_or_an_address(production: Production) -> None:
    with production.client() as client:
        client.get(f"/s/a-study/{TOKEN}/")
        client.get("/s/a-study/", params={"token": TOKEN})
    access = production.nginx.access_log.read_text()
    assert "/s/a-study/" in access
    for log in (access, production.nginx.log.read_text(), production.live.log_text()):
        assert TOKEN not in log
        assert "GET /s/a-study/?" not in log
    assert "127.0.0.1" not in access


def test_numbers_stay_inside(production: Production) -> None:
    with production.client() as client:
        assert client.get("/metrics").status_code == 404


def test_while_the_web_service_is_away_people_are_told_to_reload(production: Production) -> None:
    production.live.kill()
    production.live.listener.close()
    try:
        with production.client() as client:
            answer = client.get("/s/a-study/")
    finally:
        production.live.listen()
        production.live.start()
    assert answer.status_code == 503
    assert "Your last answer is safe" in answer.text
    with production.client() as client:
        assert client.get("/health/live/").status_code == 200
