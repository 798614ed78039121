"""What writes in analysis: datasets that are brought, reports and power that are asked for, and their life as jobs."""

from analysis.services.datasets import DatasetInvalid, dataset_register
from analysis.services.power import (
    POWER_TASK,
    power_chunk_carry_out,
    power_progress,
    power_request,
    power_result,
    power_sweep,
)
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
    "POWER_TASK",
    "REPORT_TASK",
    "Claim",
    "DatasetInvalid",
    "dataset_register",
    "power_chunk_carry_out",
    "power_progress",
    "power_request",
    "power_result",
    "power_sweep",
    "report_carry_out",
    "report_claim",
    "report_fail",
    "report_finish",
    "report_heartbeat",
    "report_request",
    "reports_sweep",
]
