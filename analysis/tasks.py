"""Celery's door to the analysis: a message is a hint, the row says what there is to do."""

from celery import shared_task

from analysis.services import REPORT_TASK, report_carry_out


@shared_task(name=REPORT_TASK)
def report_make(report_id: int) -> None:
    """Make one report; a message for one that is done or in other hands does nothing."""
    report_carry_out(report_id=report_id)
