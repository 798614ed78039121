"""``manage.py study`` from a file on disk to an open study."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from studies.design.models import StudyVersion
from tests.design.scene import DEMO, SCHEMA, SIDE_FILES, STUDY, case_csv, finish_jobs, make_predictor


def run(*words: str | Path) -> str:
    out = StringIO()
    call_command("study", *map(str, words), stdout=out)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "study"
    place.mkdir()
    for name, data in {
        **SIDE_FILES,
        "study.yaml": STUDY.encode(),
        "c.csv": case_csv(),
        "s.yaml": SCHEMA,
    }.items():
        (place / name).write_bytes(data)
    return place


def test_check_needs_no_database_and_finds_the_demonstration_in_order() -> None:
    assert "study.yaml is in order: 4 conditions, 11 steps, 280 slots." in run("check", DEMO / "study.yaml")


def test_check_prints_every_fault_with_its_line(folder: Path) -> None:
    (folder / "study.yaml").write_text(
        STUDY.replace("n: 18", "n: 99").replace("positive: malignant", "positive: x")
    )
    with pytest.raises(CommandError) as refused:
        run("check", folder / "study.yaml")
    assert [line.split(":")[0].strip() for line in str(refused.value).splitlines()[1:]] == [
        "line 11",
        "line 33",
    ]


def test_check_of_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        run("check", tmp_path / "none.yaml")


def test_a_link_out_of_the_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("a secret")
    (folder / "consent.md").unlink()
    (folder / "consent.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(CommandError, match=r"There is no file 'consent\.md'"):
        run("check", folder / "study.yaml")


@pytest.mark.django_db
def test_a_study_goes_from_its_files_to_open_doors(folder: Path) -> None:
    run("cases", "small-cases", folder / "c.csv", folder / "s.yaml")
    make_predictor()
    assert "small-study v1 is there" in run("import", folder / "study.yaml")
    assert "still to come" in run("prepare", "small-study")
    assert "not ready: 32 of 32 predictions" in run("show", "small-study")
    finish_jobs()
    run("prepare", "small-study")
    finish_jobs()
    assert "everything that it shows is there" in run("prepare", "small-study")
    assert "small-study v1 is launched" in run("launch", "small-study")
    for action, state in (("open", "open"), ("pause", "paused"), ("close", "closed")):
        assert state in run(action, "small-study")
        assert StudyVersion.objects.get().recruitment.state == state


@pytest.mark.django_db
@pytest.mark.parametrize("action", ["prepare", "launch", "open", "show"])
def test_a_study_that_is_not_there_is_named(action: str) -> None:
    with pytest.raises(CommandError, match="nowhere"):
        run(action, "nowhere")


def test_the_schema_can_be_printed_for_editors() -> None:
    assert '"title": "Assay study file"' in run("schema")
