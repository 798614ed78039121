"""Environment variables: typing errors are refused, and the operator's example is complete."""

import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from deploy import env

EXAMPLE = Path(__file__).resolve().parents[2] / "deploy" / "env.example"
OF_COMPOSE = {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "TLS_FOLDER"}
OF_GUNICORN = {"BIND", "WEB_CONCURRENCY", "WEB_THREADS"}


@pytest.mark.parametrize(
    ("raw", "value"), [("1", True), ("on", True), ("True", True), ("0", False), ("no", False), ("", False)]
)
def test_a_switch_is_read(monkeypatch, raw, value) -> None:
    monkeypatch.setenv("A_SWITCH", raw)
    assert env.boolean("A_SWITCH", default=True, means="") is value


@pytest.mark.parametrize("raw", ["ja", "Flase", "2"])
def test_it_rejects_a_switch_that_is_neither_on_nor_off(monkeypatch, raw) -> None:
    monkeypatch.setenv("A_SWITCH", raw)
    with pytest.raises(ImproperlyConfigured, match="A_SWITCH must be 1 or 0"):
        env.boolean("A_SWITCH", default=False, means="")


def test_it_rejects_a_number_that_is_none(monkeypatch) -> None:
    monkeypatch.setenv("A_NUMBER", "many")
    with pytest.raises(ImproperlyConfigured, match="A_NUMBER must be a whole number, got 'many'"):
        env.integer("A_NUMBER", default=1, means="")


def test_a_secret_comes_from_the_file_that_is_named(monkeypatch, tmp_path) -> None:
    (tmp_path / "key").write_text("from the file\n")
    monkeypatch.setenv("A_SECRET_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("A_SECRET", "from the variable")
    assert env.secret("A_SECRET", default="", means="") == "from the file"


def test_it_rejects_a_secret_file_that_is_missing(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("A_SECRET_FILE", str(tmp_path / "missing"))
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        env.secret("A_SECRET", default="a default must not step in", means="")


def test_the_example_names_every_variable_and_no_other() -> None:
    named = set(re.findall(r"^(?:# )?([A-Z][A-Z_]+)=", EXAMPLE.read_text(), flags=re.MULTILINE))
    read = {name for name in env.VARIABLES if not name.endswith("_FILE") and not name.startswith("A_")}
    assert named == read | OF_COMPOSE | OF_GUNICORN
