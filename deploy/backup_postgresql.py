"""How a PostgreSQL database is dumped and loaded: table by table through COPY, with no other program."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

from deploy.backup_errors import BackupFailed

PIECE = 1 << 20


def dump(folder: Path) -> dict[str, int]:
    """Write every table, all as of one moment; return the rows of each."""
    folder.mkdir()
    counts: dict[str, int] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for table in connection.introspection.table_names(cursor):
            counts[table] = _count(cursor, table)
            names = _columns(cursor, table)
            (folder / f"{table}.columns").write_text("\n".join(names), encoding="utf-8")
            statement = sql.SQL("COPY {} ({}) TO STDOUT").format(*_names(table, names))
            with (
                gzip.open(folder / f"{table}.copy.gz", "wb", compresslevel=1) as file,
                cursor.copy(statement) as rows,
            ):
                for piece in rows:
                    file.write(piece)
    return counts


def load(folder: Path, migrations: Sequence[str]) -> dict[str, int]:
    """Make the tables by migration, fill them, set the sequences; return the rows of each table."""
    call_command("migrate", interactive=False, verbosity=0)
    made = sorted(".".join(key) for key in MigrationRecorder(connection).applied_migrations())
    if made != sorted(migrations):
        other = sorted({*made} ^ {*migrations})
        raise BackupFailed(
            f"The backup has other migrations than this version ({', '.join(other[:5])}). "
            "Restore it with its own version of Assay, then upgrade."
        )
    with transaction.atomic(), connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        for table in tables:
            _execute(cursor, "ALTER TABLE {} DISABLE TRIGGER USER", table)
        everything = sql.SQL(", ").join(map(sql.Identifier, tables))
        cursor.execute(sql.SQL("TRUNCATE {}").format(everything))
        for table in tables:
            _fill(cursor, folder, table)
        # Foreign keys are checked at the end of the transaction; a table with checks to come may not be altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            _execute(cursor, "ALTER TABLE {} ENABLE TRIGGER USER", table)
        models = apps.get_models(include_auto_created=True)
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
        return {table: _count(cursor, table) for table in tables}


def _fill(cursor: Any, folder: Path, table: str) -> None:
    names = (folder / f"{table}.columns").read_text(encoding="utf-8").split("\n")
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(*_names(table, names))
    with gzip.open(folder / f"{table}.copy.gz", "rb") as file, cursor.copy(statement) as rows:
        while piece := file.read(PIECE):
            rows.write(piece)


def _names(table: str, columns: Sequence[str]) -> tuple[sql.Identifier, sql.Composed]:
    return sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))


def _columns(cursor: Any, table: str) -> list[str]:
    cursor.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " AND attgenerated = '' ORDER BY attnum",
        [connection.ops.quote_name(table)],
    )
    return [name for (name,) in cursor.fetchall()]


def _count(cursor: Any, table: str) -> int:
    _execute(cursor, "SELECT count(*) FROM {}", table)
    return int(cursor.fetchone()[0])


def _execute(cursor: Any, statement: str, table: str) -> None:
    cursor.execute(sql.SQL(statement).format(sql.Identifier(table)))
