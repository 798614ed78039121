"""Celery's door to the analysis: a message is a hint, the row says what there is to do."""

from celery import shared_task

from analysis.services import POWER_TASK, REPORT_TASK, power_chunk_carry_out, report_carry_out


@shared_task(name=REPORT_TASK)
def report_make(report_id: int) -> None:
    """Make one report; a message for one that is done or in other hands does nothing."""
    report_carry_out(report_id=report_id)


@shared_task(name=POWER_TASK)
def power_chunk(chunk_id: int) -> None:
    """Simulate one chunk of a grid of power; a message for one that is done or in other hands does nothing."""
    power_chunk_carry_out(chunk_id=chunk_id)
