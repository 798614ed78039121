"""Logs are JSON lines without tokens, query strings or addresses."""

import json
import logging

import pytest

from deploy.logs import JsonLines, without_secrets

TOKEN = "q7Zr1mH0vYx3kLp9tB2nC5dF8gJ4sW6aE1uI0oR7yT"
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (f"GET /s/fna/?token={TOKEN} 302", "GET /s/fna/?[hidden] 302"),
        (f"Not Found: /s/fna/{TOKEN}/", "Not Found: /s/fna/[hidden]/"),
        ("from 203.0.113.77 port 5", "from [address] port 5"),
        ("from 2001:db8::ff00:42:8329 port 5", "from [address] port 5"),
        ("from 203.0.113.77:5123, ::1 and fe80::1.", "from [address]:5123, [address] and [address]."),
        (f"artefact {DIGEST} is corrupt", f"artefact {DIGEST} is corrupt"),
        ("took 00:12:34, ratio 1:1", "took 00:12:34, ratio 1:1"),
        ("Why? Nobody knows.", "Why? Nobody knows."),
    ],
)
def test_what_names_a_person_is_hidden_and_the_rest_stays(line, shown) -> None:
    assert without_secrets(line) == shown


def test_a_record_of_any_logger_becomes_one_json_object_without_secrets() -> None:
    record = logging.LogRecord(
        "django.request", logging.ERROR, "x", 1, "Failed: %s", (f"/s/fna/?token={TOKEN}",), None
    )
    record.request = "203.0.113.77"
    line = JsonLines().format(record)
    assert json.loads(line)["event"] == "Failed: /s/fna/?[hidden]"
    assert TOKEN not in line
    assert "203.0.113.77" not in line


def test_an_exception_is_logged_without_the_values_of_variables() -> None:
    secret = TOKEN
    try:
        raise ValueError(f"bad {secret}")
    except ValueError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, "x", 1, "Oops", (), (ValueError, error, error.__traceback__)
        )
    line = JsonLines().format(record)
    assert "ValueError" in line
    assert TOKEN not in line
