"""What changes the content and the jobs of the explanation engine; one file per thing."""

from explainers.services.cases import case_set_import
from explainers.services.explanations import explanation_variants_request, explanations_request
from explainers.services.gates import gates_request
from explainers.services.jobs import (
    Claim,
    job_claim,
    job_fail,
    job_finish,
    job_heartbeat,
    jobs_cancel,
    jobs_hint,
    jobs_retry,
    jobs_sweep,
)
from explainers.services.predictions import predictions_request
from explainers.services.predictors import predictor_admit, predictor_register
from explainers.services.renderings import renderings_request
from explainers.services.work import jobs_work

__all__ = [
    "Claim",
    "case_set_import",
    "explanation_variants_request",
    "explanations_request",
    "gates_request",
    "job_claim",
    "job_fail",
    "job_finish",
    "job_heartbeat",
    "jobs_cancel",
    "jobs_hint",
    "jobs_retry",
    "jobs_sweep",
    "jobs_work",
    "predictions_request",
    "predictor_admit",
    "predictor_register",
    "renderings_request",
]
