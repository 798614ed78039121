"""Power of a planned question over a grid of sizes: on all cores, with the Monte-Carlo error of every number."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.core.plan import Plan, plan_from, plan_mapping
from analysis.power.chunks import Chunk, chunks_of, combine, run_chunk
from analysis.power.scenario import Scenario, scenario_of

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[int, int], None]
_COLUMNS = (
    "participants", "cases", "trials", "power", "low", "high", "monte_carlo_error", "simulations", "failed",
    "mean_estimate", "mean_share_needed",
)  # fmt: skip


@dataclass(frozen=True)
class PowerResult:
    """Power over a grid of sizes.

    Attributes
    ----------
    rows : tuple of dict
        One for each size: ``participants, cases, trials``; ``power`` with ``monte_carlo_error`` (its standard error)
        and 95 % limits ``low, high`` (Wilson); ``by_contrast``; ``simulations``, ``failed`` (no p value; counted as
        not shown); ``mean_estimate`` of the first contrast; ``mean_share_needed`` (below 1 when looks stop it
        early).
    scenario : Scenario
        What was taken to be true (size of the first row).
    target : float
        Power that is wanted.
    seed : int
        Of the simulations.
    """

    rows: tuple[dict[str, Any], ...]
    scenario: Scenario
    target: float
    seed: int

    @property
    def table(self) -> pd.DataFrame:
        """The rows as a table."""
        import pandas as pd

        return pd.DataFrame(list(self.rows))[list(_COLUMNS)]

    @property
    def recommendation(self) -> str:
        """What to do, in words."""
        from analysis.power.words import recommendation

        return recommendation(self.rows, scenario=self.scenario, target=self.target)

    @property
    def figure(self) -> str:
        """Power against participants, as a picture (SVG)."""
        from analysis.power.figure import power_figure

        return power_figure(self.rows, target=self.target)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "rows": list(self.rows),
            "scenario": asdict(self.scenario),
            "target": self.target,
            "seed": self.seed,
            "recommendation": self.recommendation,
        }


def simulate_power(  # noqa: PLR0913 - a study is said in one call
    plan: Plan | Mapping[str, Any] | str | PathLike[str],
    *,
    participants: int | Sequence[int] | None = None,
    cases: int | Sequence[int] = 24,
    trials: int | Sequence[int] | None = None,
    simulations: int = 1000,
    seed: int = 1,
    target: float = 0.9,
    workers: int | None = None,
    progress: Progress | None = None,
    **truth: Any,
) -> PowerResult:
    """Simulate the power of a plan's primary question over participants x cases x trials.

    ``logit p = b_x + u_i + w_j + s_i + t_j`` with crossed random effects of participants and cases (the natural
    logarithm of times likewise, with a residual); the planned test is carried out on each simulated study.

    Parameters
    ----------
    plan : Plan, mapping or path
        Its primary question decides measure, contrasts, conjunction, claim, estimator, alpha and looks.
    participants, cases, trials : int or sequence of int
        Sizes: participants in all (the plan's n by default), cases of the study, trials of each participant (all
        cases by default). Every combination is simulated; trials beyond the cases are left out.
    simulations : int
        Studies for each size.
    seed : int
        Same seed, same numbers, however many processes there are.
    target : float
        Power wanted, for the recommendation.
    workers : int, optional
        Processes; all cores by default, 1 for none but this one.
    progress : callable, optional
        Is told how many simulations are done, and of how many.
    **truth
        What is taken to be true: ``effect``, ``effect_scale``, ``baseline``, ``participant_sd``, ``case_sd``,
        ``slope_sd``, ``case_slope_sd``, ``residual_sd``, ``ai_accuracy``, ``attrition``, ``ratio``; see
        `analysis.power.scenario.scenario_of`.

    Returns
    -------
    PowerResult
        Rows in the order participants, cases, trials.

    Raises
    ------
    CannotSimulateError
        When the plan gives no effect or its test cannot be simulated.
    ValueError
        When plan or numbers cannot be used, all faults in one message.

    Notes
    -----
    A simulation is as good as its guesses: vary the standard deviations and the baseline before you believe it.

    References
    ----------
    .. [1] Green & MacLeod (2016). SIMR: an R package for power analysis of generalized linear mixed models by
       simulation. Methods Ecol. Evol. 7, 493-498. https://doi.org/10.1111/2041-210X.12504

    Examples
    --------
    >>> outcome = {"measure": "accuracy", "contrast": "ig - ai", "smallest_effect": 0.1}
    >>> found = simulate_power({"primary": outcome}, participants=[40, 160], cases=12, simulations=50, workers=1)
    >>> found.rows[0]["power"] < found.rows[1]["power"]
    True
    """
    if not 0 < target < 1:
        raise ValueError(f"target must lie between 0 and 1, got {target}.")
    scenarios = grid_of(plan, participants=participants, cases=cases, trials=trials, **truth)
    chunks = chunks_of(scenarios, simulations=simulations, seed=seed)
    results = _carry_out(chunks, workers=workers, progress=progress)
    return result_of(scenarios, results, target=target, seed=seed)


def grid_of(
    plan: Plan | Mapping[str, Any] | str | PathLike[str],
    *,
    participants: int | Sequence[int] | None = None,
    cases: int | Sequence[int] = 24,
    trials: int | Sequence[int] | None = None,
    **truth: Any,
) -> list[Scenario]:
    """Make the scenario of every size; see `simulate_power`.

    Parameters
    ----------
    plan, participants, cases, trials, **truth
        As for `simulate_power`.

    Returns
    -------
    list of Scenario
        Cells of the grid, in order.

    Raises
    ------
    ValueError
        As for `simulate_power`.

    Examples
    --------
    >>> outcome = {"measure": "accuracy", "contrast": "ig - ai", "smallest_effect": 0.1}
    >>> [one.participants for one in grid_of({"primary": outcome}, participants=[40, 80])]
    [40, 80]
    """
    base = scenario_of(_checked(plan), **truth)
    sizes = [
        (n, k, t)
        for n in _listed(participants if participants is not None else base.participants)
        for k in _listed(cases)
        for t in _listed(k if trials is None else trials)
        if t <= k
    ]
    if not sizes:
        raise ValueError("No size is left: trials of a participant cannot be more than the cases.")
    return [base.sized(participants=n, cases=k, trials=t) for n, k, t in sizes]


def result_of(
    scenarios: Sequence[Scenario], results: Iterable[Mapping[str, Any]], *, target: float, seed: int
) -> PowerResult:
    """Make the result of a grid from the results of all its chunks, whoever computed them.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Of `grid_of`.
    results : iterable of mapping
        Of `analysis.power.chunks.run_chunk`, in any order.
    target : float
        Power wanted.
    seed : int
        Of the simulations.

    Returns
    -------
    PowerResult
        One row for each scenario.

    Raises
    ------
    ValueError
        When a cell has no result.
    """
    totals = combine(results)
    absent = [str(cell) for cell in range(len(scenarios)) if cell not in totals]
    if absent:
        raise ValueError(f"No simulation of cell(s) {', '.join(absent)} of the grid is there yet.")
    rows = tuple(_row(scenario, totals[cell]) for cell, scenario in enumerate(scenarios))
    return PowerResult(rows=rows, scenario=scenarios[0], target=target, seed=seed)


def _checked(plan: Plan | Mapping[str, Any] | str | PathLike[str]) -> Plan:
    if isinstance(plan, Plan):
        return plan
    from analysis.measures import registry

    mapping = plan if isinstance(plan, Mapping) else plan_mapping(Path(plan))
    return plan_from(mapping, measures=registry.names())


def _listed(value: int | Sequence[int]) -> list[int]:
    return [value] if isinstance(value, int) else list(dict.fromkeys(value))


def _carry_out(
    chunks: list[Chunk], *, workers: int | None, progress: Progress | None
) -> Iterator[dict[str, Any]]:
    total = sum(chunk["simulations"] for chunk in chunks)
    processes = min(workers or os.cpu_count() or 1, len(chunks))
    done = 0
    for result in map(run_chunk, chunks) if processes == 1 else _spread(chunks, processes=processes):
        done += result["simulations"]
        if progress is not None:
            progress(done, total)
        yield result


def _spread(chunks: Iterable[Chunk], *, processes: int) -> Iterator[dict[str, Any]]:
    # Spawned, not forked: a fork would copy the locks of whatever threads the caller has.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_one_thread) as pool:
        waiting = [pool.submit(run_chunk, chunk) for chunk in chunks]
        try:
            for future in as_completed(waiting):
                yield future.result()
        finally:
            for future in waiting:
                future.cancel()


def _one_thread() -> None:
    # Set before numpy is imported in the process: the processes share the cores, not their matrix products.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"


def _row(scenario: Scenario, total: Mapping[str, Any]) -> dict[str, Any]:
    from analysis.estimators.wilson import Wilson

    n = total["simulations"]
    each = [count / n for count in total["by_contrast"]]
    shown = total["shown"] if scenario.conjunction or len(each) == 1 else min(total["by_contrast"])
    power = shown / n
    limits = Wilson.estimate(shown, n)
    estimated = total["estimated"][0]
    return {
        "participants": scenario.participants,
        "cases": scenario.cases,
        "trials": scenario.trials,
        "power": power,
        "low": limits.low,
        "high": limits.high,
        "monte_carlo_error": math.sqrt(power * (1 - power) / n),
        "simulations": n,
        "failed": total["failed"],
        "by_contrast": each,
        "mean_estimate": total["estimate_sum"][0] / estimated if estimated else math.nan,
        "mean_share_needed": total["stopped"] / n,
    }
