"""What the database itself holds to, on both engines, and how many statements an answer takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studies.enrolment.models import Participant
from studies.enrolment.services import participant_enrol
from studies.trials.models import Event, Presentation, PresentedItem, StepResponse, Submission, TrialResponse
from studies.trials.services import Outcome, page_submit, participant_leave
from studies.trials.sitting import Sitting
from tests.factories import CONDITIONS
from tests.factories import launched_version as launched
from tests.trials.crowd import ANSWER, Orm

pytestmark = pytest.mark.postgres
ROWS = (PresentedItem, Presentation, TrialResponse, Submission)


def send(person: Participant, data: Mapping[str, Any]) -> Outcome:
    nonce = Sitting(Participant.objects.get(pk=person.pk)).nonce
    return page_submit(participant_id=person.pk, nonce=nonce, data=data, clock={"rt_ms": 5.0})


@pytest.fixture
def answered(database_url: str, orm: Orm, tmp_path: Path, settings: Any) -> Callable[[], Participant]:
    """Return a function that brings a person behind their first answer; call it inside ``orm``."""
    settings.ASSAY_STORE = tmp_path / "store"

    def make() -> Participant:
        person, _token = participant_enrol(version=launched(conditions={"ig": CONDITIONS["ig"]}))
        send(person, {"consent": "given"})
        send(person, ANSWER)
        return person

    return make


def test_an_answer_is_written_as_the_orm_would_have_written_it(
    database_url: str, orm: Orm, answered: Callable[[], Participant]
) -> None:
    with orm(database_url):
        answered()
        decision, confidence = TrialResponse.objects.order_by("pk")
        assert (decision.field, decision.value, decision.rt_ms) == ("decision", "benign", 5.0)
        assert (confidence.kind, confidence.value, confidence.hidden_ms) == ("percent", 0.7, None)
        assert abs((timezone.now() - decision.responded_at).total_seconds()) < 60
        final = Presentation.objects.get(stage="final")
        assert final.option_order == ["benign", "malignant"]
        items = final.items.order_by("position").values_list("position", "item")
        assert list(items) == [(0, "case"), (1, "own_answer"), (2, "advice"), (3, "explanation")]


@pytest.mark.parametrize("model", ROWS)
def test_nothing_is_changed_or_deleted_without_a_withdrawal_that_erases(
    database_url: str, orm: Orm, answered: Callable[[], Participant], model: Any
) -> None:
    with orm(database_url):
        answered()
        for attempt in (
            lambda: model.objects.update(id=-1),
            lambda: model.objects.all()._raw_delete("default"),
        ):
            with pytest.raises(IntegrityError, match="refused"), transaction.atomic():
                attempt()


def test_with_a_withdrawal_that_erases_everything_goes_and_nothing_comes(
    database_url: str, orm: Orm, answered: Callable[[], Participant]
) -> None:
    with orm(database_url):
        person = answered()
        assert participant_leave(participant_id=person.pk).kind == "withdrawn"
        assert not any(model.objects.exists() for model in (*ROWS, StepResponse, Event))
        with pytest.raises(IntegrityError, match="before leaving"), transaction.atomic():
            TrialResponse.objects.create(
                trial=person.trials.first(), stage="final", field="decision", kind="choice", value="benign",
                responded_at=timezone.now(),
            )  # fmt: skip


def test_a_trial_response_without_consent_is_refused(database_url: str, orm: Orm, tmp_path: Path) -> None:
    """P2."""
    with orm(database_url):
        version = launched(store=tmp_path)
        person, _token = participant_enrol(version=version)
        case = version.planned_trials.first().case
        trial = person.trials.create(
            step_index=2, block_index=0, trial_index=0, case=case, protocol="decision"
        )
        with pytest.raises(IntegrityError, match="after consent"), transaction.atomic():
            trial.responses.create(
                stage="final", field="decision", kind="choice", value="benign", responded_at=timezone.now()
            )


def test_an_answer_takes_few_statements(
    database_url: str, orm: Orm, answered: Callable[[], Participant]
) -> None:
    """Once the content is read; BEGIN and COMMIT counted."""
    with orm(database_url):
        person = answered()
        send(person, ANSWER)  # reads what the process keeps
        nonce = Sitting(Participant.objects.get(pk=person.pk)).nonce
        with CaptureQueriesContext(connection) as statements:
            page_submit(participant_id=person.pk, nonce=nonce, data=ANSWER, clock={})
        most = {"postgresql": 6, "sqlite": 10}[connection.vendor]
        assert len(statements) <= most, [query["sql"][:80] for query in statements.captured_queries]
