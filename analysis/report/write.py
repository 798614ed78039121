"""Writing a report: a table and a plan are read, results are computed, one page and one file of numbers are written."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from analysis.core.dataset import Dataset, read_dataset
from analysis.core.plan import Plan, PlanInvalidError, plan_from, plan_mapping
from analysis.measures import registry
from analysis.report.abilities import refusals
from analysis.report.bundle import read_bundle
from analysis.report.contrasts import Settings
from analysis.report.render import render_html
from analysis.report.reproduce import reproductions
from analysis.report.results import compute_results
from analysis.report.tables import csv_tables
from analysis.report.treatment import drawings, pictures

PAGE, NUMBERS = "report.html", "report.json"


def write_report(  # noqa: PLR0913 - one word for each thing that a report can be told
    table: str | PathLike[str],
    *,
    plan: str | PathLike[str] | Mapping[str, Any],
    out: str | PathLike[str],
    simulated: bool = False,
    permutations: int = 10_000,
    seed: int = 1,
    looks_taken: Sequence[float] = (),
    final: bool | None = None,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Write the report of a table and a plan: ``report.html``, ``report.json``, ``table-*.csv``, ``reproduce.*``.

    Parameters
    ----------
    table : path
        ``trials.csv``, ``trials.parquet`` or a dataset folder.
    plan : path or mapping
        Plan; see `analysis.core.plan.plan_from`.
    out : path
        Folder, made when it is not there.
    simulated : bool
        Report on the simulated participants of a table that holds real ones as well.
    permutations, seed : int
        Of the permutation test.
    looks_taken : sequence of float
        Shares of the planned participants at which somebody looked before, where the plan has looks; without them all
        planned looks before this one count as taken.
    final : bool, optional
        Recruitment is over, so that this is the last look. None: as the allocation says, else when the planned number
        is reached.
    progress : callable, optional
        Is told what happens, in short lines.

    Returns
    -------
    dict
        The content of ``report.json``: unrounded; what is not defined is None.

    Raises
    ------
    ValueError
        When table or plan cannot be used; the message holds every fault.

    Notes
    -----
    Same table, plan, seed and versions make the same bytes.
    """
    say = progress or (lambda line: None)
    say(f"Reading {table}")
    dataset = read_dataset(Path(table))
    checked = _checked(plan, conditions=_conditions(dataset))
    say(
        f"Computing {len(registry.names())} measures and {permutations} permutations for each planned contrast"
    )
    settings = Settings(checked.alpha, permutations, seed, looks_taken=tuple(looks_taken), over=final)
    bundle = read_bundle(Path(table))
    results: dict[str, Any] = plain(
        compute_results(dataset, plan=checked, settings=settings, simulated=simulated, bundle=bundle)
    )
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NUMBERS).write_bytes(numbers(results))
    names = tuple(results["conditions"])
    page = render_html(
        results, pictures=pictures(bundle, conditions=names), drawings=drawings(bundle, conditions=names)
    )
    (folder / PAGE).write_text(page, encoding="utf-8", newline="\n")
    for name, text in {**csv_tables(results), **reproductions(results)}.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    say(f"Written {folder / PAGE}, {folder / NUMBERS}, tables and scripts")
    return results


def plain(value: Any) -> Any:
    """Turn results into what JSON can say: NaN becomes None, tuples become lists.

    Parameters
    ----------
    value : dict, list, tuple, str, int, float, bool or None
        Nested.

    Returns
    -------
    dict, list, str, int, float, bool or None
        Numbers unrounded; an infinite number becomes None.

    Examples
    --------
    >>> plain({"p": float("nan"), "limits": (0.1, 2)})
    {'p': None, 'limits': [0.1, 2]}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "item"):  # a number of numpy
        value = value.item()
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value


def numbers(results: dict[str, Any]) -> bytes:
    r"""Return the bytes of ``report.json``: sorted keys, unrounded numbers.

    Parameters
    ----------
    results : dict
        As of `plain`.

    Returns
    -------
    bytes
        UTF-8.

    Examples
    --------
    >>> numbers({"b": None, "a": 0.1})
    b'{\n  "a": 0.1,\n  "b": null\n}\n'
    """
    text = json.dumps(results, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def _checked(plan: str | PathLike[str] | Mapping[str, Any], *, conditions: set[str]) -> Plan:
    mapping = plan if isinstance(plan, Mapping) else plan_mapping(Path(plan))
    checked = plan_from(mapping, measures=registry.names(), conditions=conditions)
    if faults := refusals(checked):
        raise PlanInvalidError(faults)
    return checked


def _conditions(dataset: Dataset) -> set[str]:
    # Those of the allocation as well: a condition that nobody was given yet is no fault of the plan.
    planned = {str(name) for name in (dataset.allocation or {}).get("conditions", [])}
    tables = [table for table in (dataset.trials, dataset.participants) if table is not None]
    found = {
        str(name) for table in tables if "condition" in table.columns for name in table["condition"].dropna()
    }
    return (planned | found) - {""}
