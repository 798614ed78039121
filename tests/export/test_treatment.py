"""The treatment as it leaves: a drawn trial of each condition from frozen content, days, the AI on all its cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analysis.models import Dataset
from analysis.report.bundle import Bundle
from analysis.report.drawn import cleaned
from analysis.report.treatment import licence_sentences
from studies.design.models import StudyVersion
from studies.export.drawn import trials_drawn
from studies.export.people import Scope
from studies.export.services import dataset_export
from tests.design import scene
from tests.design.scene import SCHEMA
from tests.export.conftest import folder_of, send_people
from tests.factories import SHORT_FLOW, launched_version


def treatment(dataset: Dataset) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder_of(dataset) / "treatment.json").read_text(encoding="utf-8"))
    return found


def drawn(dataset: Dataset) -> dict[str, dict[str, str]]:
    return {one["name"]: one["trial"] for one in treatment(dataset)["conditions"]}


def test_each_condition_has_a_drawn_trial_on_the_same_case(dataset: Dataset) -> None:
    found = drawn(dataset)
    assert set(found) == {"unaided", "ai", "ig", "placebo"}
    assert len({one["case_id"] for one in found.values()}) == 1
    assert len({one["case"] for one in found.values()}) == 1
    assert "5.0 to 15.0" in found["ai"]["case"]
    assert "together with what the AI adds" in found["ai"]["prompt"]
    assert "what the AI adds" not in found["unaided"]["prompt"]


def test_a_drawing_shows_what_its_condition_shows_and_no_more(dataset: Dataset) -> None:
    found = drawn(dataset)
    assert "data-part" not in str(cleaned(found["ig"]["shown"]))
    assert found["unaided"]["shown"] == ""
    assert "advice" in found["ai"]["shown"]
    assert "bars" not in found["ai"]["shown"]
    assert 'class="bars"' in found["ig"]["shown"]
    assert 'class="bars"' in found["placebo"]["shown"]


def test_a_drawing_is_that_of_a_case_of_the_practice_where_there_is_one(dataset: Dataset) -> None:
    from studies.design.models import PlannedTrial

    version = StudyVersion.objects.get()
    (practice,) = [step.index for step in Scope(version, True).spec.steps if step.kind == "practice"]
    first = (
        PlannedTrial.objects.filter(version=version, step_index=practice)
        .order_by("plan", "trial_index")
        .first()
    )
    assert first is not None
    assert drawn(dataset)["ig"]["case_id"] == first.case.key


def test_the_truth_is_in_no_drawing(fresh_process: Path) -> None:
    canary = "TRUTHCANARY"
    version = launched_version(flow=SHORT_FLOW, truth=lambda _number: canary)
    found = trials_drawn(Scope(version, True))
    assert found
    assert canary not in json.dumps(found)


def test_nothing_that_can_be_sent_is_left_of_a_drawing(dataset: Dataset) -> None:
    for one in drawn(dataset).values():
        whole = "".join(str(cleaned(one[part])) for part in ("case", "shown", "asked"))
        for word in ("<input", "<button", "<form", " id=", "href", "name="):
            assert word not in whole


def test_the_days_of_the_study_leave_and_no_time_of_day(dataset: Dataset) -> None:
    found = treatment(dataset)["recruited"]
    assert set(found) == {"first", "last"}
    assert all(len(day) == len("2026-11-03") for day in found.values())


def test_how_often_the_ai_is_right_on_all_cases_is_counted(dataset: Dataset) -> None:
    from explainers.models import Case, Prediction
    from studies.design.truth import truth_of

    (one,) = treatment(dataset)["ai"]["on_the_case_sets"]
    truth = truth_of(case_ids=list(Case.objects.values_list("pk", flat=True)))
    said = dict(Prediction.objects.values_list("case", "label"))
    assert one["cases"] == len(said)
    assert one["right"] == sum(label == truth[case] for case, label in said.items())


@pytest.mark.django_db
def test_a_study_whose_content_is_gone_is_told_in_words(fresh_process: Path) -> None:
    import shutil

    from django.conf import settings

    version = launched_version()
    send_people(version, count=2, policies=("follow",))
    from tests.trials.conftest import forget_everything

    forget_everything()
    shutil.rmtree(settings.ASSAY_STORE)
    found = drawn(dataset_export(version=version, simulated=True))
    assert found["ig"] is None
    assert found["ai"] is not None


RESTRICTED = SCHEMA + b"licence: DUA 1.5\npermitted_use: this study only\nexport: results_only\n"


@pytest.mark.parametrize("schema", [SCHEMA, RESTRICTED])
def test_of_cases_that_may_not_leave_no_trial_is_drawn_and_the_methods_say_so(
    schema: bytes, fresh_process: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene, "SCHEMA", schema)
    version = scene.launched()
    send_people(version, count=3, policies=("follow",))
    told = treatment(dataset_export(version=version, simulated=True))
    drawn_trials = [one["trial"] for one in told["conditions"]]
    if schema is SCHEMA:
        assert all(drawn_trials)
        assert licence_sentences(Bundle(treatment=told)) == []
        return
    assert not any(drawn_trials)
    sentence = (
        "Cases small-cases: licence DUA 1.5; permitted use: this study only; "
        "no picture or text of a case leaves with the data."
    )
    assert licence_sentences(Bundle(treatment=told)) == [sentence]
