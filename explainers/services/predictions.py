"""Asking for predictions, and keeping them."""

from __future__ import annotations

from collections.abc import Sequence

from explainers.core.digest import job_key
from explainers.core.engine import NUMERICS
from explainers.models import Case, CaseSet, Job, Predictor
from explainers.services.jobs import jobs_add


def predictions_request(*, predictor: Predictor, case_set: CaseSet) -> int:
    """Queue a prediction of every case of a set that has none; returns how many jobs are new."""
    return len(prediction_jobs(predictor=predictor, cases=list(case_set.cases.select_related("case_set"))))


def prediction_jobs(*, predictor: Predictor, cases: Sequence[Case]) -> list[Job]:
    """Add the missing jobs and return them; a repeat adds none."""
    return jobs_add(
        [
            Job(
                kind=Job.Kind.PREDICT,
                key=prediction_key(predictor=predictor, case=case),
                predictor=predictor,
                case=case,
            )
            for case in cases
        ]
    )


def prediction_key(*, predictor: Predictor, case: Case) -> str:
    """Return the key of the job that predicts a case."""
    return job_key(
        Job.Kind.PREDICT,
        parts={
            "predictor": predictor.digest,
            "case_set": case.case_set.digest,
            "case": case.key,
            "numerics": NUMERICS,
        },
    )
