"""Further parts of a case that people see and the predictor does not: pictures, texts, panels, time series."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from explainers.core.cases.schema import check_schema, check_text, is_number
from explainers.core.errors import CaseSetRefused

KINDS = ("picture", "text", "panel", "series")
ALT = "_alt"
LONGEST_ALT = 300
LONGEST_LABEL = 200
MAXIMUM_PARTS = 20
MAXIMUM_POINTS = 2_000
MAXIMUM_WINDOWS = 8
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_KEYS = {
    "picture": {"name", "kind", "label", "optional", "windows"},
    "text": {"name", "kind", "label", "optional"},
    "panel": {"name", "kind", "label", "optional", "features"},
    "series": {"name", "kind", "label", "optional", "unit", "x_label", "x_unit", "decimals", "low", "high"},
}


def check_parts(parts: Any) -> list[dict[str, Any]]:
    """
    Check what a schema says of the parts of its cases and fill in what may be left out.

    Parameters
    ----------
    parts : Any
        A list of `{"name", "kind", "label"}` and, by kind: `windows` of a picture (`[{"label", "center", "width"}]`,
        for DICOM files, in the file's own units), `features` of a panel (as for `check_schema`), `unit`, `x_label`,
        `x_unit`, `decimals`, `low` and `high` of a series. `optional`: a case may lack it.

    Returns
    -------
    list of dict
        The parts, each with every key of its kind.

    Raises
    ------
    CaseSetRefused
        With a sentence on the first fault.

    Examples
    --------
    >>> check_parts([{"name": "prior", "kind": "picture", "label": "A year before"}])[0]["optional"]
    False
    """
    if not isinstance(parts, list) or not 0 < len(parts) <= MAXIMUM_PARTS:
        raise CaseSetRefused(f"The parts of a schema are a list of 1 to {MAXIMUM_PARTS}.")
    complete = [_check_part(part, number=number) for number, part in enumerate(parts, start=1)]
    names = [name for part in complete for name in columns_of(part)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CaseSetRefused(f"Two parts of the schema use the column {twice[0]}.")
    return complete


def _check_part(part: Any, *, number: int) -> dict[str, Any]:
    if not isinstance(part, Mapping) or part.get("kind") not in KINDS:
        raise CaseSetRefused(f"Part {number} of the schema needs a kind: {', '.join(KINDS)}.")
    name, kind, label = part.get("name"), part["kind"], part.get("label")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise CaseSetRefused(f"Part {number} of the schema needs a name of small letters, digits and _.")
    if not isinstance(label, str) or not 0 < len(label) <= LONGEST_LABEL:
        raise CaseSetRefused(f"Part {name} of the schema needs a label for people.")
    unknown = sorted(map(str, set(part) - _KEYS[kind]))
    if unknown:
        raise CaseSetRefused(f"Part {name}: unknown {', '.join(unknown)[:200]}.")
    complete = {"name": name, "kind": kind, "label": label, "optional": part.get("optional") is True}
    if kind == "panel":
        complete["features"] = check_schema({"features": part.get("features")})
    elif kind == "series":
        complete |= _series_keys(part, name=name)
    elif kind == "picture":
        complete["windows"] = _windows(part.get("windows", []), name=name)
    return complete


def _series_keys(part: Mapping[str, Any], *, name: str) -> dict[str, Any]:
    words = {key: part.get(key, "") for key in ("unit", "x_label", "x_unit")}
    if not all(isinstance(word, str) and len(word) <= LONGEST_LABEL for word in words.values()):
        raise CaseSetRefused(f"Part {name}: unit, x_label and x_unit are texts.")
    ends = {key: part.get(key) for key in ("low", "high")}
    if not all(end is None or is_number(end) for end in ends.values()):
        raise CaseSetRefused(f"Part {name}: low and high are finite numbers or left out.")
    decimals = part.get("decimals", 1)
    if type(decimals) is not int or not 0 <= decimals <= 12:
        raise CaseSetRefused(f"Part {name}: decimals is a whole number from 0 to 12.")
    return {**words, **ends, "decimals": decimals}


def _windows(windows: Any, *, name: str) -> list[dict[str, Any]]:
    if not isinstance(windows, list) or len(windows) > MAXIMUM_WINDOWS:
        raise CaseSetRefused(f"Part {name}: windows is a list of at most {MAXIMUM_WINDOWS}.")
    for window in windows:
        if (
            not isinstance(window, Mapping)
            or set(window) != {"label", "center", "width"}
            or not isinstance(window["label"], str)
            or not 0 < len(window["label"]) <= LONGEST_LABEL
            or not is_number(window["center"])
            or not is_number(window["width"])
            or window["width"] < 1
        ):
            raise CaseSetRefused(f'Part {name}: a window is {{"label", "center", "width" from 1}}.')
    return [dict(window) for window in windows]


def columns_of(part: Mapping[str, Any]) -> list[str]:
    """
    Return the columns of a manifest that hold a part.

    Parameters
    ----------
    part : Mapping
        As `check_parts` gives it.

    Returns
    -------
    list of str
        Of a panel its features; of a picture the file and the words that stand for it; else one column of its name.

    Examples
    --------
    >>> columns_of({"name": "prior", "kind": "picture"})
    ['prior', 'prior_alt']
    """
    if part["kind"] == "panel":
        return [feature["name"] for feature in part["features"]]
    return [part["name"], part["name"] + ALT] if part["kind"] == "picture" else [part["name"]]


def read_part(
    part: Mapping[str, Any], named: Mapping[str, str], *, files: Mapping[str, bytes]
) -> tuple[dict[str, Any] | None, list[str]]:
    """
    Read a part of one row of a manifest; pictures are only named here, their bytes are cleaned together.

    Parameters
    ----------
    part : Mapping
        As `check_parts` gives it.
    named : Mapping
        Column to value of the row.
    files : Mapping
        Name to bytes.

    Returns
    -------
    tuple
        The part (None if the case lacks it), and every fault in words, each with its column.

    Examples
    --------
    >>> read_part({"name": "note", "kind": "text", "optional": False}, {"note": "No pain."}, files={})
    ({'text': 'No pain.'}, [])
    """
    values = {column: named[column] for column in columns_of(part)}
    if not any(value.strip() for value in values.values()):
        return None, [] if part["optional"] else [
            f"column {next(iter(values))}: the part {part['name']} is missing"
        ]
    return _READ[part["kind"]](part, values, files)


def _read_picture(
    part: Mapping[str, Any], values: Mapping[str, str], files: Mapping[str, bytes]
) -> tuple[dict[str, Any], list[str]]:
    name, alt = values[part["name"]], values[part["name"] + ALT].strip()
    faults = [] if name in files else [f"column {part['name']}: there is no file {name!r:.80}"]
    if not 0 < len(alt) <= LONGEST_ALT:
        faults.append(
            f"column {part['name']}{ALT}: say in 1 to {LONGEST_ALT} characters what the picture is, for people who "
            "cannot see it, without giving the answer away"
        )
    return {"file": name, "alt": alt}, faults


def _read_text(
    part: Mapping[str, Any], values: Mapping[str, str], files: Mapping[str, bytes]
) -> tuple[dict[str, Any], list[str]]:
    value = values[part["name"]]
    if value in files:
        try:
            value = files[value].decode("utf-8-sig")
        except UnicodeDecodeError:
            return {}, [f"column {part['name']}, {value!r:.80}: the file is not UTF-8"]
    elif re.fullmatch(r"[^\s]{1,200}\.txt", value):
        return {}, [f"column {part['name']}: there is no file {value!r:.80}"]
    fault = check_text(value)
    return {"text": value}, [f"column {part['name']}: {fault}"] if fault else []


def _read_panel(
    part: Mapping[str, Any], values: Mapping[str, str], _files: Mapping[str, bytes]
) -> tuple[dict[str, Any], list[str]]:
    numbers: dict[str, float | None] = {}
    faults = []
    for name, text in values.items():
        number = _number(text)
        numbers[name] = number
        if number is None and text.strip():
            faults.append(f"column {name}: {text!r:.60} is not a finite number")
    return {"values": numbers}, faults


def _read_series(
    part: Mapping[str, Any], values: Mapping[str, str], files: Mapping[str, bytes]
) -> tuple[dict[str, Any], list[str]]:
    name = values[part["name"]]
    if name not in files:
        return {}, [f"column {part['name']}: there is no file {name!r:.80}"]
    points, fault = series_points(files[name])
    return {"points": points}, [f"column {part['name']}, {name!r:.80}: {fault}"] if fault else []


_READ = {"picture": _read_picture, "text": _read_text, "panel": _read_panel, "series": _read_series}


def series_points(data: bytes) -> tuple[list[list[float]], str]:
    r"""
    Read a time series.

    Parameters
    ----------
    data : bytes
        CSV in UTF-8 with a header and two columns: time, which only grows, and value.

    Returns
    -------
    tuple
        Points [time, value], and what is wrong in words (empty if nothing is).

    Examples
    --------
    >>> series_points(b"hour,pulse\n0,71\n1,74\n")
    ([[0.0, 71.0], [1.0, 74.0]], '')
    """
    try:
        rows = [
            row for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True) if row
        ]
    except (UnicodeDecodeError, csv.Error) as error:
        return [], f"this is no CSV in UTF-8: {str(error)[:100]}"
    points: list[list[float]] = []
    for number, row in enumerate(rows[1:], start=1):
        pair = [_number(text) for text in row]
        if len(pair) != 2 or pair[0] is None or pair[1] is None:
            return [], f"row {number} is not a time and a value"
        if points and pair[0] <= points[-1][0]:
            return [], f"row {number}: the time does not grow"
        points.append([pair[0], pair[1]])
    if not 1 < len(points) <= MAXIMUM_POINTS:
        return [], f"there are {len(points)} points, 2 to {MAXIMUM_POINTS} are taken"
    return points, ""


def part_faults(found: Any, *, parts: Sequence[Mapping[str, Any]]) -> list[str]:
    """
    Say what is wrong with the parts of a case that are about to be stored.

    Parameters
    ----------
    found : Any
        Part name to content: `views` and `alt`, `text`, `values` or `points`.
    parts : Sequence of Mapping
        What the schema declares.

    Returns
    -------
    list of str
        Faults in words; empty if there is none.

    Examples
    --------
    >>> part_faults({}, parts=[{"name": "note", "kind": "text", "optional": False}])
    ['the part note is missing']
    """
    if not isinstance(found, Mapping):
        return ["the parts are not a mapping"]
    declared = {part["name"]: part for part in parts}
    faults = [f"the schema has no part {str(name)[:40]}" for name in found if name not in declared]
    for name, part in declared.items():
        if name not in found:
            faults += [] if part["optional"] else [f"the part {name} is missing"]
        elif not _is_sound(found[name], part):
            faults.append(f"the part {name} is no {part['kind']}")
    return faults


def _is_sound(found: Any, part: Mapping[str, Any]) -> bool:
    if not isinstance(found, Mapping):
        return False
    kind = part["kind"]
    if kind == "text":
        return set(found) == {"text"} and not check_text(found["text"])
    if kind == "panel":
        names = {feature["name"] for feature in part["features"]}
        return set(found) == {"values"} and set(found["values"]) == names
    if kind == "series":
        return set(found) == {"points"} and all(is_number(x) and is_number(y) for x, y in found["points"])
    return set(found) == {"alt", "views"} and bool(found["views"]) and all(map(_is_view, found["views"]))


def _is_view(view: Any) -> bool:
    return set(view) == {"label", "digest", "width", "height"} and bool(
        _DIGEST.fullmatch(str(view["digest"]))
    )


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if is_number(value) and "_" not in text else None
