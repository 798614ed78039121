"""Having explanations examined before people see them: one job per explanation, one per method on a predictor."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import transaction

from explainers.core.attribution import resolve_target
from explainers.core.digest import digest_of, job_key
from explainers.core.engine import NUMERICS, ExplainRequest
from explainers.core.errors import ExplanationRefused, NotReady
from explainers.core.gate import GATE_VERSION
from explainers.core.gate.panel import Examined, artefact_gates, randomisation, training_stability
from explainers.core.method import Method
from explainers.methods import METHODS
from explainers.models import Case, Explanation, Gate, Job, MethodGate, Predictor
from explainers.selectors import explanation_artefact, gate_applies
from explainers.services.compute import Write, predictor_load
from explainers.services.crashpoints import crash_point
from explainers.services.jobs import Claim, jobs_add

CHECK_CASES = 24


@transaction.atomic
def gates_request(*, keys: Sequence[str], against: Predictor | None = None) -> list[str]:
    """
    Queue the examination of explanations, and of their methods; returns the keys of the jobs, a repeat adds none.

    Controls are left out (that they fail is their point), and what is no attribution of a trained predictor. `against`
    is another checkpoint of the predictor, for the stability under training anew; of its own explanations that
    one is left out.
    """
    found = Job.objects.select_related("predictor", "case__case_set").in_bulk(list(keys), field_name="key")
    jobs = [found[key] for key in dict.fromkeys(keys) if key in found]
    jobs = [job for job in jobs if gate_applies(predictor=job.predictor, method=job.method)]
    wanted = [_gate_job(job) for job in jobs]
    groups: dict[str, list[Job]] = {}
    for job in jobs:
        groups.setdefault(digest_of([job.predictor.digest, job.method, _asked(job)]), []).append(job)
    wanted += [
        _check_job(group, against=None if group[0].predictor == against else against)
        for group in groups.values()
    ]
    jobs_add(wanted)
    return [job.key for job in wanted]


def gate_batch(claims: Sequence[Claim]) -> list[Write]:
    """Examine the explanations of a batch."""
    job = claims[0].job
    keys = [claim.job.payload["explanation"] for claim in claims]
    rows = Explanation.objects.select_related("case").in_bulk(keys, field_name="key")
    missing = [key for key in keys if key not in rows]
    if missing:
        raise NotReady(f"The explanation {missing[0][:12]}… is not there yet, so it cannot be examined.")
    examined = Examined(
        method=_method_of(job.method, versions={row.method_version for row in rows.values()}),
        predictor=predictor_load(job.predictor.digest),
        requests=[_request_of(rows[key]) for key in keys],
        explanations=[explanation_artefact(explanation=rows[key]) for key in keys],
    )
    verdicts = artefact_gates(examined)
    crash_point("after_compute")
    return [partial(_write_gate, rows[key], verdict) for key, verdict in zip(keys, verdicts, strict=True)]


def check_batch(claims: Sequence[Claim]) -> list[Write]:
    """Examine methods on a predictor."""
    writes = [_check(claim) for claim in claims]
    crash_point("after_compute")
    return writes


def _check(claim: Claim) -> Write:
    job, payload = claim.job, claim.job.payload
    predictor = predictor_load(job.predictor.digest)
    cases = list(Case.objects.filter(case_set=job.case.case_set_id, key__in=payload["cases"]))
    said = predictor.probabilities([case.inputs for case in cases])
    requests = [
        ExplainRequest(
            case_key=case.key,
            case_digest=case.digest,
            inputs=case.inputs,
            target_declared=payload["target"],
            target_class=resolve_target(payload["target"], scores=scores, classes=job.predictor.classes),
            parameters=payload["parameters"],
            seed=payload["seed"],
        )
        for case, scores in zip(cases, said, strict=True)
    ]
    bare = Examined(_method_of(job.method, versions={payload["version"]}), predictor, requests, [])
    examined = Examined(bare.method, predictor, requests, bare.again(requests))
    other = Predictor.objects.filter(digest=payload["against"]).first()
    training = training_stability(examined, other=predictor_load(other.digest)) if other else None
    return partial(
        _write_check,
        claim,
        against=other,
        measured=randomisation(examined, seed=job.key),
        training=training,
    )


def _method_of(name: str, *, versions: set[str]) -> Method:
    method = METHODS.get(name)()
    if versions != {method.version}:
        raise ExplanationRefused(
            f"The explanation was made by version {', '.join(sorted(versions))} of {name}; {method.version} is "
            "installed, and only that one can be examined."
        )
    return method


def _gate_job(source: Job) -> Job:
    return Job(
        kind=Job.Kind.GATE,
        key=job_key(Job.Kind.GATE, parts={"explanation": source.key, "gate": GATE_VERSION}),
        predictor=source.predictor,
        case=source.case,
        method=source.method,
        payload={"explanation": source.key, "gate": GATE_VERSION},
        needs=source,
    )


def _check_job(group: Sequence[Job], *, against: Predictor | None) -> Job:
    first = group[0]
    step = max(1, len(group) // CHECK_CASES)
    payload = {
        **_asked(first),
        "seed": first.payload["seed"],
        "cases": [job.case.key for job in group[::step][:CHECK_CASES]],
        "against": against.digest if against else "",
        "gate": GATE_VERSION,
    }
    parts = {
        **payload,
        "predictor": first.predictor.digest,
        "case_set": first.case.case_set.digest,
        "method": first.method,
        "numerics": NUMERICS,
    }
    return Job(
        kind=Job.Kind.CHECK,
        key=job_key(Job.Kind.CHECK, parts=parts),
        predictor=first.predictor,
        case=first.case,
        method=first.method,
        payload=payload,
    )


def _asked(job: Job) -> dict[str, Any]:
    return {word: job.payload[word] for word in ("version", "parameters", "target")}


def _request_of(explanation: Explanation) -> ExplainRequest:
    return ExplainRequest(
        case_key=explanation.case.key,
        case_digest=explanation.case.digest,
        inputs=explanation.case.inputs,
        target_declared=explanation.target_declared,
        target_class=explanation.target_class,
        parameters=explanation.parameters,
        seed=int(explanation.recipe.get("seed", 0)),
    )


def _write_gate(explanation: Explanation, verdict: dict[str, Any]) -> None:
    Gate.objects.get_or_create(
        explanation=explanation,
        gate_version=GATE_VERSION,
        defaults={"light": verdict["light"], "verdict": verdict},
    )


def _write_check(
    claim: Claim, *, against: Predictor | None, measured: dict[str, Any], training: dict[str, Any] | None
) -> None:
    job, payload = claim.job, claim.job.payload
    MethodGate.objects.get_or_create(
        key=job.key,
        defaults={
            "predictor": job.predictor,
            "against": against,
            "method": job.method,
            "method_version": payload["version"],
            "parameters": payload["parameters"],
            "target_declared": payload["target"],
            "gate_version": GATE_VERSION,
            "randomisation": measured,
            "training": training,
        },
    )
