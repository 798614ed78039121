"""Asking for explanations and for the controls made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from explainers.core.attribution import resolve_target
from explainers.core.digest import job_key
from explainers.core.engine import NUMERICS
from explainers.core.errors import ExplanationRefused
from explainers.core.method import Method
from explainers.methods import METHODS
from explainers.models import Case, Job, Predictor
from explainers.services.jobs import jobs_add
from explainers.services.predictions import prediction_jobs, prediction_key


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

    With `control={"kind": "shuffled"}` the keys are those of controls made of `method`'s explanations, which
    are queued too. Predictions that are missing are queued first: the target of an explanation comes from them.
    """
    resolve_target(target, scores=dict.fromkeys(predictor.classes, 0.0), classes=predictor.classes)
    plugin = METHODS.get(method)
    if plugin.control:
        raise ExplanationRefused(f"{method} is a control; ask for a method, with control={{'kind': ...}}.")
    by_pk = Case.objects.select_related("case_set").in_bulk([case.pk for case in cases])
    cases = [by_pk[case.pk] for case in cases]
    prediction_jobs(predictor=predictor, cases=cases)
    needs = _jobs_by_key([prediction_key(predictor=predictor, case=case) for case in cases])
    jobs = []
    for case in cases:
        payload = _payload(plugin, parameters=parameters, target=target, seed=seed)
        job = _job(plugin, predictor=predictor, case=case, payload=payload)
        job.needs = needs[prediction_key(predictor=predictor, case=case)]
        jobs.append(job)
    jobs_add(jobs)
    if control is None:
        return [job.key for job in jobs]
    return _controls_request(jobs, plugin=control_method(control, of=method), of=method)


def control_method(control: Mapping[str, Any], *, of: str) -> type[Method]:
    """Return the plug-in that makes a declared control, such as `{"kind": "shuffled", "of": METHOD}`."""
    if set(control) - {"kind", "of"} or control.get("of", of) != of:
        raise ExplanationRefused(
            f"A control of {of} is {{'kind': KIND, 'of': {of!r}}}, not {dict(control)!r:.200}."
        )
    kind = str(control.get("kind", ""))
    kind = "shuffled" if kind == "placebo" else kind
    for name in METHODS.names():
        plugin = METHODS.get(name)
        if plugin.control and plugin.control == kind:
            return plugin
    raise ExplanationRefused(f"There is no control of the kind {kind!r}.")


def _controls_request(sources: Sequence[Job], *, plugin: type[Method], of: str) -> list[str]:
    by_key = _jobs_by_key([source.key for source in sources])
    controls = []
    for source in sources:
        payload = {
            **_payload(
                plugin, parameters={"of": of}, target=source.payload["target"], seed=source.payload["seed"]
            ),
            "source": source.key,
        }
        job = _job(plugin, predictor=source.predictor, case=source.case, payload=payload)
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
    key = job_key(
        Job.Kind.EXPLAIN,
        parts={
            "predictor": predictor.digest,
            "case_set": case.case_set.digest,
            "case": case.key,
            "method": plugin.name,
            "numerics": NUMERICS,
            **payload,
        },
    )
    return Job(
        kind=Job.Kind.EXPLAIN,
        key=key,
        predictor=predictor,
        case=case,
        method=plugin.name,
        payload=payload,
    )


def _jobs_by_key(keys: Sequence[str]) -> dict[str, Job]:
    return {job.key: job for job in Job.objects.filter(key__in=keys)}
