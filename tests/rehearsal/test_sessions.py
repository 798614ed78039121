"""Simulated participants go through several sessions by a clock of their own."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from django.utils import timezone

from studies.enrolment.models import Participant
from studies.rehearsal.policies import PolicyChoice
from studies.rehearsal.services import rehearsal_run
from studies.trials.models import Event
from tests.factories import SHORT_FLOW, launched_version, session_step, trials_step
from tests.rehearsal.conftest import ADDRESS


@pytest.mark.django_db
def test_a_rehearsal_does_not_wait_for_the_sessions_of_a_study(wsgi: httpx.WSGITransport) -> None:
    later = [session_step(opens=7, closes=8), trials_step(2, protocol="decision")]
    version = launched_version(flow=[*SHORT_FLOW, *later, *later], pause={"maximum_s": 3600})
    found = rehearsal_run(
        version=version,
        base_url=ADDRESS,
        count=2,
        policies=[PolicyChoice("follow")],
        concurrency=1,
        transport=wsgi,
    )
    assert dict(found.ends) == {"done": 2}
    for person in Participant.objects.all():
        assert timedelta(seconds=person.clock_ahead_s) >= timedelta(days=14)
        assert abs(person.moved_at - timezone.now() - timedelta(days=14)) < timedelta(minutes=1)
    assert Event.objects.filter(kind="session_begun").count() == 4
