"""The analysis from a command line: report, interim, check, power, codings, preregister; needs no Django.

``python -m analysis report TABLE --plan PLAN --out DIR``, ``python -m analysis interim TABLE --plan PLAN``,
``python -m analysis check TABLE [--plan PLAN]``,
``python -m analysis power PLAN [--participants 100,200] [--cases 24] [--out DIR]``,
``python -m analysis codings ANA.csv BEN.csv --out codings.csv``,
``python -m analysis preregister PLAN [--form osf]``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.core.schema import TABLES
from analysis.power.arguments import add_arguments, arguments_of, positive

if TYPE_CHECKING:
    import pandas as pd

PROBLEM = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, or 2 when something given cannot be used."""
    given = _parser().parse_args(arguments)
    commands = {
        "report": _report,
        "interim": _interim,
        "check": _check,
        "power": _power,
        "codings": _codings,
        "preregister": _preregister,
    }
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
    report.add_argument("--permutations", type=positive, default=10_000, help="default: 10000")
    report.add_argument("--seed", type=int, default=1, help="of the permutations; default: 1")
    report.add_argument(
        "--look", dest="looks", type=float, action="append", default=[],
        help="share of the planned participants at which somebody looked before; may be said several times",
    )  # fmt: skip
    report.add_argument(
        "--final", action="store_true", default=None, help="recruitment is over: this is the last look"
    )
    interim = commands.add_parser("interim", help="look blinded: spread and size, nothing by condition")
    interim.add_argument("table", type=Path, help="trials.csv, trials.parquet or a dataset folder")
    interim.add_argument("--plan", type=Path, required=True, help="the plan (YAML or JSON)")
    interim.add_argument("--power", type=float, default=0.9, help="that the size is to give; default: 0.9")
    check = commands.add_parser("check", help="say everything that is wrong with a table")
    check.add_argument("table", type=Path, help="a .csv or .parquet file, or a dataset folder")
    check.add_argument(
        "--as", dest="name", choices=sorted(TABLES), help="which table; default: by its file name"
    )
    check.add_argument("--plan", type=Path, help="also whether the table can answer this plan")
    check.add_argument("--partial", action="store_true", help="a table of one's own: columns may be absent")
    power = commands.add_parser("power", help="simulate the power of a plan's primary question")
    add_arguments(power)
    power.add_argument("--workers", type=positive, help="processes; default: all cores")
    power.add_argument("--out", type=Path, help="folder for power.json, power.csv and power.svg")
    power.add_argument(
        "--case-table", type=Path, help="ground_truth, ai_prediction, ai_confidence: the ceiling"
    )
    power.add_argument(
        "--human-accuracy", type=float, help="of people alone, for the ceiling; default: baseline"
    )
    codings = commands.add_parser("codings", help="join the codes that two coders gave to free texts")
    codings.add_argument("files", type=Path, nargs=2, help="one CSV file of each coder: response, code")
    codings.add_argument("--out", type=Path, required=True, help="codings.csv, beside the table of trials")
    preregister = commands.add_parser("preregister", help="write a plan as the text of a preregistration")
    preregister.add_argument("plan", type=Path, help="a plan or a study file (YAML or JSON)")
    preregister.add_argument("--form", choices=("aspredicted", "osf"), default="aspredicted")
    return parser


def _report(given: argparse.Namespace) -> int:
    from analysis.report.write import write_report

    results = write_report(
        given.table,
        plan=given.plan,
        out=given.out,
        simulated=given.simulated,
        permutations=given.permutations,
        seed=given.seed,
        looks_taken=given.looks,
        final=given.final,
        progress=_say,
    )
    if results["simulated"]:
        _say("SIMULATED: these are simulated participants, not people.")
    for sentence in results["answer"]["sentences"]:
        _say(sentence)
    if results["look"]:
        _say(results["look"]["sentence"])
    return 0


def _interim(given: argparse.Namespace) -> int:
    from analysis.report.interim import blinded_look

    for sentence in blinded_look(given.table, plan=given.plan, power=given.power):
        _say(sentence)
    return 0


def _check(given: argparse.Namespace) -> int:
    files = _files_of(given.table, name=given.name)
    faults = 0
    for name, file in files.items():
        rows, found = _faults_of(file, name=name, given=given)
        for sentence in found:
            _say(sentence)
        _say(f"{file}: {rows} rows, {len(found)} fault(s) against the schema of {name}.")
        faults += len(found)
    return PROBLEM if faults else 0


def _files_of(path: Path, *, name: str | None) -> dict[str, Path]:
    if path.is_dir():
        found = {
            table: file
            for table in TABLES
            for file in (path / f"{table}.parquet", path / f"{table}.csv")
            if file.is_file()
        }
        if "trials" not in found:
            raise ValueError(f"{path}: the folder holds no trials.csv and no trials.parquet.")
        return found
    named = name or path.stem
    if named not in TABLES:
        raise ValueError(f"{path}: which table is this? Say --as one of {', '.join(sorted(TABLES))}.")
    return {named: path}


def _faults_of(file: Path, *, name: str, given: argparse.Namespace) -> tuple[int, list[str]]:
    from analysis.core.dataset import read_raw
    from analysis.core.schema import validate
    from analysis.core.suitability import readable

    table = read_raw(file)
    found = [fault.sentence for fault in validate(table, name, partial=given.partial)]
    if name == "trials":
        found += _design_faults(readable(table), given=given)
    return len(table), list(dict.fromkeys(found))


def _design_faults(table: pd.DataFrame, *, given: argparse.Namespace) -> list[str]:
    from analysis.core.plan import read_plan
    from analysis.core.suitability import design_faults, plan_faults
    from analysis.measures import registry

    if given.plan is None:
        return design_faults(table)
    conditions = (
        set(table["condition"].dropna().astype(str)) - {""} if "condition" in table.columns else set()
    )
    plan = read_plan(given.plan, measures=registry.names(), conditions=conditions)
    return [
        *design_faults(table, placed=plan.primary.placed),
        *plan_faults(table, plan, measure_of=registry.get),
    ]


def _power(given: argparse.Namespace) -> int:
    from analysis.power.simulate import simulate_power

    found = simulate_power(given.plan, workers=given.workers, progress=_bar(), **arguments_of(given))
    _say("participants  cases  trials  power   95 % limits      Monte-Carlo error")
    for row in found.rows:
        _say(
            f"{row['participants']:>12}  {row['cases']:>5}  {row['trials']:>6}  {row['power']:.3f}   "
            f"{row['low']:.3f} to {row['high']:.3f}   {row['monte_carlo_error']:.4f}"
        )
    _say(found.recommendation)
    if given.case_table is not None:
        _say(_ceiling(given, baseline=found.scenario.baseline, smallest=found.scenario.smallest_effect))
    if given.out is not None:
        _write_power(found, given.out)
    return 0


def _ceiling(given: argparse.Namespace, *, baseline: float, smallest: float | None) -> str:
    from analysis.core.dataset import read_raw
    from analysis.power.ceiling import ceiling

    cases = read_raw(given.case_table)
    if "ai_confidence" in cases.columns:
        cases = cases.assign(ai_confidence=cases["ai_confidence"].astype(float))
    alone = baseline if given.human_accuracy is None else given.human_accuracy
    return ceiling(cases, human_accuracy=alone, smallest_effect=smallest).sentence


def _write_power(found: Any, out: Path) -> None:
    import json

    from analysis.report.write import plain

    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(plain(found.as_dict()), sort_keys=True, indent=2, ensure_ascii=False)
    (out / "power.json").write_text(f"{text}\n", encoding="utf-8")
    (out / "power.svg").write_text(found.figure, encoding="utf-8")
    found.table.to_csv(out / "power.csv", index=False)
    _say(f"Written {out / 'power.json'}, {out / 'power.csv'} and {out / 'power.svg'}")


def _codings(given: argparse.Namespace) -> int:
    import io

    import pandas as pd

    from analysis.core.codings import codings_text, read_codes
    from analysis.report.kappa import coder_agreement
    from analysis.report.wording import number

    first, second = given.files
    names = [first.stem, second.stem] if first.stem != second.stem else [str(first), str(second)]
    codes = {
        name: read_codes(file.read_bytes(), name=str(file))
        for name, file in zip(names, given.files, strict=True)
    }
    text = codings_text(codes)
    given.out.write_text(text, encoding="utf-8", newline="")
    found = coder_agreement(pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)) or {}
    if found["undefined"]:
        raise ValueError(found["undefined"])
    _say(
        f"Kappa {number(found['kappa'])} (95 % interval {number(found['low'])} to {number(found['high'])}) over "
        f"{found['n']} texts coded by both; {found['n_single']} by one only. Written {given.out}"
    )
    return 0


def _preregister(given: argparse.Namespace) -> int:
    from analysis.core.plan import plan_from, plan_mapping, preregistration
    from analysis.measures import registry

    mapping = plan_mapping(given.plan)
    plan = plan_from(mapping, measures=registry.names())
    _say(preregistration(plan, form=given.form, study=mapping if "plan" in mapping else None))
    return 0


def _bar(width: int = 30) -> Callable[[int, int], None]:
    """Return a progress bar on the error stream: share done and time left; one line in the end."""
    begun = time.monotonic()

    def show(done: int, total: int) -> None:
        filled = width * done // total
        left = (time.monotonic() - begun) * (total - done) / done
        line = (
            f"\r[{'#' * filled}{'-' * (width - filled)}] {done} of {total} simulations, {left:.0f} s left  "
        )
        sys.stderr.write(line + ("\n" if done == total else ""))
        sys.stderr.flush()

    return show


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
