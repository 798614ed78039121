"""The installation of deploy/compose.yaml without containers: nginx with TLS, gunicorn, worker, PostgreSQL, Redis.

A simulated study goes through the whole of it; then its backup is restored elsewhere and compared table by table.
"""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import override_settings

from studies.design.selectors import version_current
from studies.rehearsal.policies import PolicyChoice
from studies.rehearsal.services import Rehearsal, rehearsal_run
from tests.servers.database import use_database
from tests.servers.production import PRODUCTION, Production
from tests.servers.tables import table_contents, triggers

pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.heavy]
STUDY = "fna-explanations"
PEOPLE = 12
POLICIES = ("follow", "by_confidence", "explanation_helped:detects=0.8", "random:attention=1", "never_follow")
REPORT_TAKES_S = 60
TOKEN = "q7Zr1mH0vYx3kLp9tB2nC5dF8gJ4sW6aE1uI0oR7yT"


@pytest.fixture(scope="module")
def production(
    postgres_server, migrated_postgres, redis_server, collected_static, tmp_path_factory
) -> Iterator[Production]:
    name = postgres_server.create_database(template=migrated_postgres)
    installation = Production(
        folder=Path(tmp_path_factory.mktemp("production")),
        static=collected_static,
        database_url=postgres_server.url(name),
        redis_url=redis_server.url,
    )
    try:
        yield installation.start()
    finally:
        installation.close()
        postgres_server.drop_database(name)


def test_everything_is_well(production: Production) -> None:
    with production.client() as client:
        report = client.get("/health/").json()
    assert (report["status"], report["database"], report["broker"]) == ("ok", "ok", "ok")
    assert production.worker_answers()


def test_staff_meet_the_sign_in_page_over_https_with_secure_cookies(production: Production) -> None:
    with production.client() as client:
        answer = client.get("/admin/login/")
    assert answer.status_code == 200
    assert "max-age=31536000" in answer.headers["strict-transport-security"]
    assert all("Secure" in cookie for cookie in answer.headers.get_list("set-cookie"))


def test_plain_http_is_sent_to_https(production: Production) -> None:
    answer = httpx.get(f"http://localhost:{production.nginx.http_port}/s/a-study/", trust_env=False)
    assert answer.status_code == 301
    assert answer.headers["location"].startswith("https://")


def test_static_files_carry_their_digest_and_are_kept_for_ever(production: Production) -> None:
    with production.client() as client:
        name = client.get("/").text.split('rel="stylesheet" href="')[1].split('"')[0]
        answer = client.get(name)
    assert name != "/static/deploy/page.css"
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]


def test_a_host_name_that_is_not_ours_is_refused(production: Production) -> None:
    with production.client() as client:
        assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
        assert client.get("/", headers={"X-Forwarded-Host": "evil.example"}).status_code == 200


def test_no_log_holds_a_token_or_an_address(production: Production) -> None:
    with production.client() as client:
        client.get(f"/s/a-study/{TOKEN}/")
        client.get("/s/a-study/", params={"token": TOKEN})
    access = production.nginx.access_log.read_text()
    assert "/s/a-study/" in access
    for log in (access, production.nginx.log.read_text(), production.live.log_text()):
        assert TOKEN not in log
        assert "GET /s/a-study/?" not in log
    assert "127.0.0.1" not in access


def test_numbers_stay_inside(production: Production) -> None:
    with production.client() as client:
        assert client.get("/metrics").status_code == 404


def test_while_the_web_service_is_away_people_are_told_to_reload(production: Production) -> None:
    production.live.kill()
    production.live.listener.close()
    try:
        with production.client() as client:
            answer = client.get("/s/a-study/")
    finally:
        production.live.listen()
        production.live.start()
    assert answer.status_code == 503
    assert "Your last answer is safe" in answer.text
    with production.client() as client:
        assert client.get("/health/live/").status_code == 200


@dataclass(frozen=True)
class Finished:
    """A small demo study that is over: how its people fared, and the report that the worker made."""

    rehearsal: Rehearsal
    report: dict[str, Any]


@pytest.fixture(scope="module")
def finished(production: Production, django_db_blocker) -> Finished:
    password = production.python("-m", "tests.deploy.small_study").splitlines()[-1]
    in_here = override_settings(SECRET_KEY=PRODUCTION["SECRET_KEY"])
    with in_here, use_database(production.database_url, blocker=django_db_blocker):
        version = version_current(STUDY)
        assert version
        with production.nginx.transport() as transport:
            rehearsal = rehearsal_run(
                version=version,
                base_url=production.url,
                count=PEOPLE,
                policies=[PolicyChoice.parse(text) for text in POLICIES],
                transport=transport,
            )
    with production.client(follow_redirects=True, timeout=30) as client:
        press(client, "/admin/login/", username="demo", password=password, next="/admin/")
        report = press(
            client,
            f"/admin/export/exportedversion/{version.pk}/change/",
            to="export/",
            kind="simulated",
            report="1",
        )
        return Finished(rehearsal, json.loads(report_file(client, page=str(report.url))))


def press(client: httpx.Client, page: str, *, to: str = "", **fields: str) -> httpx.Response:
    """Open a page of the admin and send its form, as a browser does over HTTPS."""
    form = client.get(page)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
    assert token, form.text
    target = form.url.join(f"../{to}") if to else form.url
    body = {**fields, "csrfmiddlewaretoken": token[1]}
    answer = client.post(target, data=body, headers={"Referer": str(form.url)})
    assert answer.status_code == 200, answer.text
    return answer


def report_file(client: httpx.Client, *, page: str) -> str:
    """Wait for the worker as the page of the report does, and fetch the report's numbers."""
    end = time.monotonic() + REPORT_TAKES_S
    while not (found := re.search(r'href="([^"]+/report\.json)"', text := client.get(page).text)):
        assert time.monotonic() < end, text
        time.sleep(0.2)
    return client.get(found[1]).text


@dataclass(frozen=True)
class Places:
    """The original's database, and where its backup was restored."""

    original: str
    restored: str
    said: str


@pytest.fixture(scope="module")
def places(production: Production, finished: Finished, postgres_server) -> Iterator[Places]:
    backup, elsewhere = production.folder / "backup", production.folder / "elsewhere"
    elsewhere.mkdir()
    name = postgres_server.create_database()
    there = {"DATABASE_URL": postgres_server.url(name), "ASSAY_VAR": str(elsewhere)}
    production.python("manage.py", "backup", str(backup))
    production.python("manage.py", "restore", str(backup), **there)
    said = production.python("manage.py", "store_verify", **there)
    yield Places(production.database_url, postgres_server.url(name), said)
    postgres_server.drop_database(name)


def test_simulated_people_go_through_the_whole_of_it(production: Production, finished: Finished) -> None:
    assert len(finished.rehearsal.lives) == PEOPLE
    kinds = "SELECT count(*) FROM enrolment_participant WHERE is_simulated AND state = 'completed'"
    assert production.live.rows(kinds) == [(finished.rehearsal.ends["done"],)]
    assert finished.rehearsal.ends["done"] >= PEOPLE // 2


def test_the_worker_made_what_they_saw(production: Production, finished: Finished) -> None:
    made = production.live.rows("SELECT DISTINCT kind, state FROM explainers_job ORDER BY kind")
    assert {("explain", "done"), ("predict", "done"), ("render", "done")} <= set(made)
    assert {state for _kind, state in made} == {"done"}
    seen = production.live.rows("SELECT item, count(*) FROM trials_presenteditem GROUP BY item")
    assert dict(seen).get("explanation", 0) > 0


def test_the_report_counts_the_people_of_the_database(production: Production, finished: Finished) -> None:
    allocated = production.live.rows(
        "SELECT s.condition, count(*) FROM enrolment_assignment a JOIN design_allocationslot s"
        " ON s.id = a.slot_id GROUP BY s.condition"
    )
    accuracy = next(found for found in finished.report["measures"] if found["measure"] == "accuracy")
    counted = {found["condition"]: found["n"] + found["n_undefined"] for found in accuracy["conditions"]}
    assert finished.report["simulated"] is True
    assert counted == dict(allocated)


def test_every_table_of_the_restored_database_is_that_of_the_original(places: Places) -> None:
    original, restored = table_contents(places.original), table_contents(places.restored)
    assert restored == original
    rows = {table: count for table, (count, _) in original.items()}
    assert rows["enrolment_participant"] == PEOPLE
    assert rows["trials_trialresponse"] > PEOPLE
    assert rows["analysis_report"] == rows["analysis_dataset"] == 1


def test_the_comparison_sees_one_changed_value(places: Places, postgres_server) -> None:
    before = table_contents(places.restored)
    change = "UPDATE auth_user SET first_name = 'x' WHERE username = 'demo'"
    postgres_server.execute(change, database=places.restored.rpartition("/")[2])
    after = table_contents(places.restored)
    postgres_server.execute(change.replace("'x'", "''"), database=places.restored.rpartition("/")[2])
    assert {table for table in after if after[table] != before[table]} == {"auth_user"}
    assert table_contents(places.restored) == before


def test_what_may_never_be_changed_is_guarded_there_too(places: Places) -> None:
    assert triggers(places.original)
    assert triggers(places.restored) == triggers(places.original)


def test_every_artefact_of_the_restored_store_is_whole(production: Production, places: Places) -> None:
    named = "SELECT weights_digest FROM explainers_predictor UNION SELECT artefact_digest FROM explainers_explanation"
    digests = production.live.rows(f"{named} UNION SELECT digest FROM explainers_rendering")
    assert f"{len(digests)} artefacts are whole" in places.said
