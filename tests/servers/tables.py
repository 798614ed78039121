"""What a PostgreSQL database holds, read by SQL alone: to compare two of them without the code under test."""

import psycopg
from psycopg import sql

TABLES = """
SELECT c.relname, array_agg(a.attname ORDER BY array_position(i.indkey, a.attnum))
FROM pg_class c
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
GROUP BY c.relname ORDER BY c.relname
"""
CONTENT = "SELECT count(*), md5(coalesce(string_agg(md5(t::text), ',' ORDER BY {}), '')) FROM {} t"
TRIGGERS = """
SELECT c.relname || ': ' || pg_get_triggerdef(t.oid), t.tgenabled::text
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal ORDER BY 1
"""


def table_contents(url: str) -> dict[str, tuple[int, str]]:
    """Return rows and a checksum of every column of every row, in the order of the primary key, of every table."""
    with psycopg.connect(url) as session:
        found: dict[str, tuple[int, str]] = {}
        for table, key in session.execute(TABLES).fetchall():
            assert key != [None], f"{table} has no primary key"
            order = sql.SQL(", ").join(sql.Identifier("t", column) for column in key)
            row = session.execute(sql.SQL(CONTENT).format(order, sql.Identifier(table))).fetchone()
            assert row is not None
            found[table] = row
        return found


def triggers(url: str) -> list[tuple[str, str]]:
    """Return every trigger with its definition, and whether it is in force."""
    with psycopg.connect(url) as session:
        return session.execute(TRIGGERS).fetchall()
