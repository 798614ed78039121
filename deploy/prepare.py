"""Brings database and static files of a laptop up to date; does nothing, quickly, when they are."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def prepare_database() -> bool:
    """Apply the migrations that are missing; return whether there were any."""
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    call_command("migrate", interactive=False, verbosity=0)
    return True


def prepare_static_files() -> bool:
    """Collect static files when one of them changed; return whether one had."""
    stamp = Path(settings.STATIC_ROOT) / "sources.sha256"
    now = _state_of_sources()
    if stamp.is_file() and stamp.read_text(encoding="ascii") == now:
        return False
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(now, encoding="ascii")
    return True


def _state_of_sources() -> str:
    state = hashlib.sha256(settings.VERSION.encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            file = Path(storage.path(name)).stat()
            state.update(f"{name}\0{file.st_size}\0{file.st_mtime_ns}\n".encode())
    return state.hexdigest()
