"""The analysis from a command line: ``python -m analysis report TABLE --plan PLAN --out DIR``; needs no Django."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from analysis.core.schema import TABLES

PROBLEM = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, or 2 when something given cannot be used."""
    given = _parser().parse_args(arguments)
    commands = {"report": _report, "check": _check, "power": _power}
    try:
        return commands[given.command](given)
    except (ValueError, LookupError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return PROBLEM


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analysis", description="Analyse the tables of a study.")
    commands = parser.add_subparsers(dest="command", required=True)
    report = commands.add_parser("report", help="write the report of a table and a plan")
    report.add_argument("table", type=Path, help="trials.csv, trials.parquet or a dataset folder")
    report.add_argument("--plan", type=Path, required=True, help="the plan (YAML or JSON)")
    report.add_argument("--out", type=Path, required=True, help="folder for report.html and report.json")
    report.add_argument("--simulated", action="store_true", help="analyse the simulated participants")
    report.add_argument("--permutations", type=_positive, default=10_000, help="default: 10000")
    report.add_argument("--seed", type=int, default=1, help="of the permutations; default: 1")
    check = commands.add_parser("check", help="say everything that is wrong with a table")
    check.add_argument("table", type=Path, help="a .csv or .parquet file")
    check.add_argument(
        "--as", dest="name", choices=sorted(TABLES), help="which table; default: by its file name"
    )
    commands.add_parser("power", help="not supported yet")
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {value}")
    return value


def _report(given: argparse.Namespace) -> int:
    from analysis.report.write import write_report

    results = write_report(
        given.table,
        plan=given.plan,
        out=given.out,
        simulated=given.simulated,
        permutations=given.permutations,
        seed=given.seed,
        progress=_say,
    )
    if results["simulated"]:
        _say("SIMULATED: these are simulated participants, not people.")
    for sentence in results["answer"]["sentences"]:
        _say(sentence)
    return 0


def _check(given: argparse.Namespace) -> int:
    from analysis.core.dataset import read_raw
    from analysis.core.schema import validate

    name = given.name or given.table.stem
    if name not in TABLES:
        raise ValueError(f"{given.table}: which table is this? Say --as one of {', '.join(sorted(TABLES))}.")
    table = read_raw(given.table)
    faults = validate(table, name)
    for fault in faults:
        _say(fault.sentence)
    _say(f"{given.table}: {len(table)} rows, {len(faults)} fault(s) against the schema of {name}.")
    return PROBLEM if faults else 0


def _power(_: argparse.Namespace) -> int:
    raise ValueError("Power is not supported yet.")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
