"""`manage.py check --deploy`: each unsafe setting is found, under its id, and a safe installation is not accused."""

from collections.abc import Iterator
from typing import Any

import pytest

from deploy import checks
from tests.servers.redis import RedisServer

PASSWORD = "redis://:a-password@redis.example.org:6379/0"


def ids(messages: list) -> list[str]:
    return [message.id for message in messages]


@pytest.fixture
def safe(settings) -> Any:
    settings.ASSAY_SECRET_KEY_IS_OWN = True
    settings.SECRET_KEY = "x" * 60
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["study.example.org"]
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.REDIS_URL = PASSWORD
    return settings


@pytest.mark.parametrize(
    ("check", "setting", "value", "found"),
    [
        (checks.check_secret_key, "ASSAY_SECRET_KEY_IS_OWN", False, "deploy.E001"),
        (checks.check_secret_key, "SECRET_KEY", "short", "deploy.E001"),
        (checks.check_debug, "DEBUG", True, "deploy.E002"),
        (checks.check_hosts, "ALLOWED_HOSTS", ["*"], "deploy.E003"),
        (checks.check_hosts, "ALLOWED_HOSTS", [], "deploy.E003"),
        (checks.check_cookies, "SESSION_COOKIE_SECURE", False, "deploy.E004"),
        (checks.check_cookies, "CSRF_COOKIE_SECURE", False, "deploy.E004"),
        (checks.check_cookies, "SESSION_COOKIE_HTTPONLY", False, "deploy.E004"),
        (checks.check_queue, "CELERY_TASK_ALWAYS_EAGER", True, "deploy.E006"),
        (checks.check_queue, "REDIS_URL", "memory://", "deploy.E006"),
        (checks.check_redis_password, "REDIS_URL", "redis://203.0.113.7:6379/0", "deploy.E008"),
    ],
)
def test_it_finds_an_unsafe_setting_and_says_what_to_do(safe, check, setting, value, found) -> None:
    assert ids(check(None)) == []
    setattr(safe, setting, value)
    (message,) = check(None)
    assert message.id == found
    assert message.hint


@pytest.mark.parametrize(("engine", "found"), [("postgresql", []), ("sqlite3", ["deploy.E005"])])
def test_it_accepts_postgresql_only(safe, monkeypatch, engine, found) -> None:
    monkeypatch.setitem(safe.DATABASES["default"], "ENGINE", f"django.db.backends.{engine}")
    assert ids(checks.check_database_engine(None)) == found


def test_it_finds_the_embedded_queue(safe) -> None:
    safe.REDIS_URL = safe.ASSAY_EMBEDDED_REDIS_URL
    assert ids(checks.check_queue(None)) == ["deploy.E006"]


@pytest.mark.parametrize("address", ["redis://127.0.0.1:6379/0", "redis://[::1]/0", "unix:///run/redis.sock"])
def test_redis_without_a_password_is_accepted_where_only_this_machine_reaches_it(safe, address) -> None:
    safe.REDIS_URL = address
    assert ids(checks.check_redis_password(None)) == []


def test_it_finds_static_files_that_were_not_collected(safe, tmp_path) -> None:
    safe.STATIC_HASHED, safe.STATIC_ROOT = True, tmp_path
    assert ids(checks.check_static_files(None)) == ["deploy.E012"]
    (tmp_path / "staticfiles.json").write_text("{}")
    assert ids(checks.check_static_files(None)) == []


@pytest.fixture
def evicting_redis() -> Iterator[RedisServer]:
    server = RedisServer("--maxmemory", "20mb", "--maxmemory-policy", "allkeys-lru")
    try:
        yield server.start()
    finally:
        server.close()


@pytest.mark.redis
def test_it_finds_a_redis_that_evicts(safe, evicting_redis) -> None:
    safe.REDIS_URL = evicting_redis.url
    (message,) = checks.check_redis_policy(None)
    assert message.id == "deploy.E007"
    assert "allkeys-lru" in message.msg


@pytest.mark.redis
def test_a_redis_that_never_evicts_is_accepted(safe, redis_server) -> None:
    safe.REDIS_URL = redis_server.url
    assert checks.check_redis_policy(None) == []


def test_a_redis_that_is_away_is_an_error_in_words(safe, tmp_path) -> None:
    safe.REDIS_URL = f"unix://{tmp_path}/nothing.sock"
    (message,) = checks.check_redis_policy(None)
    assert message.id == "deploy.E014"
    assert "nothing.sock" in message.msg
