"""What leaves names nobody (P1, P10), mixes nobody, and holds nothing of people who took their answers back (P3)."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone

from analysis.core.dataset import read_raw
from analysis.models import Dataset
from studies.design.models import AllocationSlot, Recruitment, StudyVersion
from studies.enrolment.models import Identifier, Participant
from studies.enrolment.services import participant_enrol, participant_withdraw
from studies.export.codebook import TABLE_NAMES
from studies.export.services import NothingToExport, dataset_export
from studies.trials.erasure import participant_erase
from studies.trials.models import Event, StepResponse, Trial, TrialResponse
from tests.export.conftest import folder_of

pytestmark = [pytest.mark.django_db, pytest.mark.heavy]
CANARY = "Q7canaryX"


def everything_in(dataset: Dataset) -> str:
    """Return all that can be read in a dataset: the text files as they are, the Parquet files value by value."""
    texts = [
        file.read_text(encoding="utf-8") for file in folder_of(dataset).iterdir() if file.suffix != ".parquet"
    ]
    tables = [read_raw(folder_of(dataset) / f"{name}.parquet") for name in TABLE_NAMES]
    return "\n".join([*texts, *(table.to_json(orient="records") for table in tables)])


def plant(participant: Participant) -> None:
    """Write a canary into everything that people, their browsers or recruitment sites can fill."""
    now = timezone.now()
    Identifier.objects.create(
        participant=participant, version=participant.version, kind="PROLIFIC_PID", value=CANARY
    )
    for number, payload in enumerate(
        [{"value": CANARY}, {CANARY: 1}, {"agent": f"Mozilla {CANARY}", "n": 3}]
    ):
        Event.objects.create(
            participant=participant,
            source=f"{CANARY}-page",
            seq=number,
            kind="change",
            received_at=now,
            payload=payload,
        )
    trial = Trial.objects.filter(participant=participant).order_by("pk").last()
    TrialResponse.objects.create(
        trial=trial, stage="remark", field="why", kind="text", value=f"I am {CANARY}", responded_at=now
    )
    StepResponse.objects.create(
        participant=participant, step_index=9, kind="questionnaire", instrument="s_tias", item="remark",
        value=f"{CANARY}@example.org", responded_at=now,
    )  # fmt: skip


def test_no_planted_identifier_leaves(version: StudyVersion, send: Callable[..., None]) -> None:
    send(count=2, policies=("follow",))
    participant = Participant.objects.filter(state="completed").first()
    assert participant is not None
    plant(participant)
    found = everything_in(dataset_export(version=version, simulated=True))
    assert CANARY not in found
    for person in Participant.objects.all():
        assert person.public_id not in found
        assert person.token_digest not in found
    assert '\\"n\\":3' in found  # numbers of events do leave: the search does see the payloads


def test_participants_have_other_names_in_every_export(
    version: StudyVersion, send: Callable[..., None]
) -> None:
    send(count=4, policies=("follow",))
    names = [
        set(
            read_raw(folder_of(dataset_export(version=version, simulated=True)) / "participants.csv")[
                "participant_id"
            ]
        )
        for _ in range(2)
    ]
    assert len(names[0]) == len(names[1]) == 4
    assert not names[0] & names[1]


def test_real_and_simulated_participants_are_never_together(
    version: StudyVersion, send: Callable[..., None]
) -> None:
    send(count=3, policies=("follow",))
    for _ in range(2):
        participant_enrol(version=version)
    counts = {}
    for simulated in (True, False):
        people = read_raw(
            folder_of(dataset_export(version=version, simulated=simulated)) / "participants.parquet"
        )
        counts[simulated] = len(people)
        assert set(people["is_simulated"]) == {simulated}
    assert counts == {True: 3, False: 2}


def test_a_version_without_anybody_gives_no_dataset(version: StudyVersion, fresh_process: Path) -> None:
    with pytest.raises(NothingToExport, match="no real participants yet"):
        dataset_export(version=version, simulated=False)
    assert list((fresh_process / "datasets").iterdir()) == []


def test_who_was_erased_stays_as_an_empty_row_with_the_slot(
    version: StudyVersion, send: Callable[..., None]
) -> None:
    send(count=2, policies=("follow",))
    gone = Participant.objects.filter(state="completed").order_by("pk").first()
    assert gone is not None
    participant_withdraw(participant=gone, policy="erase")
    participant_erase(participant=gone)
    folder = folder_of(dataset_export(version=version, simulated=True))
    people = read_raw(folder / "participants.parquet")
    row = people[people["excluded"]].iloc[0]
    assert (row["status"], row["withdrawn"], row["n_answered"]) == ("erased", True, 0)
    assert row["slot"] >= 0
    assert row["participant_id"] not in set(read_raw(folder / "trials.parquet")["participant_id"])


def test_who_refused_after_the_debrief_gives_no_answers(
    version: StudyVersion, send: Callable[..., None]
) -> None:
    send(count=2, policies=("follow:agrees_after_debrief=0", "follow"))
    folder = folder_of(dataset_export(version=version, simulated=True))
    people = read_raw(folder / "participants.parquet").set_index("participant_id")
    refused = people[people["excluded"]]
    assert list(refused["exclusion_reason"]) == ["consent_after_debrief_refused"]
    for name in ("trials", "responses", "presentations", "scales"):
        assert set(read_raw(folder / f"{name}.parquet")["participant_id"]) == set(people.index) - set(
            refused.index
        )


def test_slots_that_nobody_claimed_stay_concealed_while_people_may_come(
    version: StudyVersion, send: Callable[..., None]
) -> None:
    send(count=5, policies=("follow",))
    document = json.loads(
        (folder_of(dataset_export(version=version, simulated=True)) / "allocation.json").read_text()
    )
    assert len(document["list"]) == 5
    assert document["seed"] == ""


def test_the_whole_allocation_is_told_once_recruitment_is_over(
    version: StudyVersion, send: Callable[..., None]
) -> None:
    send(count=2, policies=("follow",))
    version.counters.filter(purpose="real").update(next=1)
    Recruitment.objects.filter(version=version).update(state="closed")
    document = json.loads(
        (folder_of(dataset_export(version=version, simulated=True)) / "allocation.json").read_text()
    )
    slots = AllocationSlot.objects.filter(version=version, purpose="rehearsal")
    assert len(document["list"]) == slots.count()
    assert document["seed"] not in ("", version.allocation_seed)
