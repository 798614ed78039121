"""What a set of cases is: tables, pictures or texts, and the schema of their features."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from explainers.core.errors import CaseSetRefused

FEATURE_KEYS = {"name", "label", "unit", "low", "high", "decimals", "meaning"}
MODALITIES = ("tabular", "image", "text")
RESULTS_ONLY = "results_only"  # an export rule: answers about cases leave, pictures and texts of them do not
LONGEST_TEXT = 20_000
LONGEST_LABEL = 200
FAULTS_SHOWN = 10
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def check_schema(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """
    Check the schema of a tabular case set and fill in what may be left out.

    Parameters
    ----------
    schema : Mapping
        `{"features": [{"name", "label", "unit", "low", "high", "decimals", "meaning"}]}`; only `name` is needed.

    Returns
    -------
    list of dict
        The features, each with every key.

    Raises
    ------
    CaseSetRefused
        With a sentence on the first fault.

    Examples
    --------
    >>> check_schema({"features": [{"name": "age", "unit": "years"}]})[0]["label"]
    'age'
    """
    features = schema.get("features")
    if not isinstance(features, list) or not features or set(schema) != {"features"}:
        raise CaseSetRefused('The schema is {"features": [...]} with at least one feature.')
    complete = [_check_feature(feature, number=number) for number, feature in enumerate(features, start=1)]
    names = [feature["name"] for feature in complete]
    if len(set(names)) != len(names):
        raise CaseSetRefused("A feature name occurs twice in the schema.")
    return complete


def _check_feature(feature: Any, *, number: int) -> dict[str, Any]:
    if not isinstance(feature, Mapping) or not isinstance(feature.get("name"), str) or not feature["name"]:
        raise CaseSetRefused(f"Feature {number} of the schema needs a name.")
    unknown = sorted(set(feature) - FEATURE_KEYS)
    if unknown:
        raise CaseSetRefused(f"Feature {feature['name']}: unknown {', '.join(map(str, unknown))[:200]}.")
    complete = {
        "name": feature["name"],
        "label": feature.get("label") or feature["name"],
        "unit": feature.get("unit") or "",
        "low": feature.get("low"),
        "high": feature.get("high"),
        "decimals": feature.get("decimals", 2),
        "meaning": feature.get("meaning") or "",
    }
    if not all(isinstance(complete[word], str) for word in ("label", "unit", "meaning")):
        raise CaseSetRefused(f"Feature {feature['name']}: label, unit and meaning are texts.")
    if type(complete["decimals"]) is not int or not 0 <= complete["decimals"] <= 12:
        raise CaseSetRefused(f"Feature {feature['name']}: decimals is a whole number from 0 to 12.")
    if not all(complete[word] is None or is_number(complete[word]) for word in ("low", "high")):
        raise CaseSetRefused(f"Feature {feature['name']}: low and high are finite numbers or left out.")
    return complete


def schema_modality(schema: Mapping[str, Any]) -> str:
    """
    Return what the cases of a set are.

    Parameters
    ----------
    schema : Mapping
        A schema.

    Returns
    -------
    str
        `tabular` (the default), `image` or `text`.

    Examples
    --------
    >>> schema_modality({"features": []}), schema_modality({"modality": "text", "features": []})
    ('tabular', 'text')
    """
    return str(schema.get("modality", "tabular"))


def complete_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """
    Check the schema of a set of tables, pictures or texts and fill in what may be left out.

    Parameters
    ----------
    schema : Mapping
        As for `check_schema`; or `{"modality": "image" or "text", "label": what it is for people, "features":
        [...]}`, where the features are further columns and may be left out.

    Returns
    -------
    dict
        `{"features": [...]}` for tables; `modality`, `label` and `features` else; `parts` where there are further
        parts that people see and the predictor does not (see `check_parts`).

    Raises
    ------
    CaseSetRefused
        With a sentence on the first fault.

    Examples
    --------
    >>> complete_schema({"modality": "text", "label": "Report"})
    {'modality': 'text', 'label': 'Report', 'features': []}
    """
    modality = schema_modality(schema)
    if modality not in MODALITIES:
        raise CaseSetRefused(
            f"The modality of cases is one of {', '.join(MODALITIES)}, not {modality[:40]!r}."
        )
    parts = _parts(schema)
    if modality == "tabular":
        plain = {key: value for key, value in schema.items() if key not in ("modality", "parts")}
        return {"features": check_schema(plain), **parts}
    if not set(schema) <= {"modality", "label", "features", "parts"}:
        raise CaseSetRefused(
            'The schema is {"modality": ..., "label": ..., "features": [...], "parts": [...]}.'
        )
    label = schema.get("label")
    if not isinstance(label, str) or not 0 < len(label) <= LONGEST_LABEL:
        raise CaseSetRefused(
            "The schema of pictures and texts needs a label that says what they are, such as 'Report'."
        )
    features = check_schema({"features": schema["features"]}) if schema.get("features") else []
    if any(feature["name"] == modality for feature in features):
        raise CaseSetRefused(f"No feature can be called {modality}: that is the {modality} itself.")
    return {"modality": modality, "label": label, "features": features, **parts}


def _parts(schema: Mapping[str, Any]) -> dict[str, Any]:
    from explainers.core.cases.parts import check_parts, columns_of

    if "parts" not in schema:
        return {}
    parts = check_parts(schema["parts"])
    taken = {"case_id", "file", "text", "alt"} | {
        str(feature.get("name")) for feature in schema.get("features") or () if isinstance(feature, Mapping)
    }
    clash = sorted(taken & {column for part in parts for column in columns_of(part)})
    if clash:
        raise CaseSetRefused(f"A part of the schema uses the column {clash[0]}, which is taken.")
    return {"parts": parts}


def check_rows(
    rows: Sequence[Mapping[str, Any]],
    *,
    features: Sequence[Mapping[str, Any]],
    modality: str = "tabular",
) -> list[dict[str, Any]]:
    """
    Check the cases against the features: unique keys, every feature present, every value a finite number.

    Parameters
    ----------
    rows : Sequence of Mapping
        `{"key": str, "inputs": {feature name: number}}`; beside the numbers pictures have `image`, the digest of a
        PNG, and texts `text`.
    features : Sequence of Mapping
        What `check_schema` gave.
    modality : str
        `tabular`, `image` or `text`.

    Returns
    -------
    list of dict
        The same rows; numbers are floats.

    Raises
    ------
    CaseSetRefused
        Naming every faulty row and feature, up to ten.

    Examples
    --------
    >>> check_rows([{"key": "a", "inputs": {"age": 40}}], features=[{"name": "age"}])
    [{'key': 'a', 'inputs': {'age': 40.0}}]
    """
    names = [feature["name"] for feature in features]
    extra = {"tabular": (), "image": ("image",), "text": ("text",)}[modality]
    faults: list[str] = []
    seen: set[str] = set()
    for number, row in enumerate(rows, start=1):
        key, inputs = row.get("key"), row.get("inputs")
        if not isinstance(key, str) or not 0 < len(key) <= 80 or key in seen:
            faults.append(f"row {number}: the key {key!r:.80} is empty, too long or used twice")
            continue
        seen.add(key)
        if not isinstance(inputs, Mapping) or set(inputs) != {*names, *extra}:
            faults.append(f"row {number} ({key}): the features are not those of the schema")
            continue
        faults += [f"row {number} ({key}), {fault}" for fault in _input_faults(inputs, names=names)]
    if not rows:
        faults.append("there are no rows")
    refuse_faults(faults)
    return [
        {
            "key": row["key"],
            "inputs": {
                **{name: float(row["inputs"][name]) for name in names},
                **{word: row["inputs"][word] for word in extra},
            },
        }
        for row in rows
    ]


def _input_faults(inputs: Mapping[str, Any], *, names: Sequence[str]) -> list[str]:
    faults = [
        f"feature {name}: {inputs[name]!r:.60} is not a finite number"
        for name in names
        if not is_number(inputs[name])
    ]
    if "image" in inputs and "image" not in names:
        value = inputs["image"]
        if not isinstance(value, str) or not _DIGEST.fullmatch(value):
            faults.append("image: this is not the digest of a picture")
    if "text" in inputs and "text" not in names and (fault := check_text(inputs["text"])):
        faults.append(f"text: {fault}")
    return faults


def refuse_faults(faults: Sequence[str]) -> None:
    """
    Refuse a case set if there are faults.

    Parameters
    ----------
    faults : Sequence of str
        Each with its row and column.

    Raises
    ------
    CaseSetRefused
        If there are any; the first ten are in it.
    """
    if faults:
        more = f"; and {len(faults) - FAULTS_SHOWN} more" if len(faults) > FAULTS_SHOWN else ""
        raise CaseSetRefused(f"The cases were not taken: {'; '.join(faults[:FAULTS_SHOWN])}{more}.")


def check_text(value: Any) -> str:
    """
    Say what is wrong with the text of a case.

    Parameters
    ----------
    value : Any
        The text; it is kept as it is, to the character.

    Returns
    -------
    str
        The fault in words; empty if there is none.

    Examples
    --------
    >>> check_text("No fresh bleeding."), check_text("a" + chr(0))
    ('', 'character 2 is a control character')
    """
    if not isinstance(value, str) or not value.strip():
        return "there is no text"
    if len(value) > LONGEST_TEXT:
        return f"the text has {len(value)} characters, at most {LONGEST_TEXT} are taken"
    found = _CONTROL.search(value)
    return f"character {found.start() + 1} is a control character" if found else ""


def is_number(value: Any) -> bool:
    """
    Say whether a value is a finite number (a boolean is none).

    Parameters
    ----------
    value : Any
        Anything.

    Returns
    -------
    bool
        True for finite int and float.

    Examples
    --------
    >>> is_number(1.5), is_number(True), is_number(float("nan")), is_number("1")
    (True, False, False, False)
    """
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
