"""Asking for explanations and for the controls made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction

from explainers.core.attribution import expand_target, resolve_target
from explainers.core.digest import job_key
from explainers.core.errors import ExplanationRefused
from explainers.core.method import Method
from explainers.core.numerics import CPU, Numerics, numerics_of
from explainers.methods import METHODS
from explainers.models import Case, Job, Predictor
from explainers.services.controls import control_method, donors, source_target
from explainers.services.jobs import jobs_add
from explainers.services.predictions import prediction_jobs, prediction_key
from explainers.services.references import references_check

IMPORTED = "imported"


@transaction.atomic
def explanations_request(
    *,
    predictor: Predictor,
    cases: Sequence[Case],
    method: str,
    target: str = "advised",
    parameters: Mapping[str, Any] | None = None,
    control: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> list[str]:
    """
    Queue one explanation per case and return the keys, in the order of the cases; a repeat adds nothing.

    The target `each_option` asks for one explanation of every class, class by class. With `control={"kind": KIND}` the
    keys are those of controls made of `method`'s explanations, which are queued too. Predictions that are missing
    are queued first: the target of an explanation comes from them.
    """
    targets = expand_target(target, classes=predictor.classes)
    if targets != [target]:
        return [
            key
            for each in targets
            for key in explanations_request(
                predictor=predictor, cases=cases, method=method, target=each,
                parameters=parameters, control=control, seed=seed,
            )
        ]  # fmt: skip
    resolve_target(target, scores=dict.fromkeys(predictor.classes, 0.0), classes=predictor.classes)
    plugin = _method_checked(method, predictor=predictor, control=control)
    by_pk = Case.objects.select_related("case_set").in_bulk([case.pk for case in cases])
    cases = [by_pk[case.pk] for case in cases]
    made_by = None if control is None else control_method(control, of=method)
    needed = target if made_by is None else source_target(made_by, target=target)
    jobs = _jobs_of_cases(
        plugin, predictor=predictor, cases=cases,
        payload=_payload(plugin, parameters=parameters, target=needed, seed=seed),
    )  # fmt: skip
    if made_by is None:
        return [job.key for job in jobs]
    sources = jobs
    if made_by.made_of == "other_case":
        given = donors(predictor=predictor, cases=cases, target=target, seed=seed)
        by_case = {job.case_id: job for job in jobs}
        sources = [by_case[given[case.pk]] for case in cases]
    payload = _payload(made_by, parameters={"of": method}, target=target, seed=seed)
    return _controls_request(cases, sources=sources, plugin=made_by, payload=payload)


def _method_checked(method: str, *, predictor: Predictor, control: Mapping[str, Any] | None) -> type[Method]:
    plugin = METHODS.get(method)
    if plugin.control:
        raise ExplanationRefused(f"{method} is a control; ask for a method, with control={{'kind': ...}}.")
    is_random = control is not None and control_method(control, of=method).name == "randomised_predictor"
    if predictor.kind != Predictor.Kind.TRAINED and (plugin.scope != IMPORTED or is_random):
        raise ExplanationRefused(
            f"{predictor.name} is {predictor.kind}: there is no network that {method} could explain. "
            "Bring its explanations as a file, and ask for the method imported."
        )
    return plugin


def _jobs_of_cases(
    plugin: type[Method], *, predictor: Predictor, cases: Sequence[Case], payload: dict[str, Any]
) -> list[Job]:
    if plugin.scope == IMPORTED:
        return _jobs_imported(predictor=predictor, cases=cases, payload=payload)
    references_check(plugin, parameters=payload["parameters"])
    prediction_jobs(predictor=predictor, cases=cases)
    needs = _jobs_by_key([prediction_key(predictor=predictor, case=case) for case in cases])
    jobs = []
    for case in cases:
        job = _job(plugin, predictor=predictor, case=case, payload=dict(payload))
        job.needs = needs[prediction_key(predictor=predictor, case=case)]
        jobs.append(job)
    jobs_add(jobs)
    return jobs


def _jobs_imported(*, predictor: Predictor, cases: Sequence[Case], payload: Mapping[str, Any]) -> list[Job]:
    """Return the jobs under which explanations were brought; every case needs one of this name and target."""
    name, target = payload["parameters"]["name"], payload["target"]
    rows = Job.objects.filter(
        kind=Job.Kind.EXPLAIN, predictor=predictor, method=IMPORTED, case__in=[case.pk for case in cases]
    ).order_by("pk")
    found = {
        job.case_id: job
        for job in rows
        if job.payload["target"] == target and job.payload["parameters"]["name"] == name
    }
    missing = [case.key for case in cases if case.pk not in found]
    if missing:
        raise ExplanationRefused(
            f"{len(missing)} cases have no imported explanation called {name!r:.80} of the target {target} for "
            f"{predictor.name}, the first is {missing[0]}: bring them first (manage.py explainers explanations)."
        )
    return [found[case.pk] for case in cases]


def _controls_request(
    cases: Sequence[Case], *, sources: Sequence[Job], plugin: type[Method], payload: dict[str, Any]
) -> list[str]:
    by_key = _jobs_by_key([source.key for source in sources])
    controls = []
    for case, source in zip(cases, sources, strict=True):
        job = _job(plugin, predictor=source.predictor, case=case, payload={**payload, "source": source.key})
        job.needs = by_key[source.key]
        controls.append(job)
    jobs_add(controls)
    return [job.key for job in controls]


def _payload(
    plugin: type[Method], *, parameters: Mapping[str, Any] | None, target: str, seed: int
) -> dict[str, Any]:
    return {
        "version": plugin.version,
        "parameters": plugin.complete(parameters),
        "target": target,
        "seed": seed,
    }


def _job(plugin: type[Method], *, predictor: Predictor, case: Case, payload: dict[str, Any]) -> Job:
    numerics = numerics_for(plugin)
    key = job_key(
        Job.Kind.EXPLAIN,
        parts={
            "predictor": predictor.digest,
            "case_set": case.case_set.digest,
            "case": case.key,
            "method": plugin.name,
            "numerics": numerics.name,
            **payload,
        },
    )
    return Job(
        kind=Job.Kind.EXPLAIN,
        key=key,
        predictor=predictor,
        case=case,
        method=plugin.name,
        queue="gpu" if numerics.is_cuda else "cpu",
        payload=payload,
    )


def numerics_for(plugin: type[Method]) -> Numerics:
    """Return in which class a method is computed here: attributions in that of the settings, all else on the CPU."""
    return numerics_of(settings.ASSAY_NUMERICS) if plugin.scope == "attribution" else CPU


def _jobs_by_key(keys: Sequence[str]) -> dict[str, Job]:
    return {job.key: job for job in Job.objects.filter(key__in=keys)}
