"""The checks that ask the database: what would lose answers, or is not the database of this version."""

import pytest
from django.contrib.auth import get_user_model

from deploy import database_checks as checks

POSTGRES = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


def ids(messages: list) -> list[str]:
    return [message.id for message in messages]


@pytest.mark.postgres
def test_it_finds_a_postgresql_that_acknowledges_too_early(postgres_url, postgres_server, orm) -> None:
    with orm(postgres_url):
        assert checks.check_synchronous_commit(None, databases=["default"]) == []
    name = postgres_url.rpartition("/")[2]
    postgres_server.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    with orm(postgres_url):
        assert ids(checks.check_synchronous_commit(None, databases=["default"])) == ["deploy.E009"]


@pytest.mark.postgres
def test_it_finds_tables_that_were_not_migrated(postgres_server, orm) -> None:
    name = postgres_server.create_database()
    with orm(postgres_server.url(name)):
        (message,) = checks.check_migrations(None, databases=["default"])
    postgres_server.drop_database(name)
    assert message.id == "deploy.E010"
    assert "contenttypes.0001_initial" in message.msg


def test_a_migrated_database_is_accepted(database_url, orm) -> None:
    with orm(database_url):
        assert checks.check_migrations(None, databases=["default"]) == []


def test_it_says_that_a_database_is_away(orm) -> None:
    with orm("postgres://nobody@127.0.0.1:1/nothing"):
        assert ids(checks.check_migrations(None, databases=["default"])) == ["deploy.E011"]
        assert ids(checks.check_synchronous_commit(None, databases=["default"])) == ["deploy.E011"]


@pytest.mark.parametrize(
    ("password", "found"), [("admin", ["deploy.E013"]), ("root", ["deploy.E013"]), ("L0ng-and-own", [])]
)
def test_it_finds_a_superuser_with_a_password_that_everybody_tries(sqlite_url, orm, password, found) -> None:
    with orm(sqlite_url):
        get_user_model().objects.create_superuser("root", password=password)
        assert ids(checks.check_staff_passwords(None, databases=["default"])) == found
