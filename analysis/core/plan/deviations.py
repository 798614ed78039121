"""Deviations: what differs between the plan that was locked and what was done, part by part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analysis.core.plan.values import Deviation, Plan

_DEFAULTS: dict[str, Any] = {
    "multiplicity": {"method": "holm", "family": "apart"},
    "analyse": "intention_to_treat",
    "alpha": 0.05,
    "estimator": "participant_contrast",
    "cases": "random",
    "secondary": [],
    "exclude": [],
    "sensitivity": [],
    "subgroups": [],
    "moderators": [],
    "effects": [],
}
_HYPOTHESIS_DEFAULTS: dict[str, Any] = {
    "all": False,
    "direction": "two_sided",
    "equivalence": False,
    "non_inferiority": False,
    "placed": "between",
}
_NOTHING = object()


def compare_plans(
    locked: Mapping[str, Any], used: Mapping[str, Any], *, when: str = "", why: str = ""
) -> tuple[Deviation, ...]:
    """List what differs between two plans.

    Parameters
    ----------
    locked, used : mapping
        Bare plans. A default that one of them writes out and the other leaves unsaid is no difference, nor is
        one contrast written alone or as a list of one.
    when, why : str
        Moment and reason of the change, as recorded.

    Returns
    -------
    tuple of Deviation
        In order of place; empty when the plans ask for the same.

    Examples
    --------
    >>> one = {"primary": {"measure": "accuracy", "contrast": "ig - ai"}, "alpha": 0.05}
    >>> two = {"primary": {"measure": "rt_ms", "contrasts": ["ig - ai"]}}
    >>> [(found.where, found.planned, found.used) for found in compare_plans(one, two)]
    [('primary.measure', 'accuracy', 'rt_ms')]
    """
    found = _differences(_normal(locked), _normal(used), where="")
    return tuple(
        Deviation(where, planned, done, when=when, why=why)
        for where, planned, done in sorted(found, key=_place)
    )


def deviations_of_data(
    plan: Plan,
    *,
    n_analysed: int,
    looks_taken: tuple[float, ...] = (),
    cannot: Mapping[str, str] | None = None,
) -> tuple[Deviation, ...]:
    """List where the data fell short of the plan.

    Parameters
    ----------
    plan : Plan
        As locked.
    n_analysed : int
        Participants in the main analysis.
    looks_taken : tuple of float
        Information fractions at which somebody looked, in order.
    cannot : mapping of str to str, optional
        Planned analyses that could not be carried out, with the reason.

    Returns
    -------
    tuple of Deviation
        Fewer or more participants than planned, looks that nobody planned, planned looks that were left out (when
        any was taken), analyses that could not be made.

    Examples
    --------
    >>> from analysis.core.plan import plan_from
    >>> plan = plan_from({"primary": {"measure": "accuracy", "contrast": "ig - ai"}, "n": 100})
    >>> [str(one.used) for one in deviations_of_data(plan, n_analysed=93)]
    ['93']
    """
    found = []
    if plan.n is not None and n_analysed != plan.n:
        found.append(Deviation("n", plan.n, n_analysed))
    unplanned = [one for one in looks_taken if not any(abs(one - look) < 0.01 for look in plan.looks)]
    skipped = [
        look
        for look in plan.looks[:-1]
        if looks_taken and not any(abs(one - look) < 0.01 for one in looks_taken)
    ]
    if unplanned and plan.spending != "always_valid":
        found.append(Deviation("looks", list(plan.looks) or None, unplanned))
    if skipped:
        found.append(Deviation("looks", skipped, None))
    found += [Deviation(where, "as planned", None, why=why) for where, why in (cannot or {}).items()]
    return tuple(found)


def _normal(plan: Mapping[str, Any]) -> dict[str, Any]:
    found = {**_DEFAULTS, **plan}
    if not isinstance(found["multiplicity"], Mapping):
        found["multiplicity"] = {"method": found["multiplicity"]}
    found["multiplicity"] = {**_DEFAULTS["multiplicity"], **found["multiplicity"]}
    estimator = found["estimator"]
    if "primary" in found:
        found["primary"] = _normal_hypothesis(found["primary"], estimator=estimator)
    found["secondary"] = {
        f"[{at}]": _normal_hypothesis(one, estimator=estimator)
        for at, one in enumerate(_listed(found["secondary"]))
    }
    if "looks" in found:
        found.setdefault("spending", "obrien_fleming")
    del found["estimator"]  # said by every hypothesis
    return found


def _normal_hypothesis(item: Any, *, estimator: Any) -> Any:
    if not isinstance(item, Mapping):
        return item
    found = {**_HYPOTHESIS_DEFAULTS, "estimator": estimator, **item}
    found["contrasts"] = _listed(found.pop("contrast", None)) or found.get("contrasts")
    return found


def _differences(planned: Any, used: Any, *, where: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(planned, Mapping) and isinstance(used, Mapping):
        for key in {*planned, *used}:
            place = f"{where}{key}" if str(key).startswith("[") else f"{where}.{key}".strip(".")
            yield from _differences(planned.get(key, _NOTHING), used.get(key, _NOTHING), where=place)
    elif not _same(planned, used):
        yield where, _known(planned), _known(used)


def _known(value: Any) -> Any:
    return None if value is _NOTHING else value


def _same(planned: Any, used: Any) -> bool:
    if isinstance(planned, bool) or isinstance(used, bool):
        return planned is used
    if isinstance(planned, list | tuple) and isinstance(used, list | tuple):
        return len(planned) == len(used) and all(
            _same(one, other) for one, other in zip(planned, used, strict=True)
        )
    return bool(planned == used)


def _place(difference: tuple[str, Any, Any]) -> str:
    return difference[0]


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
