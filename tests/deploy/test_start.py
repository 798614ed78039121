"""The web service does not start where answers or people would not be safe (fail closed)."""

import pytest

from tests.servers.assay import environment, manage
from tests.servers.processes import ServerFailed

PRODUCTION = {
    "ASSAY_LAPTOP": "0",
    "ALLOWED_HOSTS": "127.0.0.1",
    "SECRET_KEY": "0123456789" * 6,
    "REDIS_URL": "redis://:a-password@127.0.0.1:1/0",
}


@pytest.mark.postgres
def test_it_starts_with_the_settings_of_production_even_while_redis_is_away(
    start_assay, postgres_url
) -> None:
    live = start_assay(postgres_url, **PRODUCTION)
    assert live.process is not None
    assert live.process.poll() is None


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("unsafe", "found"),
    [
        ({"SECRET_KEY": ""}, "deploy.E001"),
        ({"DEBUG": "1"}, "deploy.E002"),
        ({"ALLOWED_HOSTS": "*"}, "deploy.E003"),
        ({"SECURE_COOKIES": "0"}, "deploy.E004"),
        ({"REDIS_URL": "redis://203.0.113.7:6379/0"}, "deploy.E008"),
    ],
)
def test_it_refuses_to_start(start_assay, postgres_url, unsafe, found) -> None:
    with pytest.raises(ServerFailed, match=found):
        start_assay(postgres_url, **{**PRODUCTION, **unsafe})


def test_it_refuses_sqlite_in_production(start_assay, sqlite_url) -> None:
    with pytest.raises(ServerFailed, match=r"deploy\.E005"):
        start_assay(sqlite_url, **PRODUCTION)


@pytest.mark.postgres
def test_it_refuses_a_database_that_acknowledges_too_early_even_on_a_laptop(
    start_assay, postgres_url, postgres_server
) -> None:
    name = postgres_url.rpartition("/")[2]
    postgres_server.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    with pytest.raises(ServerFailed, match=r"deploy\.E009"):
        start_assay(postgres_url)


@pytest.mark.postgres
@pytest.mark.redis
def test_an_installation_as_in_the_example_passes_djangos_own_list_too(
    postgres_url, redis_server, collected_static, tmp_path
) -> None:
    places = {"DATABASE_URL": postgres_url, "ASSAY_VAR": str(tmp_path), "STATIC_ROOT": str(collected_static)}
    env = environment(**{**PRODUCTION, **places, "REDIS_URL": redis_server.url, "TRUSTED_PROXIES": "1"})
    assert "no issues" in manage(
        "check", "--deploy", "--database", "default", "--fail-level", "WARNING", env=env
    )
