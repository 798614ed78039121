"""Files of codes: read whole, every fault at once; joined on the command line with kappa."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.core.codings import CodesInvalidError, read_codes
from analysis.report.bundle import read_bundle
from analysis.report.kappa import coder_agreement


@pytest.mark.parametrize(
    "content",
    [
        b"response,code\nr1,colour\nr2,shape\n",
        b'\xef\xbb\xbfresponse;text;code\r\nr1;It was red;colour\r\nr2;"a; b";shape\r\n',
        b"code, response ,note\ncolour,r1,\nshape,'r2,x\n,r3,left open\n,,\n",
    ],
    ids=["plain", "semicolons", "blanks"],
)
def test_a_file_of_codes_is_read_as_spreadsheets_write_it(content: bytes) -> None:
    assert read_codes(content, name="ana.csv", known={"r1", "r2", "r3"}) == {"r1": "colour", "r2": "shape"}


def test_all_faults_of_a_file_are_said_at_once() -> None:
    content = b"response,code\nr1,a\nr1,b\nr9," + b"x" * 90 + b"\n"
    with pytest.raises(CodesInvalidError) as caught:
        read_codes(content, name="ana.csv", known={"r1"})
    said = "\n".join(caught.value.faults)
    for words in (
        "1 response(s) stand there twice, such as r1",
        "not of this study, such as r9",
        "more than 80 characters",
    ):
        assert words in said


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "lacks the column"), (b"a,b\n", "lacks the column"), (b'response,code\n"r1,a\n', "not readable CSV"),
     (b"response,code\nr1,\xff\n", "is not UTF-8")],
)  # fmt: skip
def test_what_is_no_file_of_codes_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(CodesInvalidError, match=words):
        read_codes(content, name="ana.csv")


def test_two_files_become_codings_beside_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pairs = {"r1": ("a", "a"), "r2": ("b", "b"), "r3": ("a", "b"), "r4": ("b", "b"), "r5": ("a", "")}
    for at, name in enumerate(("ana", "ben")):
        rows = [f"{response},{codes[at]}" for response, codes in pairs.items()]
        (tmp_path / f"{name}.csv").write_text("response,code\n" + "\n".join(rows) + "\n")
    out = tmp_path / "codings.csv"
    assert main(["codings", str(tmp_path / "ana.csv"), str(tmp_path / "ben.csv"), "--out", str(out)]) == 0
    # 3 of 4 alike; by chance 2/4 * 1/4 + 2/4 * 3/4 = 1/2.
    assert "Kappa 0.50" in capsys.readouterr().out
    (tmp_path / "trials.csv").write_text("participant_id\np1\n")
    found = coder_agreement(read_bundle(tmp_path / "trials.csv").codings)
    assert found is not None
    assert (found["kappa"], found["n"], found["n_single"], found["coders"]) == (0.5, 4, 1, ["ana", "ben"])


def test_a_broken_file_of_codes_ends_the_command_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ana.csv").write_text("id\n1\n")
    (tmp_path / "ben.csv").write_text("response,code\nr1,a\n")
    arguments = [
        "codings",
        str(tmp_path / "ana.csv"),
        str(tmp_path / "ben.csv"),
        "--out",
        str(tmp_path / "c.csv"),
    ]
    assert main(arguments) == 2
    assert "lacks the column(s) response, code" in capsys.readouterr().err
    assert not (tmp_path / "c.csv").exists()


def test_agreed_codes_are_counted_by_condition() -> None:
    rows = [("r1", "x", "a", "ig"), ("r1", "y", "a", "ig"), ("r2", "x", "a", "ig"), ("r2", "y", "b", "ig"),
            ("r3", "x", "b", "ai"), ("r3", "y", "b", "ai"), ("r4", "x", "b", "ai")]  # fmt: skip
    found = coder_agreement(pd.DataFrame(rows, columns=["response", "coder", "code", "condition"]))
    assert found is not None
    assert found["by_condition"] == [
        {"condition": "ai", "n": 1, "counts": [{"code": "a", "count": 0}, {"code": "b", "count": 1}]},
        {"condition": "ig", "n": 2, "counts": [{"code": "a", "count": 1}, {"code": "b", "count": 0}]},
    ]
