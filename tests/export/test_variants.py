"""Different people really see different variants of an explanation, and their tables say which."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.core.dataset import read_raw
from analysis.core.schema import validate
from studies.design.models import PlannedTrial, ShownExplanation, StudyVersion
from studies.export.services import dataset_export
from studies.trials.models import PresentedItem
from tests.design.scene import launched
from tests.design.test_variants import NAMES, SEEDS
from tests.export.conftest import folder_of, send_people

pytestmark = [pytest.mark.heavy, pytest.mark.django_db]


@pytest.fixture
def version(fresh_process: Path) -> StudyVersion:
    found = launched(SEEDS)
    send_people(found, count=9, policies=("follow",))
    return found


def test_a_participant_sees_the_variant_of_the_own_plan_on_every_page(version: StudyVersion) -> None:
    items = PresentedItem.objects.filter(item="explanation", name="gradient_shap").select_related(
        "presentation__trial__participant__assignment__slot"
    )
    assert items
    dealt = dict(PlannedTrial.objects.filter(version=version).values_list("plan", "variant").distinct())
    made = {
        (row.variant, row.case_id): row.rendering_digest
        for row in ShownExplanation.objects.filter(version=version, condition="ig")
    }
    met = set()
    for item in items:
        trial = item.presentation.trial
        variant = dealt[trial.participant.assignment.slot.plan]
        assert item.rendering_digest == made[variant, trial.case_id]
        met.add(variant)
    assert len(met) > 1


def test_tables_say_the_variant_where_one_was_shown(version: StudyVersion) -> None:
    trials: pd.DataFrame = read_raw(
        folder_of(dataset_export(version=version, simulated=True)) / "trials.parquet"
    )
    assert validate(trials, "trials") == []
    assert set(trials.loc[trials["condition"] == "ig", "variant"]) <= set(NAMES)
    assert trials.loc[trials["condition"] != "ig", "variant"].isna().all()
    assert (trials[trials["condition"] == "ig"].groupby("participant_id")["variant"].nunique() == 1).all()
