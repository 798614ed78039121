"""`runlocal`: everything on one machine, put back up when it dies, and nothing left behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.servers.assay import ROOT, environment
from tests.servers.processes import free_port

pytestmark = pytest.mark.redis
SERVICES = ("broker", "worker", "sweeper", "web")


def eventually(what: Callable[[], bool], *, within_s: float = 90) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.1)
    return False


def is_well(url: str) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        answer = httpx.get(f"{url}/health/", timeout=5)
        return answer.status_code == 200 and answer.json()["broker"] == "ok"
    return False


def lives(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Laptop:
    def __init__(self, var: Path, static: Path, template: Path) -> None:
        self.var, self.port = var, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        places = {"ASSAY_VAR": str(var), "STATIC_ROOT": str(static), "DATABASE_URL": f"sqlite:///{template}"}
        self.env = environment(**places, PYTHONUNBUFFERED="1")
        self.said = var / "said.txt"
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", "runlocal", "--port", str(self.port), "--web-workers", "1"]
        with self.said.open("ab") as said:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=said, stderr=said)
        return self.process

    def numbers(self) -> dict[str, int]:
        return {name: json.loads((self.var / "run" / f"{name}.pid").read_text())["pid"] for name in SERVICES}

    def runs(self) -> bool:
        return "Assay runs at" in self.said.read_text() and is_well(self.url)


@pytest.fixture
def laptop(tmp_path, collected_static, migrated_sqlite, sqlite_url) -> Iterator[Laptop]:
    (tmp_path / "var").mkdir()
    laptop = Laptop(tmp_path / "var", collected_static, Path(sqlite_url.removeprefix("sqlite:///")))
    try:
        assert eventually(laptop.runs), laptop.said.read_text()
        yield laptop
    finally:
        laptop.process.terminate()
        laptop.process.wait(timeout=60)


def test_what_dies_is_started_again_and_a_signal_ends_all_of_it(laptop: Laptop) -> None:
    before = laptop.numbers()
    for name in ("broker", "web"):
        os.killpg(before[name], signal.SIGKILL)
    assert eventually(lambda: is_well(laptop.url) and laptop.numbers()["broker"] != before["broker"])
    last = laptop.numbers()
    laptop.process.send_signal(signal.SIGTERM)
    assert laptop.process.wait(timeout=60) == 128 + signal.SIGTERM
    assert [name for name, number in last.items() if lives(number)] == []


def test_after_the_supervisor_was_killed_the_next_start_clears_up_and_loses_nothing(laptop: Laptop) -> None:
    before = laptop.numbers()
    laptop.process.kill()
    laptop.process.wait()
    laptop.said.write_text("")
    laptop.start()
    assert eventually(laptop.runs), laptop.said.read_text()
    assert [name for name, number in before.items() if lives(number)] == []
    assert (laptop.var / "valkey" / "appendonlydir").is_dir()


def test_a_second_one_on_the_same_folder_is_refused_in_words(laptop: Laptop) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "runlocal", "--port", str(free_port())],
        cwd=ROOT,
        env=laptop.env,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "already runs" in done.stderr
