"""A backup can be restored elsewhere, proves itself, and is refused where it would destroy or lie."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from explainers.core.store import Store

PEOPLE = 500


@pytest.fixture
def empty_url(request, database_url, tmp_path, postgres_server) -> Any:
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'restored.sqlite3'}"
        return
    name = postgres_server.create_database()
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture
def backup(database_url, orm, settings, tmp_path) -> Path:
    settings.ASSAY_VAR, settings.ASSAY_STORE = tmp_path / "var", tmp_path / "store"
    dataset = settings.ASSAY_VAR / "datasets" / "d1" / "manifest.json"
    dataset.parent.mkdir(parents=True)
    dataset.write_text('{"rows": 3}')
    store = Store(settings.ASSAY_STORE)
    digest = store.put(b"an explanation")
    (store.unfinished / "half").write_bytes(b"an expl")
    with orm(database_url):
        accounts = get_user_model().objects
        accounts.bulk_create(
            accounts.model(username=f"person{number}", first_name="é\t\\N\n") for number in range(PEOPLE)
        )
        call_command("backup", str(tmp_path / "backup"), stdout=io.StringIO())
    (tmp_path / "digest").write_text(digest)
    settings.ASSAY_VAR, settings.ASSAY_STORE = tmp_path / "restored-var", tmp_path / "restored-store"
    return tmp_path / "backup"


def restore(folder: Path, url: str, orm) -> None:
    with orm(url):
        call_command("restore", str(folder), stdout=io.StringIO())


def test_what_is_restored_elsewhere_is_what_was_there(backup, empty_url, orm, settings, tmp_path) -> None:
    restore(backup, empty_url, orm)
    with orm(empty_url):
        accounts = get_user_model().objects
        assert accounts.count() == PEOPLE
        assert set(accounts.values_list("first_name", flat=True)) == {"é\t\\N\n"}
        assert accounts.create(username="later").pk == PEOPLE + 1
        call_command("check", "--database", "default")
    assert Store(settings.ASSAY_STORE).get((tmp_path / "digest").read_text()) == b"an explanation"


def test_what_was_being_written_is_not_in_a_backup(backup) -> None:
    assert [file.name for file in (backup / "store").rglob("*") if file.is_file()] == [
        (backup.parent / "digest").read_text()
    ]


def test_datasets_come_back_with_their_own_manifest(backup, empty_url, orm, settings) -> None:
    restore(backup, empty_url, orm)
    assert (settings.ASSAY_VAR / "datasets" / "d1" / "manifest.json").read_text() == '{"rows": 3}'
    assert "datasets/d1/manifest.json" in json.loads((backup / "manifest.json").read_text())["files"]


def test_a_database_that_holds_something_is_not_overwritten(backup, database_url, orm) -> None:
    with pytest.raises(CommandError, match="not empty"):
        restore(backup, database_url, orm)


def test_a_flipped_byte_is_found_before_anything_is_written(backup, empty_url, orm) -> None:
    victim = next(
        file
        for file in sorted(backup.rglob("*"))
        if file.is_file() and file.name != "manifest.json" and file.stat().st_size
    )
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)
    with pytest.raises(CommandError, match="1 were changed"):
        restore(backup, empty_url, orm)


def test_a_missing_row_is_found(backup, empty_url, orm) -> None:
    manifest = json.loads((backup / "manifest.json").read_text())
    manifest["tables"]["auth_user"] += 1
    (backup / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CommandError, match="auth_user"):
        restore(backup, empty_url, orm)


def test_a_backup_is_never_written_over_another(backup, database_url, orm) -> None:
    with orm(database_url), pytest.raises(CommandError, match="is not empty"):
        call_command("backup", str(backup))
