"""How a SQLite database is dumped and loaded: as one file, through SQLite's own backup call."""

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from django.db import connection


def dump(folder: Path) -> dict[str, int]:
    """Write a consistent copy while the application runs; return the rows of each table."""
    folder.mkdir()
    copy = folder / "assay.sqlite3"
    connection.ensure_connection()
    with closing(sqlite3.connect(copy)) as target:
        connection.connection.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, without a companion
    with closing(sqlite3.connect(copy)) as reader:
        return _counts(reader)


def load(folder: Path, migrations: Sequence[str]) -> dict[str, int]:
    """Put the copy where DATABASE_URL says; return the rows of each table."""
    connection.close()
    target = Path(connection.settings_dict["NAME"])
    shutil.copyfile(folder / "assay.sqlite3", target)
    with closing(sqlite3.connect(target)) as reader:
        return _counts(reader)


def _counts(reader: sqlite3.Connection) -> dict[str, int]:
    names = reader.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    statement = 'SELECT count(*) FROM "{}"'
    return {name: reader.execute(statement.format(name)).fetchone()[0] for (name,) in names.fetchall()}
