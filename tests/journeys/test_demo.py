"""`make demo`, end to end in a folder of its own: it works, its links answer, its report holds real numbers."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import httpx
import pytest

from studies.rehearsal.reader import read_page
from tests.servers.assay import ROOT
from tests.servers.processes import free_port

PEOPLE = 8
pytestmark = pytest.mark.heavy


def command(var: Path, *arguments: str) -> tuple[list[str], dict[str, str]]:
    own = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "REDIS_URL", "ASSAY_LAPTOP"}
    }
    words = [sys.executable, str(ROOT / "manage.py"), "demo", "--participants", str(PEOPLE), *arguments]
    return words, {**own, "ASSAY_VAR": str(var)}


@dataclass
class Demo:
    """A demo that ran once and was started again: what the first run said, and the second one, which stays up."""

    var: Path
    first: str
    said: str
    second_took_s: float

    def link(self, name: str) -> str:
        found = re.search(rf"^{name}: +(\S+)", self.said, flags=re.MULTILINE)
        assert found, self.said
        return found[1]

    @contextmanager
    def signed_in(self) -> Iterator[httpx.Client]:
        found = re.search(r"user (\S+), password of this start: (\S+)\)", self.said)
        assert found, self.said
        with httpx.Client(trust_env=False, follow_redirects=True) as client:
            form = client.get(self.link("Admin"))
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
            assert token
            body = {"username": found[1], "password": found[2], "csrfmiddlewaretoken": token[1]}
            reply = client.post(form.url, data=body, headers={"Referer": str(form.url)})
            assert reply.status_code == 200
            yield client


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    var = tmp_path_factory.mktemp("demo")
    words, env = command(var, "--port", str(free_port()), "--exit")
    first = subprocess.run(words, env=env, cwd=ROOT, capture_output=True, text=True, timeout=400)
    assert first.returncode == 0, first.stdout + first.stderr
    words, env = command(var, "--port", str(free_port()))
    began = time.monotonic()
    with subprocess.Popen(words, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("The server stays up"):
                break
        try:
            yield Demo(var, first.stdout, said, time.monotonic() - began)
        finally:
            process.terminate()
            process.wait(timeout=60)


def report(demo: Demo) -> dict[str, object]:
    found = next((demo.var / "demo" / "reports").glob("*/report.json"))
    return dict(json.loads(found.read_text(encoding="utf-8")))


def test_progress_is_visible_in_every_step(demo: Demo) -> None:
    steps = {
        int(found) for found in re.findall(r"^\[ *[\d.]+ s\] +(\d+)/10 ", demo.first, flags=re.MULTILINE)
    }
    assert steps == set(range(1, 11)), demo.first
    assert re.search(r"made by the worker: \d+ of \d+", demo.first)


def test_the_link_to_take_part_opens_the_study(demo: Demo) -> None:
    reply = httpx.get(demo.link("Take part"), trust_env=False)
    assert reply.status_code == 200
    assert read_page(reply.text).kind == "welcome"


def test_the_printed_password_opens_the_admin_and_the_report(demo: Demo) -> None:
    with demo.signed_in() as client:
        assert "Studies to export" in client.get(demo.link("Admin")).text
        page = client.get(demo.link("Report"))
    assert page.status_code == 200
    assert "simulated" in page.text.lower()
    assert page.text == next((demo.var / "demo" / "reports").glob("*/report.html")).read_text(
        encoding="utf-8"
    )


def test_nobody_reads_the_report_without_signing_in(demo: Demo) -> None:
    assert httpx.get(demo.link("Report"), trust_env=False).status_code == 302


def test_the_report_says_what_the_table_says(demo: Demo) -> None:
    folder = next((demo.var / "demo" / "datasets").iterdir())
    with (folder / "trials.csv").open(encoding="utf-8") as handle:
        rows = [row for row in csv.DictReader(handle) if row["protocol"] == "judge_advisor"]
    counted = [row for row in rows if row["status"] == "answered" and row["is_practice"] == "false"]
    people: dict[str, dict[str, list[bool]]] = {}
    for row in counted:
        people.setdefault(row["condition"], {}).setdefault(row["participant_id"], []).append(
            row["correct"] == "true"
        )
    expected = {name: mean(mean(found) for found in group.values()) for name, group in people.items()}
    accuracy = next(found for found in report(demo)["measures"] if found["measure"] == "accuracy")
    for condition in accuracy["conditions"]:
        assert condition["value"] == pytest.approx(expected[condition["condition"]])


def test_a_second_run_redoes_nothing_and_renews_the_password(demo: Demo) -> None:
    assert f"{PEOPLE} there already" in demo.said
    assert "frozen at launch" in demo.said
    assert len(list((demo.var / "demo" / "datasets").iterdir())) == 1
    passwords = [re.findall(r"this start: (\S+)\)", said) for said in (demo.first, demo.said)]
    assert len(passwords[0]) == len(passwords[1]) == 1
    assert passwords[0] != passwords[1]


def test_a_second_run_starts_in_seconds(demo: Demo) -> None:
    assert demo.second_took_s < 40  # some 6 s on an idle machine


def test_a_folder_that_the_demo_did_not_make_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "assay.sqlite3").write_bytes(b"the answers of real people")
    words, env = command(tmp_path, "--exit")
    refused = subprocess.run(words, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert refused.returncode != 0
    assert "did not make, so it is left alone" in refused.stderr
    assert [file.read_bytes() for file in (tmp_path / "demo").iterdir()] == [b"the answers of real people"]
