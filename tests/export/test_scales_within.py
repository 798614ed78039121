"""Where a participant meets several conditions, a questionnaire is about the one that was just met."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import analysis
from analysis.core.dataset import read_raw
from studies.design.studyfile import study_read
from studies.errors import FileInvalid
from studies.export.services import dataset_export
from studies.trials.models import Trial
from tests.design.designs import study, within
from tests.design.scene import SIDE_FILES, launched
from tests.export.conftest import folder_of, send_people

RUN = "  - trials: {protocol: decision, cases: {per_participant: 4, strata: {}}}\n"
ASK = "  - questionnaire: s_tias\n"
LEVELS = within("latin").rstrip() + "\n    per: step\n"
AFTER_EACH = (RUN + ASK) * 3
ONCE = RUN * 3 + ASK


def source(flow: str, *, measure: str = "accuracy") -> str:
    text = study(LEVELS, size=4, strata="{}", trials=flow.rstrip(), contrast="ig - ai")
    return text.replace("measure: accuracy", f"measure: {measure}")


@pytest.mark.heavy
@pytest.mark.django_db
def test_each_answer_belongs_to_the_condition_of_the_trials_before_it(fresh_process: Path) -> None:
    version = launched(source(AFTER_EACH))
    send_people(version, count=3, policies=("follow",))
    folder = folder_of(dataset_export(version=version, simulated=True))
    scales, trials = (read_raw(folder / f"{name}.parquet") for name in ("scales", "trials"))
    assert set(scales["condition"]) == {"none", "ai", "ig"}
    # Second opinion: the steps alternate, so that the trials of a questionnaire are those of the step before.
    before = dict(Trial.objects.values_list("step_index", "condition").filter(participant_id=_first()))
    mine = scales[scales["participant_id"] == _of(trials, before)]
    asked = dict(mine.groupby("step_index")["condition"].unique().items())
    assert {step: list(names) for step, names in asked.items()} == {
        step + 1: [name] for step, name in before.items()
    }
    found = analysis.measure("s_tias", scales, by="condition")
    assert found["n"].to_dict() == {"ai": 3, "ig": 3, "none": 3}


def _first() -> int:
    pk: int = Trial.objects.order_by("participant_id").values_list("participant_id", flat=True).first()
    return pk


def _of(trials: pd.DataFrame, before: dict[int, str]) -> str:
    """Find the participant by the order in which the conditions were met: in a Latin square it is each one's own."""
    order = [name for _step, name in sorted(before.items())]
    for name, rows in trials.sort_values(["block_index", "trial_index"]).groupby("participant_id"):
        if list(dict.fromkeys(rows["condition"])) == order:
            return str(name)
    raise AssertionError(order)


@pytest.mark.heavy
@pytest.mark.django_db
def test_an_answer_after_all_conditions_belongs_to_the_last_one_only_where_one_step_shows_one(
    fresh_process: Path,
) -> None:
    mixed = study(
        within(placed="case"), size=12, trials=RUN.replace("4", "12") + ASK.rstrip(), contrast="ig - ai"
    )
    version = launched(mixed)
    send_people(version, count=2, policies=("follow",))
    scales = read_raw(folder_of(dataset_export(version=version, simulated=True)) / "scales.parquet")
    assert not set(scales["condition"]) & {"none", "ai", "ig"}


def test_a_plan_that_compares_a_scale_within_people_needs_it_after_every_condition() -> None:
    assert study_read(source(AFTER_EACH, measure="s_tias"), files=SIDE_FILES)
    with pytest.raises(FileInvalid, match="is asked once for several conditions") as refused:
        study_read(source(ONCE, measure="s_tias"), files=SIDE_FILES)
    (fault,) = refused.value.faults
    assert "put the questionnaire after each step of trials" in fault.message
