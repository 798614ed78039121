"""Everything that Assay needs on one machine, started and watched together: broker, worker, sweeper, web."""

import contextlib
import fcntl
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import redis
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from deploy.broker import find_server_binary, private_server_command
from deploy.children import Child, Program, end_leftover

READY_WITHIN_S = 60.0
LOOK_EVERY_S = 0.2
NAMES = ("broker", "worker", "sweeper", "web")


class LocalServicesFailed(RuntimeError):
    """A service did not come up; the message holds its last words."""


class LocalServices:
    """The services of a laptop, as a context manager.

    Inside the `with` block all of them are ready and restarted when they die; afterwards none is left. Data are never
    deleted: the database, the store and the broker's log stay in `settings.ASSAY_VAR`. SIGTERM ends the block as Ctrl-C
    does. `say` is called with one line for every step.
    """

    def __init__(
        self,
        *,
        port: int = 8000,
        web_workers: int = 2,
        tasks_at_once: int = 1,
        say: Callable[[str], None] = print,
    ) -> None:
        self.var = Path(settings.ASSAY_VAR)
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.web_workers = web_workers
        self.tasks_at_once = tasks_at_once
        self.say = say
        self.children: list[Child] = []
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="assay-watcher", daemon=True)
        self._exits = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as exits:
            exits.enter_context(_one_supervisor(self.var / "local.lock"))
            exits.enter_context(_sigterm_ends_the_block())
            exits.callback(self.stop)
            for name in reversed(NAMES):
                if end_leftover(self.var / "run" / f"{name}.pid"):
                    self.say(f"Ended a leftover {name} of an earlier run.")
            _refuse_taken_port(self.port)
            for program in self._broker():
                self._wait_for(self._start(program))
            for child in [self._start(program) for program in self._workers()]:
                self._wait_for(child)
            self._watcher.start()
            self._exits = exits.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.close()

    def _broker(self) -> Iterator[Program]:
        if settings.REDIS_URL == settings.ASSAY_EMBEDDED_REDIS_URL:
            folder = self.var / "valkey"
            folder.mkdir(parents=True, exist_ok=True)
            binary = find_server_binary(settings.VALKEY_SERVER)
            address = Path(settings.REDIS_URL.removeprefix("unix://"))
            yield Program(
                "broker", private_server_command(binary=binary, socket=address, folder=folder), broker_ready
            )

    def _workers(self) -> Iterator[Program]:
        python, manage = sys.executable, str(settings.ROOT / "manage.py")
        celery = (
            "-m",
            "celery",
            "--app",
            "deploy.celery",
            "worker",
            "--hostname",
            f"assay-{os.getpid()}@local",
        )
        options = (
            "--queues",
            ",".join(settings.ASSAY_QUEUES),
            "--concurrency",
            str(self.tasks_at_once),
            "--without-mingle",
        )
        yield Program("worker", (python, *celery, *options), self._worker_ready)
        yield Program("sweeper", (python, manage, "sweep"), _always)
        yield Program(
            "web",
            (python, "-m", "gunicorn", "--config", "python:deploy.web_server", "deploy.wsgi:application"),
            self._web_ready,
        )

    def environment(self) -> dict[str, str]:
        """Return the environment of the services."""
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "deploy.settings",
            "ASSAY_LAPTOP": "1",
            "ASSAY_VAR": str(self.var),
            "BIND": f"127.0.0.1:{self.port}",
            "WEB_CONCURRENCY": str(self.web_workers),
            "PYTHONUNBUFFERED": "1",
        }

    def stop(self) -> None:
        """Stop all services, the last one first."""
        self._over.set()
        with _signals_wait():
            if self._watcher.is_alive():
                self._watcher.join()
            for child in reversed(self.children):
                child.stop()

    def _start(self, program: Program) -> Child:
        child = Child(
            program=program,
            environment=self.environment(),
            folder=settings.ROOT,
            log=self.var / "log" / f"{program.name}.log",
            pid_file=self.var / "run" / f"{program.name}.pid",
        )
        self.children.append(child)
        child.start()
        return child

    def _wait_for(self, child: Child) -> None:
        name = child.program.name
        while not child.program.ready():
            if child.is_dead():
                raise LocalServicesFailed(
                    f"The {name} ended while starting. Its last words:\n{child.last_words()}"
                )
            if child.age_s() > READY_WITHIN_S:
                raise LocalServicesFailed(
                    f"The {name} is not ready after {READY_WITHIN_S:.0f} s:\n{child.last_words()}"
                )
            time.sleep(LOOK_EVERY_S / 4)
        self.say(f"The {name} is ready ({child.age_s():.1f} s).")

    def _watch(self) -> None:
        while not self._over.wait(LOOK_EVERY_S):
            for child in self.children:
                if child.is_dead() and not self._over.wait(child.pause_s()):
                    child.restarts += 1
                    self.say(f"The {child.program.name} died and is started again; see {child.log}.")
                    child.start()

    def _worker_ready(self) -> bool:
        from deploy.celery import app

        return bool(app.control.ping(destination=[f"assay-{os.getpid()}@local"], timeout=0.5))

    def _web_ready(self) -> bool:
        return web_answers(f"{self.url}/health/live/")


def web_answers(url: str) -> bool:
    """Tell whether a web server answers at all."""
    try:
        with urlopen(url, timeout=5):  # noqa: S310 - always our own http address
            return True
    except HTTPError as answer:
        answer.close()
        return True
    except (URLError, OSError):
        return False


def broker_ready() -> bool:
    """Tell whether the broker answers."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _always() -> bool:
    return True


@contextlib.contextmanager
def _one_supervisor(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ImproperlyConfigured(
                f"Assay already runs on {lock.parent}. Stop it first, or set ASSAY_VAR to another folder."
            ) from None
        yield


@contextlib.contextmanager
def _sigterm_ends_the_block() -> Iterator[None]:
    def leave(number: int, frame: FrameType | None) -> Any:
        raise SystemExit(128 + number)

    with _handling({signal.SIGTERM: leave}):
        yield


def _signals_wait() -> contextlib.AbstractContextManager[None]:
    # A second signal (an impatient Ctrl-C, a `timeout` that also signals the group) must not leave services behind.
    return _handling({signal.SIGTERM: signal.SIG_IGN, signal.SIGINT: signal.SIG_IGN})


@contextlib.contextmanager
def _handling(handlers: dict[signal.Signals, Any]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise ImproperlyConfigured(
                f"Port {port} is in use. Choose another one: --port {port + 1}."
            ) from None
