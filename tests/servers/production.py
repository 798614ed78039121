"""An installation as in production, on loopback: nginx with TLS, gunicorn, worker, sweeper, PostgreSQL, Redis."""

import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import httpx

from tests.servers.assay import ROOT, LiveAssay
from tests.servers.processes import ServerFailed, free_port, stop_group, tail, wait_until
from tests.servers.programs import start_program, start_worker

PRODUCTION = {
    "ASSAY_LAPTOP": "0",
    "ALLOWED_HOSTS": "localhost",
    "SECRET_KEY": "a key for the production-like test only: 0123456789",
    "TRUSTED_PROXIES": "1",
    "WEB_CONCURRENCY": "2",
}

# A ping that is sent before the worker listens is lost, so there are several.
PING = """
from deploy.celery import app
print(any(app.control.broadcast("ping", reply=True, timeout=2, limit=1) for _ in range(20)))
"""


def find_nginx() -> str:
    """Return nginx: on PATH, where Debian puts it, or where `make test` unpacked it."""
    for name in ("nginx", "/usr/sbin/nginx", str(ROOT / ".venv/nginx/usr/sbin/nginx")):
        if found := shutil.which(name):
            return found
    raise ServerFailed("No nginx was found: run `make test`, or apt-get install nginx-light (as root).")


class SharedTransport(httpx.BaseTransport):
    """A transport that stays open when one of its clients is closed."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.inner.handle_request(request)


class Nginx:
    """Our own deploy/nginx.conf with its addresses and files replaced by those of the test, and nothing else."""

    def __init__(self, *, folder: Path, upstream: str) -> None:
        self.folder = folder
        self.log, self.access_log = folder / "nginx.log", folder / "access.log"
        self.http_port, self.https_port = free_port(), free_port()
        self.url = f"https://localhost:{self.https_port}"
        self.certificate = folder / "tls" / "fullchain.pem"
        self.upstream = upstream
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        self._make_certificate()
        config = self.folder / "nginx.conf"
        config.write_text(self._config())
        command = [
            find_nginx(),
            "-p",
            str(self.folder),
            "-e",
            str(self.log),
            "-c",
            str(config),
            "-g",
            "daemon off;",
        ]
        tested = subprocess.run([*command[:-2], "-t"], capture_output=True, text=True)
        if tested.returncode:
            raise ServerFailed(f"nginx does not accept deploy/nginx.conf: {tested.stderr}")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        wait_until(self._answers, what="nginx", timeout_s=15, log=self.log, process=self.process)
        return self

    def client(self, **options: object) -> httpx.Client:
        return httpx.Client(base_url=self.url, verify=self._trust(), trust_env=False, **options)  # type: ignore[arg-type]

    @contextmanager
    def transport(self) -> Iterator[httpx.BaseTransport]:
        """Give a way to the proxy that several clients may share."""
        inner = httpx.HTTPTransport(verify=self._trust(), trust_env=False)
        try:
            yield SharedTransport(inner)
        finally:
            inner.close()

    def stop(self) -> None:
        if self.process:
            stop_group(self.process)
            self.process = None

    def _config(self) -> str:
        text = re.sub(r"(?<= )/tmp/", f"{self.folder}/", (ROOT / "deploy" / "nginx.conf").read_text())
        for old, new in {
            "server web:8000": f"server {self.upstream}",
            "listen 8080": f"listen 127.0.0.1:{self.http_port}",
            "listen 8443": f"listen 127.0.0.1:{self.https_port}",
            "/etc/nginx/tls": str(self.folder / "tls"),
            "access_log /dev/stdout": f"access_log {self.access_log}",
            "error_log /dev/stderr": f"error_log {self.log}",
        }.items():
            if old not in text:
                raise ServerFailed(
                    f"deploy/nginx.conf no longer says {old!r}; correct tests/servers/production.py."
                )
            text = text.replace(old, new)
        # Without this nginx drops to the account "nobody" when root starts it, which may not read pytest's folders.
        return f"user root;\n{text}" if self.folder.stat().st_uid == 0 else text

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate))

    def _make_certificate(self) -> None:
        openssl = shutil.which("openssl")
        if openssl is None:
            raise ServerFailed(
                "No openssl was found for the test's certificate: apt-get install openssl (as root)."
            )
        (self.folder / "tls").mkdir()
        names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        files = ["-keyout", str(self.folder / "tls" / "privkey.pem"), "-out", str(self.certificate)]
        command = [
            openssl,
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ]
        subprocess.run([*command, *names, *files], check=True, capture_output=True)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return client.get("/proxy-health").status_code == 204
        except httpx.HTTPError:
            return False


class Production:
    """The whole installation; `client()` speaks to the proxy as a browser does, `live` is the web service behind it."""

    def __init__(self, *, folder: Path, static: Path, database_url: str, redis_url: str) -> None:
        self.folder, self.database_url, self.redis_url = folder, database_url, redis_url
        (folder / "var").mkdir()
        settings = {**PRODUCTION, "REDIS_URL": redis_url}
        self.live = LiveAssay(database_url=database_url, var=folder / "var", static=static, **settings)
        self.nginx = Nginx(folder=folder, upstream=self.live.host)
        self.url = self.nginx.url
        self.others: list[subprocess.Popen[bytes]] = []

    def start(self) -> Self:
        log, env = self.folder / "worker.log", self.live.env
        self.others.append(start_worker(queues="cpu,render,analysis", env=env, log=log))
        self.others.append(start_program("manage.py", "sweep", env=env, log=self.folder / "sweeper.log"))
        self.live.start()
        self.nginx.start()
        return self

    def client(self, **options: object) -> httpx.Client:
        return self.nginx.client(**options)

    def worker_answers(self) -> bool:
        """Tell whether a worker is there, once it has had its time to start."""
        return self.python("-c", PING).strip() == "True"

    def python(self, *arguments: str, timeout_s: float = 120, **settings: str) -> str:
        """Run a program of ours in this installation, or with other places, and return what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            env={**self.live.env, **settings},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        if done.returncode:
            raise ServerFailed(
                f"{' '.join(arguments)} ended with status {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return done.stdout

    def close(self) -> None:
        self.nginx.stop()
        for process in reversed(self.others):
            stop_group(process)
        self.live.close()

    def log_of(self, name: str) -> str:
        return tail(self.folder / f"{name}.log", size=1_000_000)
