"""``make bench``: participants' pages against the yardstick, side by side in one run; prints and writes JSON.

A decision is one answer sent and the next page received. Assay stores the response, the presentation of the next page,
the submission and six events for each; the yardstick stores one row. Both run under the same gunicorn settings on the
same database engine; runs alternate, and ratios are what to rely on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import statistics
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.clients import Participant, Yardstick
from tests.bench.load import closed_loop, paced, percentile
from tests.bench.servers import Running, assay, databases, yardstick

TRIALS, SLOTS = 200, 1600


async def participants(where: Running, count: int, *, first: int) -> list[Participant]:
    people = [Participant(where.host, where.port, number=first + i) for i in range(count)]
    for start in range(0, count, 50):
        await asyncio.gather(*(person.enrol() for person in people[start : start + 50]))
    return people


async def loop_run(where: Running, people: list[Any], *, seconds: float) -> dict[str, float]:
    cpu = where.cpu_s()
    latencies, took = await closed_loop([person.decide for person in people], seconds=seconds)
    return {
        "decisions_per_s": len(latencies) / took,
        "cpu_ms_per_decision": (where.cpu_s() - cpu) * 1000 / len(latencies),
        "p95_ms": percentile(latencies, 0.95),
    }


async def side_by_side(
    ours: Running, least: Running, *, at_once: int, seconds: float, rounds: int
) -> dict[str, Any]:
    """Alternate both applications with ``at_once`` connections, everyone acting as fast as they are answered."""
    people = await participants(ours, at_once, first=at_once * 1000)
    others = [Yardstick(least.host, least.port, number=at_once * 1000 + i) for i in range(at_once)]
    mine, theirs = [], []
    # Both answer for a while before anything counts: a launched study is served from what each process has read.
    await loop_run(least, others, seconds=seconds)
    await loop_run(ours, people, seconds=seconds)
    for _ in range(rounds):
        theirs.append(await loop_run(least, others, seconds=seconds))
        mine.append(await loop_run(ours, people, seconds=seconds))
    for client in [*people, *others]:
        await client.connection.close()
    ratios = [a["decisions_per_s"] / b["decisions_per_s"] for a, b in zip(mine, theirs, strict=True)]
    return {
        "assay": middle(mine),
        "yardstick": middle(theirs),
        "ratio": statistics.median(ratios),
        "ratios": ratios,
    }


async def think_time(ours: Running, *, count: int, think_s: float, seconds: float) -> dict[str, float]:
    """Let ``count`` participants think before each decision."""
    people = await participants(ours, count, first=900_000)
    cpu, before = ours.cpu_s(), sum(person.bytes for person in people)
    latencies, took = await paced([person.decide for person in people], seconds=seconds, think_s=think_s)
    sent = sum(person.bytes for person in people) - before
    for person in people:
        await person.connection.close()
    return {
        "decisions_per_s": len(latencies) / took,
        "cpu_ms_per_decision": (ours.cpu_s() - cpu) * 1000 / len(latencies),
        "p50_ms": percentile(latencies, 0.5),
        "p95_ms": percentile(latencies, 0.95),
        "p99_ms": percentile(latencies, 0.99),
        "bytes_per_decision": sent / len(latencies),
        "bytes_per_trial": 2 * sent / len(latencies),
    }


def middle(runs: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def bench(engine: str, *, seconds: float, rounds: int, people: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        folder = Path(name)
        with (
            databases(engine, folder) as (own, other),
            assay(own, folder, trials=TRIALS, slots=SLOTS) as ours,
            yardstick(other, folder) as least,
        ):
            found: dict[str, Any] = {}
            for at_once in (50, 200):
                found[f"{at_once}_at_once"] = asyncio.run(
                    side_by_side(ours, least, at_once=at_once, seconds=seconds, rounds=rounds)
                )
                say(engine, at_once, found[f"{at_once}_at_once"])
            found["paced"] = asyncio.run(
                think_time(ours, count=people, think_s=5, seconds=max(30, 5 * seconds))
            )
            say_paced(engine, people, found["paced"])
            return found


def say(engine: str, at_once: int, row: dict[str, Any]) -> None:
    mine, theirs = row["assay"], row["yardstick"]
    print(
        f"{engine:<9}{at_once:>4} at once   Assay {mine['decisions_per_s']:6.0f}/s  yardstick "
        f"{theirs['decisions_per_s']:6.0f}/s  ratio {row['ratio']:.2f}   CPU {mine['cpu_ms_per_decision']:.2f} ms "
        f"({theirs['cpu_ms_per_decision']:.2f})   p95 {mine['p95_ms']:.0f} ms ({theirs['p95_ms']:.0f})",
        flush=True,
    )


def say_paced(engine: str, people: int, row: dict[str, float]) -> None:
    print(
        f"{engine:<9}{people:>4} at 5 s      Assay {row['decisions_per_s']:6.0f}/s  p50 {row['p50_ms']:.0f}  "
        f"p95 {row['p95_ms']:.0f}  p99 {row['p99_ms']:.0f} ms   CPU {row['cpu_ms_per_decision']:.2f} ms   "
        f"{row['bytes_per_trial'] / 1024:.1f} kB a trial (two pages)",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=["postgres", "sqlite", "both"], default="both")
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--out", type=Path, default=Path("var/bench/pages.json"))
    chosen = parser.parse_args()
    engines = ["postgres", "sqlite"] if chosen.engine == "both" else [chosen.engine]
    found = {e: bench(e, seconds=chosen.seconds, rounds=chosen.rounds, people=chosen.people) for e in engines}
    found["machine"] = {"python": platform.python_version(), "system": platform.platform()}
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(json.dumps(found, indent=2) + "\n")
    print(f"written to {chosen.out}")


if __name__ == "__main__":
    main()
