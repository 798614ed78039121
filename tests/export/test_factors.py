"""A study of factors leaves with a column for each, and with what it takes to deal its plans again."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.core.dataset import read_raw
from analysis.core.schema import validate
from analysis.models import Dataset
from studies.design.models import AllocationSlot, StudyVersion
from studies.design.spec import StudySpec
from studies.design.studyfile import study_read
from studies.export.codebook import exported_tables
from studies.export.factors import condition_levels, placement_document
from studies.export.services import dataset_export
from studies.trials.models import Trial
from tests.design.designs import MIXED, study, within
from tests.design.scene import SIDE_FILES, launched
from tests.export.conftest import folder_of, send_people

pytestmark = [pytest.mark.heavy, pytest.mark.django_db]


@pytest.fixture
def mixed(fresh_process: Path) -> Dataset:
    version = launched(study(MIXED, contrast="ig_shown - plain_shown"))
    send_people(version, count=4, policies=("follow",))
    return dataset_export(version=version, simulated=True)


def table(dataset: Dataset, name: str) -> pd.DataFrame:
    return read_raw(folder_of(dataset) / f"{name}.parquet")


def document(dataset: Dataset, name: str) -> Any:
    return json.loads((folder_of(dataset) / name).read_text())


def test_each_trial_has_the_levels_of_its_own_condition_and_each_participant_those_of_the_arm(
    mixed: Dataset,
) -> None:
    trials, people = table(mixed, "trials"), table(mixed, "participants")
    assert [validate(trials, "trials"), validate(people, "participants")] == [[], []]
    # The name of a condition is made of its levels, here always of both: read it for a second opinion.
    assert (trials["condition"] == trials["factor_explanation"] + "_" + trials["factor_confidence"]).all()
    assert Counter(trials["condition"]) == Counter(Trial.objects.values_list("condition", flat=True))
    assert list(people["factor_explanation"]) == list(people["condition"])
    assert "factor_confidence" not in people.columns
    arms = trials["participant_id"].map(people.set_index("participant_id")["condition"])
    assert (trials["factor_explanation"] == arms).all()
    assert set(trials.groupby(["participant_id", "factor_confidence"]).size()) == {6}


def test_the_codebook_explains_every_factor(mixed: Dataset) -> None:
    columns = {(row["table"], row["column"]): row for row in document(mixed, "codebook.json")["columns"]}
    assert columns["trials", "factor_confidence"]["levels"] == "hidden|shown"
    assert "trial by trial" in columns["trials", "factor_confidence"]["meaning"]
    assert ("participants", "factor_explanation") in columns


def test_the_allocation_tells_arms_and_not_conditions_of_trials(mixed: Dataset) -> None:
    told = document(mixed, "allocation.json")
    assert told["conditions"] == ["plain", "ig"]
    assert len(told["ratio"]) == 2
    arms = {arm["name"]: arm["conditions"] for arm in told["placement"]["arms"]}
    assert arms["ig"] == {"confidence=hidden": "ig_hidden", "confidence=shown": "ig_shown"}
    (block,) = told["placement"]["blocks"]
    assert [portion["size"] for portion in block["portions"]["ig"]] == [6, 6]


def test_the_orders_that_are_told_are_those_that_were_dealt() -> None:
    version: StudyVersion = launched(study(within("latin"), slots=9))
    (arm,) = placement_document(StudySpec.of(version.spec))["arms"]
    met = []
    for plan in sorted(set(AllocationSlot.objects.filter(purpose="real").values_list("plan", flat=True))):
        words = (
            version.planned_trials.filter(plan=plan).order_by("trial_index").values_list("within", flat=True)
        )
        met.append(tuple(dict.fromkeys(words)))
    assert Counter(met) == {tuple(order): 3 for order in arm["orders"]}


VARIANTS = """\
factors:
  variant:
    levels:
      one: {advice: {show: [label]}, explanations: [{method: integrated_gradients}]}
      two: {advice: {show: [label]}, explanations: [{method: saliency}]}
    placed: between
"""


def test_a_factor_named_variant_is_the_column_by_which_measures_tell_variants_apart() -> None:
    spec = study_read(study(VARIANTS, contrast="two - one"), files=SIDE_FILES).spec
    assert condition_levels(spec, "two") == {"factor_variant": "two", "variant": "two"}
    assert "variant" in exported_tables(spec)["trials"].names()
    plain = study_read(study(MIXED, contrast="ig_shown - plain_shown"), files=SIDE_FILES).spec
    assert "variant" not in exported_tables(plain)["trials"].names()
