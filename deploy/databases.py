"""Turns DATABASE_URL into Django's database settings, with what each engine needs to keep its word."""

from pathlib import Path
from typing import Any

import environ

SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous={synchronous}",
    "foreign_keys=ON",
    "recursive_triggers=ON",  # without it INSERT OR REPLACE walks past the triggers that refuse deletes
    "mmap_size=134217728",
    "journal_size_limit=27103364",
)


def database_settings(url: str, *, durable: bool, pool_size: int) -> dict[str, Any]:
    """Return the settings of the one database."""
    config: dict[str, Any] = dict(environ.Env.db_url_config(url))
    if config["ENGINE"] == "django.db.backends.sqlite3":
        return _sqlite(config, durable=durable)
    if config["ENGINE"] == "django.db.backends.postgresql":
        return _postgresql(config, pool_size=pool_size)
    return config


def _sqlite(config: dict[str, Any], *, durable: bool) -> dict[str, Any]:
    name = config["NAME"]
    if name != ":memory:":
        Path(name).parent.mkdir(parents=True, exist_ok=True)
    pragmas = "; ".join(SQLITE_PRAGMAS).format(synchronous="FULL" if durable else "NORMAL")
    options = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": f"PRAGMA {pragmas.replace('; ', '; PRAGMA ')};",
    }
    return {
        **config,
        "ATOMIC_REQUESTS": False,
        # Opening the file and setting its pragmas anew costs as much as the rest of a participant's request.
        "CONN_MAX_AGE": None,
        "OPTIONS": {**config.get("OPTIONS", {}), **options},
    }


def _postgresql(config: dict[str, Any], *, pool_size: int) -> dict[str, Any]:
    options: dict[str, Any] = {**config.get("OPTIONS", {})}
    options.setdefault("connect_timeout", 5)
    options.setdefault("application_name", "assay")
    options.setdefault("prepare_threshold", 2)  # for the few statements that are sent with values apart
    if pool_size:
        options["pool"] = {"min_size": 1, "max_size": pool_size, "timeout": 10}
        return {**config, "ATOMIC_REQUESTS": False, "CONN_MAX_AGE": 0, "OPTIONS": options}
    return {
        **config,
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 60,
        # A question before every request costs a tenth of it. After a restart of the database each thread's first
        # request fails and is sent again by the page; its connection is new then.
        "CONN_HEALTH_CHECKS": False,
        "OPTIONS": options,
    }
