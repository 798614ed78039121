"""Asking for families: the same explanation by other checkpoints, so that a study can spread them over people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from explainers.core.errors import ExplanationRefused, NotReady
from explainers.models import Case, Predictor
from explainers.selectors import prediction_map
from explainers.services.explanations import explanations_request

ADVISED = "advised"


@transaction.atomic
def explanation_checkpoints_request(
    *,
    predictor: Predictor,
    checkpoints: Sequence[Predictor],
    cases: Sequence[Case],
    method: str,
    target: str = ADVISED,
    parameters: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> dict[str, list[str]]:
    """
    Queue the explanation of every case by several checkpoints and return the keys by the checkpoint's name.

    People are advised by `predictor`, so for the target `advised` every checkpoint explains the class that this one
    advises, whatever it would say itself: all variants of a case are of one class and one family. The advice has to be
    there first.
    """
    for checkpoint in checkpoints:
        if checkpoint.classes != predictor.classes:
            raise ExplanationRefused(f"{checkpoint.name} has other classes than {predictor.name}.")
    groups = _by_advice(predictor, cases) if target == ADVISED else {target: list(cases)}
    keys: dict[str, list[str]] = {}
    for checkpoint in checkpoints:
        by_case: dict[int, str] = {}
        for each, group in groups.items():
            found = explanations_request(
                predictor=checkpoint,
                cases=group,
                method=method,
                target=each,
                parameters=parameters,
                seed=seed,
            )
            by_case |= {case.pk: key for case, key in zip(group, found, strict=True)}
        keys[checkpoint.name] = [by_case[case.pk] for case in cases]
    return keys


def _by_advice(predictor: Predictor, cases: Sequence[Case]) -> dict[str, list[Case]]:
    said = prediction_map(predictor=predictor, case_ids=[case.pk for case in cases])
    missing = [case.key for case in cases if case.pk not in said]
    if missing:
        raise NotReady(
            f"{len(missing)} cases have no advice by {predictor.name} yet, the first is {missing[0]}."
        )
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(f"class: {said[case.pk].label}", []).append(case)
    return groups
