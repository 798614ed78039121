"""Codes of free text as coders hand them in: one file for each coder, read whole, every fault said at once."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Mapping

NEEDED = ("response", "code")
MOST_ROWS, LONGEST = 200_000, 80
_SHOWN = 3


class CodesInvalidError(ValueError):
    """A file of codes cannot be used; `faults` holds every reason as a sentence."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


def read_codes(content: bytes, *, name: str, known: Collection[str] | None = None) -> dict[str, str]:
    r"""Read the codes of one coder.

    Parameters
    ----------
    content : bytes
        CSV in UTF-8 (commas or semicolons) with the columns ``response`` and ``code``; others are left alone. A row
        without a code is a response that the coder left open.
    name : str
        Of the file, for the sentences.
    known : collection of str, optional
        Responses there are; others are faults.

    Returns
    -------
    dict of str to str
        Response to code, in the order of the file; without those left open.

    Raises
    ------
    CodesInvalidError
        With every fault: not readable, columns missing, responses twice or unknown, codes too long, no code at all.

    Examples
    --------
    >>> read_codes(b"response,text,code\nr1,It was red.,colour\nr2,No idea.,\n", name="ana.csv")
    {'r1': 'colour'}
    """
    rows = _rows(content, name=name)
    faults = []
    ids = [row["response"] for row in rows]
    if twice := [one for one, count in Counter(ids).items() if count > 1]:
        faults.append(f"{name}: {len(twice)} response(s) stand there twice, such as {_some(twice)}.")
    if known is not None and (strange := [one for one in dict.fromkeys(ids) if one not in known]):
        faults.append(f"{name}: {len(strange)} response(s) are not of this study, such as {_some(strange)}.")
    if long := [row["response"] for row in rows if len(row["code"]) > LONGEST]:
        faults.append(
            f"{name}: {len(long)} code(s) have more than {LONGEST} characters, such as that of {_some(long)}; "
            "a code is a short name."
        )
    found = {row["response"]: row["code"] for row in rows if row["code"]}
    if not found:
        faults.append(f"{name}: no row has a code.")
    if faults:
        raise CodesInvalidError(faults)
    return found


def _rows(content: bytes, *, name: str) -> list[dict[str, str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CodesInvalidError(
            [f"{name}: is not UTF-8 (byte {error.start + 1}). Save it as CSV UTF-8."]
        ) from error
    head = text.split("\n", 1)[0]
    separator = (
        ";" if head.count(";") > head.count(",") else ","
    )  # as spreadsheets of half of Europe write it
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
        columns = [str(one).strip() for one in reader.fieldnames or []]
        if absent := [one for one in NEEDED if one not in columns]:
            raise CodesInvalidError(
                [f"{name}: lacks the column(s) {', '.join(absent)}; it needs response and code."]
            )
        reader.fieldnames = columns
        rows = [{key: str(row.get(key) or "").strip().removeprefix("'") for key in NEEDED} for row in reader]
    except csv.Error as error:
        raise CodesInvalidError([f"{name}: is not readable CSV ({error})."]) from error
    if len(rows) > MOST_ROWS:
        raise CodesInvalidError([f"{name}: has {len(rows)} rows; at most {MOST_ROWS} are read."])
    return [row for row in rows if row["response"]]


def codings_text(codes: Mapping[str, Mapping[str, str]]) -> str:
    r"""Write the codes of all coders as ``codings.csv``.

    Parameters
    ----------
    codes : mapping of str to mapping
        Coder to what `read_codes` gave.

    Returns
    -------
    str
        Columns ``response, coder, code``, sorted by response and coder.

    Examples
    --------
    >>> codings_text({"ben": {"r1": "shape"}, "ana": {"r1": "colour"}})
    'response,coder,code\nr1,ana,colour\nr1,ben,shape\n'
    """
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["response", "coder", "code"])
    lines.writerows(
        sorted((response, coder, code) for coder, one in codes.items() for response, code in one.items())
    )
    return text.getvalue()


def _some(items: list[str]) -> str:
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return ", ".join(items[:_SHOWN]) + more
