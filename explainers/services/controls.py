"""Asking for controls: which artefact each one is made of, and the jobs that make it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from explainers.core.digest import digest_of
from explainers.core.errors import ExplanationRefused, NotReady
from explainers.core.method import Method
from explainers.methods import METHODS
from explainers.models import Case, Predictor
from explainers.selectors import prediction_map

OTHER = {"advised": "rank_2", "rank_2": "advised"}


def control_method(control: Mapping[str, Any], *, of: str) -> type[Method]:
    """Return the plug-in that makes a declared control, such as `{"kind": "shuffled", "of": METHOD}`."""
    if set(control) - {"kind", "of"} or control.get("of", of) != of:
        raise ExplanationRefused(
            f"A control of {of} is {{'kind': KIND, 'of': {of!r}}}, not {dict(control)!r:.200}."
        )
    plugins = [plugin for plugin in map(METHODS.get, METHODS.names()) if plugin.control]
    for plugin in plugins:
        if control.get("kind") in (plugin.control, plugin.name):
            return plugin
    kinds = ", ".join(sorted(plugin.control for plugin in plugins))
    raise ExplanationRefused(f"There is no control of the kind {control.get('kind')!r}; there are {kinds}.")


def source_target(plugin: type[Method], *, target: str) -> str:
    """Return the target of the artefacts that a control is made of."""
    if plugin.made_of != "rank_2":
        return target
    if target not in OTHER:
        raise ExplanationRefused(
            f"A control of the kind {plugin.control} is of the target advised or rank_2, not {target!r}."
        )
    return OTHER[target]


def donors(*, predictor: Predictor, cases: Sequence[Case], target: str, seed: int) -> dict[int, int]:
    """
    Return, by id, the case whose explanation each case is given: the next one of its class in a ring.

    The order of a ring is drawn from the seed. What people are advised decides the class, so predictions must be there.
    """
    said = prediction_map(predictor=predictor, case_ids=[case.pk for case in cases])
    missing = [case.key for case in cases if case.pk not in said]
    if missing:
        raise NotReady(
            f"The predictions of {len(missing)} cases are not there yet, the first is {missing[0]}: "
            "which cases are of one class is not known before."
        )
    rings: dict[str, list[Case]] = {}
    for case in cases:
        label = said[case.pk].label if target in OTHER else ""
        rings.setdefault(label, []).append(case)
    given: dict[int, int] = {}
    for label, ring in rings.items():
        if len(ring) < 2:
            raise ExplanationRefused(
                f"Case {ring[0].key} is the only one advised {label!r}: there is no other case of its class."
            )
        ring.sort(key=lambda case: digest_of({"case": case.digest, "key": case.key, "seed": seed}))
        for place, case in enumerate(ring):
            given[case.pk] = ring[(place + 1) % len(ring)].pk
    return given
