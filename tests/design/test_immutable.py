"""A launched version cannot be changed by any way that leads to the database: the database itself refuses."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import serializers
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.db.models import F, ProtectedError
from django.test import override_settings

from studies.design.immutable import PREFIX, immutability_check, install_triggers, missing_triggers
from studies.design.models import (
    AllocationCounter,
    AllocationSlot,
    GroundTruth,
    PlannedTrial,
    ShownExplanation,
    StaffAction,
    Study,
    StudyText,
    StudyVersion,
)
from studies.design.selectors import version_spec
from studies.design.services import study_import, version_prepare
from tests.design.scene import SIDE_FILES, STUDY, finish_jobs, imported, launched
from tests.servers.database import use_database
from tests.servers.postgres import PostgresServer

DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
pytestmark = pytest.mark.parametrize("on_database", DATABASES, indirect=True)
Orm = Callable[[str], AbstractContextManager[None]]
REFUSED = (IntegrityError, ProtectedError)
DESIGN_TABLES = (StudyVersion, StudyText, PlannedTrial, AllocationSlot, AllocationCounter, ShownExplanation)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def launched_sqlite(
    migrated_sqlite: Path, store: Path, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any
) -> Path:
    file = Path(shutil.copy(migrated_sqlite, tmp_path_factory.mktemp("launched") / "launched.sqlite3"))
    with override_settings(ASSAY_STORE=store), use_database(f"sqlite:///{file}", blocker=django_db_blocker):
        launched()
    return file


@pytest.fixture(scope="module")
def launched_postgres(
    postgres_server: PostgresServer, migrated_postgres: str, store: Path, django_db_blocker: Any
) -> str:
    name = postgres_server.create_database(template=migrated_postgres)
    url = postgres_server.url(name)
    with override_settings(ASSAY_STORE=store), use_database(url, blocker=django_db_blocker):
        launched()
    return name


@pytest.fixture
def on_database(
    request: pytest.FixtureRequest, orm: Orm, store: Path, tmp_path: Path
) -> Iterator[StudyVersion]:
    """A launched version on a database of its own, with real commits."""
    made = request.getfixturevalue(f"launched_{request.param}")
    if request.param == "sqlite":
        url, drop = f"sqlite:///{shutil.copy(made, tmp_path / 'copy.sqlite3')}", None
    else:
        server = request.getfixturevalue("postgres_server")
        drop = server.create_database(template=made)
        url = server.url(drop)
    with override_settings(ASSAY_STORE=store), orm(url):
        yield StudyVersion.objects.get()
    if drop:
        server.drop_database(drop)


def content() -> str:
    rows = {model.__name__: list(model.objects.order_by("pk").values()) for model in DESIGN_TABLES}  # type: ignore[attr-defined]
    return json.dumps(rows, default=str, sort_keys=True)


def run_sql(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def by_save(version: StudyVersion) -> None:
    version.spec = {**version.spec, "title": "Another title"}
    version.save()


def by_save_of_one_field(version: StudyVersion) -> None:
    version.launched_at = None
    version.save(update_fields=["launched_at"])


def by_bulk_update(version: StudyVersion) -> None:
    version.plan_digest = "0" * 64
    StudyVersion.objects.bulk_update([version], ["plan_digest"])


def by_upsert(version: StudyVersion) -> None:
    StudyVersion.objects.bulk_create(
        [StudyVersion(pk=version.pk, study=version.study, number=1, spec={}, digest="x", plan_digest="x")],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["spec"],
    )


def by_replace(version: StudyVersion) -> None:
    # PostgreSQL has no REPLACE: there this is one more syntax error that changes nothing.
    try:
        run_sql(
            "INSERT OR REPLACE INTO design_studytext (id, version_id, name, markdown, html, digest) "
            "SELECT id, version_id, name, 'x', 'x', digest FROM design_studytext"
        )
    except Exception as error:
        raise IntegrityError(str(error)) from error


def by_fixture(version: StudyVersion) -> None:
    row = json.loads(_dumped(version))
    row[0]["fields"]["source"] = "another source"
    for found in serializers.deserialize("json", json.dumps(row)):
        found.save()


def _dumped(version: StudyVersion) -> str:
    out = StringIO()
    call_command("dumpdata", "design.studyversion", stdout=out)
    return out.getvalue()


def by_moving_a_text(version: StudyVersion) -> None:
    other = imported(STUDY.replace("n: 18", "n: 20"))
    StudyText.objects.filter(version=other, name="consent.md").update(version=version, name="second.md")


def by_taking_a_text_away(version: StudyVersion) -> None:
    other = imported(STUDY.replace("n: 18", "n: 20"))
    StudyText.objects.filter(version=version, name="consent.md").update(version=other, name="second.md")


def slot(**changes: Any) -> Callable[[StudyVersion], Any]:
    return lambda version: AllocationSlot.objects.filter(version=version, seq=0).update(**changes)


def counter(**changes: Any) -> Callable[[StudyVersion], Any]:
    def change(version: StudyVersion) -> None:
        counters = AllocationCounter.objects.filter(version=version)
        counters.update(next=F("next") + 1)
        counters.update(**changes)

    return change


def first(version: StudyVersion, model: type[models.Model]) -> Any:
    return model.objects.filter(version=version).first()  # type: ignore[attr-defined]


WAYS: dict[str, Callable[[StudyVersion], Any]] = {
    "save": by_save,
    "save of one field": by_save_of_one_field,
    "update of a queryset": lambda v: StudyVersion.objects.filter(pk=v.pk).update(spec={}),
    "bulk update": by_bulk_update,
    "upsert": by_upsert,
    "raw SQL": lambda v: run_sql("UPDATE design_studyversion SET spec = '{}'"),
    "raw SQL on the plan": lambda v: run_sql("UPDATE design_studyversion SET plan_digest = 'x'"),
    "REPLACE": by_replace,
    "a fixture": by_fixture,
    "delete": lambda v: v.delete(),
    "delete of a queryset": lambda v: StudyVersion.objects.all().delete(),
    "raw delete of children": lambda v: run_sql("DELETE FROM design_plannedtrial"),
    "raw delete of the version": lambda v: run_sql("DELETE FROM design_studyversion"),
    "delete of the study": lambda v: v.study.delete(),
    "raw delete of the study": lambda v: run_sql("DELETE FROM design_study"),
    "a new address": lambda v: Study.objects.update(slug="elsewhere"),
    "a text": lambda v: StudyText.objects.filter(version=v).update(html="<p>Other</p>"),
    "a new text": lambda v: StudyText.objects.create(version=v, name="x", markdown="", html="", digest=""),
    "a text from another version": by_moving_a_text,
    "a text to another version": by_taking_a_text_away,
    "delete of a text": lambda v: first(v, StudyText).delete(),
    "a planned trial": lambda v: PlannedTrial.objects.filter(version=v).update(block_index=9),
    "a new planned trial": lambda v: PlannedTrial.objects.create(
        version=v, plan=0, step_index=7, block_index=1, trial_index=99, case=first(v, PlannedTrial).case
    ),
    "delete of a planned trial": lambda v: first(v, PlannedTrial).delete(),
    "a shown explanation": lambda v: ShownExplanation.objects.filter(version=v).update(rendering_digest="x"),
    "delete of a shown explanation": lambda v: first(v, ShownExplanation).delete(),
    "a slot": slot(condition="ig"),
    "the plan of a slot": slot(plan=0),
    "a new slot": lambda v: AllocationSlot.objects.create(
        version=v, purpose="real", stratum="", seq=999, block=0, condition="ig", plan=0
    ),
    "delete of slots": lambda v: AllocationSlot.objects.filter(version=v).delete(),
    "a counter that goes back": counter(next=0),
    "a counter with more room": counter(capacity=999),
    "a counter beyond its room": counter(next=F("capacity") + 1),
    "a new counter": lambda v: AllocationCounter.objects.create(
        version=v, purpose="real", stratum="new", capacity=1
    ),
    "delete of counters": lambda v: AllocationCounter.objects.filter(version=v).delete(),
    "the truth of a case": lambda v: GroundTruth.objects.update(value="benign"),
    "delete of the truth of a planned case": lambda v: GroundTruth.objects.filter(
        case=first(v, PlannedTrial).case
    ).delete(),
    "recruitment of another version": lambda v: v.recruitment.delete(),
    "the audit trail": lambda v: StaffAction.objects.update(verb="nothing"),
    "delete of the audit trail": lambda v: StaffAction.objects.all().delete(),
}
# Each test here has its own database, so several ways share one; on failure the message names the way.


def test_a_launched_version_survives_every_way_to_change_it(on_database: StudyVersion) -> None:
    before = content()
    for name, way in WAYS.items():
        try:
            with transaction.atomic():
                way(StudyVersion.objects.get(pk=on_database.pk))
        except REFUSED:
            continue
        pytest.fail(f"It was possible to change a launched version by: {name}")
    assert content() == before


def test_it_is_the_triggers_that_refuse(on_database: StudyVersion) -> None:
    """Without them the ways are open, but for those that Django or a constraint closes as well."""
    drop_triggers()
    closed = set()
    for name, way in WAYS.items():
        try:
            with transaction.atomic():
                way(StudyVersion.objects.get(pk=on_database.pk))
                transaction.set_rollback(True)
        except REFUSED:
            closed.add(name)
    otherwise = {"delete", "delete of a queryset", "delete of the study", "a counter beyond its room"}
    assert closed - {"REPLACE"} == otherwise


def drop_triggers() -> None:
    for name in trigger_names():
        table = name.removeprefix(PREFIX).rsplit("_", 1)[0]
        run_sql(f"DROP TRIGGER {name}" + (f" ON {table}" if connection.vendor == "postgresql" else ""))


def trigger_names() -> list[str]:
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'keeps_design_%'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'keeps_design_%'",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [row[0] for row in cursor.fetchall()]


def test_truncate_is_refused_where_there_is_one(on_database: StudyVersion) -> None:
    if connection.vendor != "postgresql":
        return  # SQLite has no TRUNCATE
    for table in ("design_studyversion", "design_plannedtrial", "design_staffaction", "design_groundtruth"):
        with pytest.raises(IntegrityError), transaction.atomic():
            run_sql(f"TRUNCATE {table} CASCADE")


def test_the_refusal_says_why(on_database: StudyVersion) -> None:
    with pytest.raises(IntegrityError, match="a launched version is immutable; a change is a new version"):
        on_database.save()


def test_what_must_go_on_goes_on(on_database: StudyVersion) -> None:
    AllocationCounter.objects.filter(version=on_database).update(next=F("next") + 1)
    on_database.recruitment.state = "open"
    on_database.recruitment.save()
    Study.objects.update(title="A better title")
    assert imported(STUDY.replace("n: 18", "n: 20")).number == 2


def test_a_version_that_is_not_launched_may_change_and_go(on_database: StudyVersion) -> None:
    other = imported(STUDY.replace("n: 18", "n: 20"))
    for _ in range(2):
        version_prepare(version=other)
        finish_jobs()
    other.source = "x"
    other.save()
    other.shown_explanations.all().delete()
    other.texts.all().delete()
    other.delete()
    assert StudyVersion.objects.count() == 1


def test_importing_the_launched_study_again_with_another_plan_leaves_the_locked_plan(
    on_database: StudyVersion,
) -> None:
    locked = (on_database.plan_digest, on_database.spec["plan"])
    other = study_import(source=STUDY.replace("measure: accuracy", "measure: rt_ms"), files=SIDE_FILES)
    on_database.refresh_from_db()
    assert (on_database.plan_digest, on_database.spec["plan"]) == locked
    assert other.number == 2
    assert other.launched_at is None
    assert version_spec(on_database.pk).plan["primary"]["measure"] == "accuracy"


def test_missing_triggers_are_noticed_and_put_back(
    on_database: StudyVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert missing_triggers() == []
    assert immutability_check(databases=["default"]) == []
    table = " ON design_studyversion" if connection.vendor == "postgresql" else ""
    run_sql(f"DROP TRIGGER keeps_design_studyversion_update{table}")
    assert missing_triggers() == ["keeps_design_studyversion_update"]
    assert [message.id for message in immutability_check(databases=["default"])] == ["design.E001"]
    monkeypatch.setattr("sys.argv", ["manage.py", "migrate"])
    assert immutability_check(databases=["default"]) == []  # migrate is the cure
    install_triggers()
    assert missing_triggers() == []


def test_a_trigger_that_was_weakened_counts_as_missing(on_database: StudyVersion) -> None:
    name = "keeps_design_studyversion_update"
    if connection.vendor == "postgresql":
        run_sql(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
        )
    else:
        run_sql(f"DROP TRIGGER {name}")
        run_sql(f"CREATE TRIGGER {name} BEFORE UPDATE ON design_studyversion BEGIN SELECT 1; END")
    assert missing_triggers() == [name]


def test_a_trigger_that_is_switched_off_counts_as_missing(on_database: StudyVersion) -> None:
    if connection.vendor != "postgresql":
        return  # SQLite cannot switch a trigger off
    run_sql("ALTER TABLE design_studyversion DISABLE TRIGGER keeps_design_studyversion_update")
    assert missing_triggers() == ["keeps_design_studyversion_update"]


def test_migrating_again_brings_the_triggers_back(on_database: StudyVersion) -> None:
    table = " ON design_studytext" if connection.vendor == "postgresql" else ""
    run_sql(f"DROP TRIGGER keeps_design_studytext_delete{table}")
    call_command("migrate", verbosity=0)
    assert missing_triggers() == []
