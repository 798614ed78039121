"""The real application: gunicorn as a process of its own, DEBUG off, on a database of its own."""

import errno
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.servers.processes import ServerFailed, stop_group, tail, wait_until

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "deploy.settings",
    "ASSAY_LAPTOP": "1",
    "DEBUG": "0",
    "SECRET_KEY": "a key for tests only, never for people: 0123456789abcdefghij",
    "LOG_LEVEL": "WARNING",
    "WEB_CONCURRENCY": "1",
    "WEB_THREADS": "4",
}
LEFT_BEHIND = (
    "DJANGO_ALLOW_ASYNC_UNSAFE",
    "PYTEST_CURRENT_TEST",
    "DATABASE_URL",
    "REDIS_URL",
    "ASSAY_VAR",
    "ASSAY_STORE",
)


def environment(**settings: str) -> dict[str, str]:
    """Return the environment of a process of the application, independent of the one of the tests."""
    own = {key: value for key, value in os.environ.items() if key not in LEFT_BEHIND}
    return {**own, **ENVIRONMENT, **settings}


def manage(*arguments: str, env: dict[str, str], timeout_s: float = 120) -> str:
    """Run one management command in a process of its own and return what it printed."""
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=env, timeout=timeout_s)
    if done.returncode:
        raise ServerFailed(
            f"manage.py {' '.join(arguments)} ended with status {done.returncode}:\n{done.stdout}{done.stderr}"
        )
    return done.stdout


class LiveAssay:
    """The application under gunicorn. `url` has no slash at its end; `kill` and `start` are for tests of faults."""

    def __init__(self, *, database_url: str, var: Path, static: Path, **settings: str) -> None:
        self.database_url = database_url
        self.var = var
        self.log = var / "web.log"
        places = {"DATABASE_URL": database_url, "ASSAY_VAR": str(var), "STATIC_ROOT": str(static)}
        self.env = environment(**places, **settings)
        self.accepted_host = settings.get("ALLOWED_HOSTS", "127.0.0.1").split(",")[0]
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.listen()
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"

    def listen(self) -> None:
        """Open the listening socket: one for the whole life, so that the address stays after a crash and a restart."""
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._bind()
        self.listener.listen(1024)
        self.port = self.listener.getsockname()[1]

    def _bind(self) -> None:
        # A worker that was killed a moment ago may still hold the old socket.
        end = time.monotonic() + 10
        while True:
            try:
                return self.listener.bind(("127.0.0.1", self.port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE or time.monotonic() > end:
                    raise
            time.sleep(0.02)

    def start(self) -> "LiveAssay":
        number = self.listener.fileno()
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "-c",
            str(ROOT / "deploy/web_server.py"),
            "deploy.wsgi:application",
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--bind", f"fd://{number}"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=ROOT,
                env=self.env,
                pass_fds=[number],
            )
        wait_until(self._answers, what="The application", timeout_s=60, log=self.log, process=self.process)
        return self

    def stop(self) -> None:
        """Stop as an operator does: requests in flight are finished."""
        if self.process:
            stop_group(self.process)
            self.process = None

    def kill(self) -> None:
        """Kill the whole service at once, as a power switch does."""
        if self.process:
            stop_group(self.process, sign=signal.SIGKILL)
            self.process = None

    def close(self) -> None:
        self.stop()
        self.listener.close()
        shutil.rmtree(self.var, ignore_errors=True)

    def manage(self, *arguments: str) -> str:
        """Run a management command on this installation."""
        return manage(*arguments, env=self.env)

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Read the database without Django: placeholders are %s on both engines."""
        if self.database_url.startswith("sqlite"):
            connection = sqlite3.connect(self.database_url.removeprefix("sqlite:///"), timeout=20)
            try:
                return connection.execute(statement.replace("%s", "?"), parameters).fetchall()
            finally:
                connection.close()
        with psycopg.connect(self.database_url) as session:
            return session.execute(statement, parameters).fetchall()  # type: ignore[arg-type]

    def log_text(self) -> str:
        return tail(self.log, size=1_000_000)

    def _answers(self) -> bool:
        try:
            return httpx.get(
                f"{self.url}/health/", headers={"Host": self.accepted_host}, timeout=5, trust_env=False
            ).status_code in {200, 503}
        except httpx.HTTPError:
            return False
