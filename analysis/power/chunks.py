"""Simulations in chunks: plain values in, plain counts out, so that processes or other machines can share the work.

A chunk's random numbers depend on the seed, its cell of the grid and its place only: who computes it, and in
which order, changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from analysis.power.generate import draw_study
from analysis.power.planned import check_simulated, p_values
from analysis.power.scenario import Scenario

CHUNK = 25
Chunk = dict[str, Any]


def chunks_of(
    scenarios: Sequence[Scenario], *, simulations: int, seed: int = 1, size: int = CHUNK
) -> list[Chunk]:
    """Cut the simulations of a grid into chunks.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Cells of the grid.
    simulations : int
        For each cell, at least 1.
    seed : int
        Of all random numbers.
    size : int
        Simulations in a chunk.

    Returns
    -------
    list of dict
        Plain values: ``cell, chunk, simulations, seed, scenario``.

    Raises
    ------
    CannotSimulateError
        When a planned test cannot be simulated.
    ValueError
        When a number is below 1.

    Examples
    --------
    >>> from analysis.core.plan import plan_from
    >>> from analysis.power.scenario import scenario_of
    >>> outcome = {"measure": "accuracy", "contrast": "ig - ai", "smallest_effect": 0.05}
    >>> chunks = chunks_of([scenario_of(plan_from({"primary": outcome}))], simulations=60)
    >>> [(chunk["chunk"], chunk["simulations"]) for chunk in chunks]
    [(0, 25), (1, 25), (2, 10)]
    """
    if simulations < 1 or size < 1:
        raise ValueError(f"simulations and size must be at least 1, got {simulations} and {size}.")
    for scenario in scenarios:
        check_simulated(scenario)
    return [
        {
            "cell": cell,
            "chunk": at,
            "simulations": min(size, simulations - at * size),
            "seed": seed,
            "scenario": scenario.as_dict(),
        }
        for at in range(-(-simulations // size))
        for cell, scenario in enumerate(scenarios)
    ]


def run_chunk(chunk: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out one chunk.

    Parameters
    ----------
    chunk : mapping
        As of `chunks_of`.

    Returns
    -------
    dict
        ``cell, chunk, simulations``; ``shown`` (simulations in which the hypothesis was shown), ``by_contrast``
        (for each contrast), ``failed`` (no p value for some contrast; counted as not shown), ``estimate_sum``
        (sum of the estimates of each contrast), ``estimated`` and ``stopped`` (sum of the share of participants at
        which it stopped).
    """
    import numpy as np

    scenario = Scenario.from_dict(chunk["scenario"])
    levels = _levels(scenario)
    k = len(scenario.contrasts)
    shown, failed, stopped = 0, 0, 0.0
    by_contrast, sums, estimated = np.zeros(k, dtype=int), np.zeros(k), np.zeros(k, dtype=int)
    for number in range(chunk["simulations"]):
        sequence = np.random.SeedSequence(chunk["seed"], spawn_key=(chunk["cell"], chunk["chunk"], number))
        study = draw_study(scenario, np.random.Generator(np.random.PCG64(sequence)))
        outcome = _one(scenario, study, levels, seed=int(sequence.generate_state(1)[0]))
        shown += outcome["shown"]
        failed += outcome["failed"]
        stopped += outcome["stopped"]
        by_contrast += outcome["by_contrast"]
        known = ~np.isnan(outcome["values"])
        sums += np.where(known, outcome["values"], 0.0)
        estimated += known
    return {
        "cell": chunk["cell"],
        "chunk": chunk["chunk"],
        "simulations": chunk["simulations"],
        "shown": int(shown),
        "failed": int(failed),
        "stopped": float(stopped),
        "by_contrast": by_contrast.tolist(),
        "estimate_sum": sums.tolist(),
        "estimated": estimated.tolist(),
    }


def combine(results: Iterable[Mapping[str, Any]]) -> dict[int, dict[str, Any]]:
    """Add up the results of chunks, in whichever order they came; one that came twice counts once.

    Parameters
    ----------
    results : iterable of mapping
        As of `run_chunk`.

    Returns
    -------
    dict of int to dict
        Totals by cell.

    Examples
    --------
    >>> one = {"cell": 0, "chunk": 0, "simulations": 10, "shown": 8, "failed": 0, "stopped": 10.0,
    ...        "by_contrast": [8], "estimate_sum": [0.5], "estimated": [10]}
    >>> combine([one, one])[0]["shown"]
    8
    """
    once = {(one["cell"], one["chunk"]): one for one in results}
    totals: dict[int, dict[str, Any]] = {}
    for _, one in sorted(once.items()):
        total = totals.setdefault(one["cell"], {})
        for name in ("simulations", "shown", "failed", "stopped"):
            total[name] = total.get(name, 0) + one[name]
        for name in ("by_contrast", "estimate_sum", "estimated"):
            before = total.get(name, [0] * len(one[name]))
            total[name] = [a + b for a, b in zip(before, one[name], strict=True)]
    return totals


def _levels(scenario: Scenario) -> list[tuple[float, float]]:
    """Return the share of participants and the level of every look; once, at the end, without looks."""
    # A margin has one side: it is tested at half of alpha, as its interval shows.
    alpha = scenario.alpha / 2 if scenario.claim == "non_inferiority" else scenario.alpha
    if not scenario.looks or scenario.spending not in ("obrien_fleming", "pocock"):
        return [(1.0, alpha)]
    from analysis.core.monitoring import nominal_alphas

    one_sided = scenario.direction != "two_sided" or scenario.claim != "difference"
    kind: Literal["pocock", "obrien_fleming"] = (
        "pocock" if scenario.spending == "pocock" else "obrien_fleming"
    )
    levels = nominal_alphas(scenario.looks, alpha=alpha, kind=kind, sides=1 if one_sided else 2)
    return list(zip(scenario.looks, levels, strict=True))


def _one(scenario: Scenario, study: Any, levels: list[tuple[float, float]], *, seed: int) -> dict[str, Any]:
    import numpy as np

    for share, level in levels:
        seen = study if share >= 1 else study.first(math.ceil(share * scenario.participants))
        ps, values = p_values(scenario, seen, seed=seed)
        held = _held(scenario, ps, values, level=level)
        shown = bool(held.all()) if scenario.conjunction or len(ps) == 1 else bool(held.any())
        # Other contrasts of a family go on to the end: stopping is for the hypothesis as a whole.
        if share >= 1 or (shown and (scenario.conjunction or len(ps) == 1)):
            break
    return {
        "shown": shown,
        "failed": bool(np.isnan(ps).any()),
        "stopped": share,
        "by_contrast": held.astype(int),
        "values": np.array(values),
    }


def _held(scenario: Scenario, ps: list[float], values: list[float], *, level: float) -> Any:
    import numpy as np

    corrected = ps
    if len(ps) > 1 and not scenario.conjunction and scenario.multiplicity != "none":
        from analysis.estimators.bh import BenjaminiHochberg
        from analysis.estimators.holm import Holm

        corrected = (BenjaminiHochberg if scenario.multiplicity == "bh" else Holm).estimate(ps)
    held = np.array([p < level for p in corrected])
    if scenario.claim == "difference":
        # A difference in the direction that was not planted is no success, unless none was.
        nothing = 1.0 if scenario.effect_scale == "odds_ratio" else 0.0
        for at, (treatment, control) in enumerate(scenario.contrasts):
            planted = scenario.effects[treatment] - scenario.effects[control]
            if scenario.effects[treatment] != nothing and planted * values[at] < 0:
                held[at] = False
    return held
