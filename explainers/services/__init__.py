"""What changes the content and the jobs of the explanation engine; one file per thing."""

from explainers.services.bring import BroughtFile, explanations_bring, known_cases_bring, predictor_bring
from explainers.services.calibrated import predictor_calibrate
from explainers.services.cases import case_set_import
from explainers.services.explanations import explanations_request
from explainers.services.gates import gates_request
from explainers.services.imports import explanations_import, predictor_bias, predictor_import
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
from explainers.services.references import outcomes_read, reference_keep
from explainers.services.renderings import renderings_request
from explainers.services.variants import explanation_checkpoints_request
from explainers.services.work import jobs_work

__all__ = [
    "BroughtFile",
    "Claim",
    "case_set_import",
    "explanation_checkpoints_request",
    "explanations_bring",
    "explanations_import",
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
    "known_cases_bring",
    "outcomes_read",
    "predictions_request",
    "predictor_admit",
    "predictor_bias",
    "predictor_bring",
    "predictor_calibrate",
    "predictor_import",
    "predictor_register",
    "reference_keep",
    "renderings_request",
]
