"""Fixtures for every test: real servers, the real application, a real browser. All are private and stopped afterwards.

What cannot be found or started is a failure with a sentence, never a skip.

=================== ======== ==================================================================================
fixture             scope    gives
=================== ======== ==================================================================================
`postgres_server`   session  `PostgresServer`: `.url(name)`, `.create_database(template=None)`, `.drop_database(name)`,
                             `.execute(sql, database=...)`; tests that crash one make a `PostgresServer(durable=True)`
`redis_server`      session  `RedisServer`: `.url`, `.client()`, `.stop(sign)`, `.start()`, `.wipe()`
`sqlite_url`        test     DATABASE_URL of a fresh, migrated SQLite file
`postgres_url`      test     DATABASE_URL of a fresh, migrated PostgreSQL database
`database_url`      test     both, one after the other; one only by
                             `@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)`
`start_assay`       test     function: `start_assay(database_url, WEB_CONCURRENCY="2", ...) -> LiveAssay`
`live_assay`        test     `LiveAssay` on `database_url`: `.url`, `.manage("migrate")`, `.rows(sql, params)`,
                             `.kill()`, `.start()`, `.stop()`, `.log_text()`, `.env`
`orm`               test     function: `with orm(database_url): ...` the models of this process work on that database,
                             with real commits (the append-only tables refuse what TransactionTestCase does)
`chromium`          session  Playwright `Browser` (system Chromium)
`browser_page`      test     Playwright `Page` in a context of its own, 1280 x 800; `.context` for cookies
=================== ======== ==================================================================================
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from tests.servers.assay import LiveAssay, environment, manage
from tests.servers.database import use_database
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    StartAssay = Callable[..., LiveAssay]

# Plain names of static files in this process; the live application uses the hashed ones.
settings.STORAGES = {
    **settings.STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
settings.SECURE_SSL_REDIRECT = False
# WhiteNoise warns of a folder that is not there.
Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser: Playwright keeps an event loop running, so it gets processes of its own."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    server = PostgresServer()
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    server = RedisServer()
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sqlite-template")
    file = folder / "template.sqlite3"
    manage(
        "migrate", "--verbosity=0", env=environment(DATABASE_URL=f"sqlite:///{file}", ASSAY_VAR=str(folder))
    )
    return file


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    name = postgres_server.create_database()
    places = {
        "DATABASE_URL": postgres_server.url(name),
        "ASSAY_VAR": str(tmp_path_factory.mktemp("postgres-template")),
    }
    manage("migrate", "--verbosity=0", env=environment(**places))
    return name


@pytest.fixture(scope="session")
def collected_static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("static")
    places = {"STATIC_ROOT": str(folder), "ASSAY_VAR": str(tmp_path_factory.mktemp("static-var"))}
    manage("collectstatic", "--noinput", "--verbosity=0", env=environment(**places))
    return folder


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'assay.sqlite3')}"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, migrated_postgres: str) -> Iterator[str]:
    name = postgres_server.create_database(template=migrated_postgres)
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def start_assay(tmp_path: Path, collected_static: Path) -> Iterator["StartAssay"]:
    started: list[LiveAssay] = []

    def start(database_url: str, **settings: str) -> LiveAssay:
        var = tmp_path / f"var{len(started)}"
        var.mkdir()
        started.append(LiveAssay(database_url=database_url, var=var, static=collected_static, **settings))
        return started[-1].start()

    yield start
    for live in started:
        live.close()


@pytest.fixture
def live_assay(start_assay: "StartAssay", database_url: str) -> LiveAssay:
    return start_assay(database_url)


@pytest.fixture
def orm(django_db_blocker: pytest.FixtureRequest) -> Callable[[str], AbstractContextManager[None]]:
    return lambda url: use_database(url, blocker=django_db_blocker)


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    from tests.servers.browser import launched_chromium

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop in this thread
    try:
        with launched_chromium() as browser:
            yield browser
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def browser_page(chromium: "Browser") -> Iterator["Page"]:
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    try:
        yield context.new_page()
    finally:
        context.close()
