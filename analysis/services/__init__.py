"""What writes in analysis: datasets that are brought, reports that are asked for, and the life of a report as a job."""

from analysis.services.datasets import DatasetInvalid, dataset_register
from analysis.services.reports import (
    REPORT_TASK,
    Claim,
    report_carry_out,
    report_claim,
    report_fail,
    report_finish,
    report_heartbeat,
    report_request,
    reports_sweep,
)

__all__ = [
    "REPORT_TASK",
    "Claim",
    "DatasetInvalid",
    "dataset_register",
    "report_carry_out",
    "report_claim",
    "report_fail",
    "report_finish",
    "report_heartbeat",
    "report_request",
    "reports_sweep",
]
