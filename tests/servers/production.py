"""An installation as in production, on loopback: nginx with TLS, gunicorn, worker, sweeper, PostgreSQL, Redis."""

import re
import shutil
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Self

import httpx

from tests.servers.assay import ROOT, LiveAssay
from tests.servers.processes import ServerFailed, free_port, stop_group, tail, wait_until

PRODUCTION = {
    "ASSAY_LAPTOP": "0",
    "ALLOWED_HOSTS": "localhost",
    "SECRET_KEY": "a key for the production-like test only: 0123456789",
    "TRUSTED_PROXIES": "1",
    "WEB_CONCURRENCY": "2",
}


def find_nginx() -> str:
    """Return nginx: on PATH, where Debian puts it, or where `make test` unpacked it."""
    for name in ("nginx", "/usr/sbin/nginx", str(ROOT / ".venv/nginx/usr/sbin/nginx")):
        if found := shutil.which(name):
            return found
    raise ServerFailed("No nginx was found: run `make test`, or apt-get install nginx-light (as root).")


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
        trust = ssl.create_default_context(cafile=str(self.certificate))
        return httpx.Client(base_url=self.url, verify=trust, trust_env=False, **options)  # type: ignore[arg-type]

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
        celery = [
            "-m",
            "celery",
            "--app",
            "deploy.celery",
            "worker",
            "--queues",
            "cpu,analysis",
            "--concurrency",
            "1",
        ]
        self._spawn("worker", [*celery, "--hostname", f"production-{free_port()}@test"])
        self._spawn("sweeper", ["manage.py", "sweep"])
        self.live.start()
        self.nginx.start()
        return self

    def client(self, **options: object) -> httpx.Client:
        return self.nginx.client(**options)

    def worker_answers(self) -> bool:
        code = "from deploy.celery import app; print(len(app.control.ping(timeout=5)))"
        done = subprocess.run(
            [sys.executable, "-c", code], env=self.live.env, cwd=ROOT, capture_output=True, text=True
        )
        return done.stdout.strip() == "1"

    def close(self) -> None:
        self.nginx.stop()
        for process in reversed(self.others):
            stop_group(process)
        self.live.close()

    def log_of(self, name: str) -> str:
        return tail(self.folder / f"{name}.log", size=1_000_000)

    def _spawn(self, name: str, arguments: list[str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            command = [sys.executable, *arguments]
            options = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "start_new_session": True}
            self.others.append(subprocess.Popen(command, cwd=ROOT, env=self.live.env, **options))  # type: ignore[call-overload]
