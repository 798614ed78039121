"""The blinded look while a study runs: how many are in, how values spread, what size that asks for; no condition."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

from analysis.core.dataset import read_dataset
from analysis.core.estimate import CannotEstimateError
from analysis.core.monitoring import Blinded, blinded_interim
from analysis.core.plan import Plan, read_plan
from analysis.measures import registry
from analysis.report.contrasts import effect_bound
from analysis.report.sample import sample_of
from analysis.report.sensitivity import main_sample
from analysis.report.wording import number


def blinded_look(table: str | PathLike[str], *, plan: str | PathLike[str], power: float = 0.9) -> list[str]:
    """Look at a running study without its conditions.

    Parameters
    ----------
    table : path
        ``trials.csv``, ``trials.parquet`` or a dataset folder.
    plan : path
        With a smallest effect of the primary measure, if the size is to be looked at again.
    power : float
        That the size is to give.

    Returns
    -------
    list of str
        Sentences; none tells a mean or anything by condition, so that the look costs no alpha.

    Raises
    ------
    ValueError
        When table or plan cannot be used, or the participants met several conditions.
    """
    read = read_plan(Path(plan), measures=registry.names())
    sample = main_sample(sample_of(read_dataset(Path(table))), plan=read)
    if sample.is_within:
        raise CannotEstimateError(
            "Participants met several conditions: how their differences spread cannot be seen without knowing which "
            "value belongs to which condition. There is no blinded look at such a study."
        )
    measure = registry.get(read.primary.measure)
    people = sample.cells(measure)
    values = people["scaled"]
    words = [_in_so_far(int(values.notna().sum()), plan=read)]
    bound = effect_bound(read.primary.smallest_effect, scale=measure.scale)
    if bound is None:
        return [*words, "The plan names no smallest effect: the size cannot be looked at again."]
    names = _compared(read)
    compared = values[people["condition"].isin(names).to_numpy(dtype=bool)].to_numpy(dtype=float)
    found = blinded_interim(
        compared, smallest_effect=bound, alpha=read.alpha, power=power, conditions=len(names)
    )
    return [*words, *_spread(found, measure=measure, plan=read, power=power)]


def _compared(plan: Plan) -> list[str]:
    return sorted({name for one in plan.primary.contrasts for name in (one.treatment, one.control)})


def _in_so_far(n: int, *, plan: Plan) -> str:
    share = f", {100 * n / plan.n:.0f} % of the {plan.n} that are planned" if plan.n else ""
    return f"{n} participants have a value of the primary measure ({plan.primary.measure}){share}."


def _spread(found: Blinded, *, measure: Any, plan: Plan, power: float) -> list[str]:
    scale = "of the logarithm" if measure.scale == "log" else measure.unit
    compared = f"the conditions of the primary question ({len(_compared(plan))})"
    widths = (
        f"Over all of them together, without their conditions, the standard deviation is "
        f"{number(found.sd, digits=3)} ({scale}; 95 % interval {number(found.sd_low, digits=3)} to "
        f"{number(found.sd_high, digits=3)}); {found.n_undefined} have no value."
    )
    size = (
        f"At this spread {found.needed} participants in {compared} give a power of {power:g} to find the smallest "
        f"effect at alpha {plan.alpha:g}. Such a look costs no alpha; it may make a study larger, never decide it."
    )
    return [widths, size]
