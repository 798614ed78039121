"""The tables of the report as CSV: unrounded, conditions by name, missing values empty."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_tables(results: Mapping[str, Any]) -> dict[str, str]:
    """Return the tables of a report.

    Parameters
    ----------
    results : mapping
        Content of ``report.json``.

    Returns
    -------
    dict of str to str
        File name (``table-*.csv``) to content; a table without rows is left out.
    """
    arms = results["flow"]["arms"]
    tables = {
        "contrasts": list(_contrasts(results)),
        "measures": list(_measures(results)),
        "participants": results["participants"],
        "sensitivity": list(_sensitivity(results)),
        "flow": [{name: value for name, value in arm.items() if name != "completion"} for arm in arms],
        "cases": results["cases"],
        "calibration": results["calibration"],
        "course": results["course"]["steps"] if results["course"] else [],
        "benefit": list(_benefit(results)),
        "synergy": list(_synergy(results)),
        "effects": list(_effects(results)),
        "subgroups": list(_subgroups(results)),
        "reporting-sheet": results["sheet"],
    }
    return {f"table-{name}.csv": csv_text(rows) for name, rows in tables.items() if rows}


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    r"""Write rows as CSV; a text that a spreadsheet would take for a formula gets an apostrophe in front.

    Parameters
    ----------
    rows : sequence of mapping
        At least one; columns are those of all rows, in order of appearance.

    Returns
    -------
    str
        With a header.

    Examples
    --------
    >>> csv_text([{"name": "=1", "value": 0.1}, {"name": "x", "value": None}])
    "name,value\n'=1,0.1\nx,\n"
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_safe(name) for name in names])
    writer.writerows([[_safe(row.get(name)) for name in names] for row in rows])
    return text.getvalue()


def _safe(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else value


def _contrasts(results: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for role, answers in (("primary", [results["primary"]]), ("secondary", results["secondary"])):
        for answer in answers:
            for one in answer["contrasts"]:
                yield {"role": role, "measure": answer["measure"], "scale": answer["scale"], **_one(one)}


def _one(one: Mapping[str, Any]) -> dict[str, Any]:
    pair = {"treatment": one["treatment"], "control": one["control"], "verdict": one["verdict"]}
    if one["undefined"]:
        return pair | {"undefined": one["undefined"]}
    test, permuted, model, g = one["t_test"], one["permutation"], one["model"] or {}, one["hedges_g"]
    readers, joint = one["readers"] or {}, one["joint"] or {}
    return pair | {
        "decided_by": one["decisive"]["estimator"],
        "p_adjusted": one["p_adjusted"],
        "difference": test["value"],
        "low": test["low"],
        "high": test["high"],
        "std_error": test["std_error"],
        "df": test["df"],
        "p_t_test": test["p"],
        "p_permutation": permuted.get("p"),
        "model": model.get("estimator"),
        "model_estimate": model.get("value"),
        "model_std_error": model.get("std_error"),
        "p_model": model.get("p"),
        "p_mrmc": readers.get("p"),
        "p_joint": joint.get("p"),
        "p_equivalence_adjusted": one["p_equivalence_adjusted"],
        "hedges_g": g.get("value"),
        "n_treatment": one["n"][one["treatment"]],
        "n_control": one["n"][one["control"]],
        "undefined": None,
    }


def _measures(results: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for one in results["measures"]:
        for row in one["conditions"]:
            kept = {name: value for name, value in row.items() if name != "values"}
            yield {"measure": one["measure"], "family": one["family"], "unit": one["unit"], **kept}


def _sensitivity(results: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for one in results["sensitivity"]:
        told = {"label": one["label"], "planned": one["planned"], "n_left_out": one["n_left_out"]}
        if one["primary"] is None:
            yield told | {"undefined": one["undefined"]}
            continue
        for contrast in one["primary"]["contrasts"]:
            yield told | _one(contrast)


def _benefit(results: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for one in results["benefit"]:
        for row in one.get("curve") or []:
            yield {"kind": one["kind"], "treatment": one["treatment"], "control": one["control"], **row}


def _synergy(results: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for row in results["synergy"]:
        flat = {name: value for name, value in row.items() if not isinstance(value, Mapping)}
        for part in ("synergy", "augmentation"):
            flat |= {f"{part}_{side}": value for side, value in (row[part] or {}).items()}
        yield flat


def _effects(results: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for one in results["effects"]:
        test, model = one["test"] or {}, one["model"] or {}
        kept = {name: test.get(name) for name in ("value", "std_error", "df", "low", "high", "p")}
        yield {
            **{name: one[name] for name in ("effect", "measure", "undefined")},
            **kept,
            "p_adjusted": one["p_adjusted"],
            "p_allocation": test.get("details", {}).get("p_allocation"),
            "log_odds": model.get("value"),
            "p_model": model.get("p"),
        }


def _subgroups(results: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for one in results["subgroups"]:
        for row in one["rows"]:
            kept = {name: value for name, value in row.items() if name not in ("n", "undefined")}
            shared = {name: one[name] for name in ("column", "planned", "kind", "treatment", "control")}
            yield {**shared, **kept, "interaction_p": (one["interaction"] or {}).get("p")}
