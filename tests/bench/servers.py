"""The two applications on the same server, workers and database engine, and what their processes cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deploy.databases import database_settings
from tests.servers.assay import ROOT, LiveAssay, environment, manage
from tests.servers.postgres import PostgresServer
from tests.servers.processes import free_port, stop_group, wait_until

WORKERS = {"WEB_CONCURRENCY": "2", "WEB_THREADS": "4"}
# The lines of deploy/web_server.py that cost or save time; the file itself also checks that Assay may start.
SAME_SERVER = (
    *("--worker-class", "gthread", "--workers", "2", "--threads", "4", "--keep-alive", "5"),
    *("--worker-tmp-dir", "/dev/shm", "--no-control-socket"),
)
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass
class Running:
    """One application under gunicorn."""

    host: str
    port: int
    pid: int

    def cpu_s(self) -> float:
        """Return user and system seconds of gunicorn and its workers so far."""
        out = subprocess.run(
            ["pgrep", "-g", str(self.pid)], capture_output=True, text=True, check=True
        ).stdout
        return sum(_cpu_ticks(int(pid)) for pid in out.split()) / TICKS_PER_S


def _cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@contextmanager
def databases(engine: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the address of one empty database for each application."""
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'assay.sqlite3'}", f"sqlite:///{folder / 'yardstick.sqlite3'}"
        return
    server = PostgresServer(durable=True)
    try:
        server.start()
        yield server.url(server.create_database()), server.url(server.create_database())
    finally:
        server.close()


@contextmanager
def assay(url: str, folder: Path, *, trials: int, slots: int) -> Iterator[Running]:
    """Yield Assay with an open study."""
    static = folder / "static"
    var = folder / "var"
    var.mkdir(parents=True, exist_ok=True)
    places = {"DATABASE_URL": url, "ASSAY_VAR": str(var), "STATIC_ROOT": str(static)}
    manage("migrate", "--verbosity=0", env=environment(**places))
    manage("collectstatic", "--noinput", "--verbosity=0", env=environment(**places))
    command = [sys.executable, "-m", "tests.bench.study", str(trials), str(slots)]
    subprocess.run(command, cwd=ROOT, env=environment(**places), check=True)
    live = LiveAssay(database_url=url, var=var, static=static, **WORKERS)
    try:
        live.start()
        assert live.process is not None
        parts = urlsplit(live.url)
        yield Running(str(parts.hostname), int(parts.port or 0), live.process.pid)
    finally:
        live.close()


@contextmanager
def yardstick(url: str, folder: Path) -> Iterator[Running]:
    """Yield the minimal view."""
    settings: dict[str, Any] = database_settings(url, durable=False, pool_size=0)
    env = environment(BENCH_DATABASE=json.dumps(settings, default=str), **WORKERS)
    env.pop("DJANGO_SETTINGS_MODULE")
    subprocess.run([sys.executable, "-m", "tests.bench.minimal"], cwd=ROOT, env=env, check=True)
    port = free_port()
    with (folder / "yardstick.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *SAME_SERVER, "tests.bench.minimal:application"],
            cwd=ROOT,
            env={**env, "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{port}"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_until(
            lambda: _answers(port),
            what="The yardstick",
            timeout_s=30,
            log=folder / "yardstick.log",
            process=process,
        )
        yield Running("127.0.0.1", port, process.pid)
    finally:
        stop_group(process)


def _answers(port: int) -> bool:
    import httpx

    try:
        return httpx.get(f"http://127.0.0.1:{port}/ready", timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
