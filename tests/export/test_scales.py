"""Questionnaires leave with what the analysis needs to score them; stated understanding joins the trials."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from analysis.core.schema import validate
from analysis.measures import registry
from studies.export.services import dataset_export
from studies.questionnaires import get_questionnaire
from tests.export.conftest import folder_of, send_people
from tests.factories import CONDITIONS, launched_version, step, trials_step

ASKED = ("professional_experience", "nasa_tlx", "trust_xai")


@pytest.fixture
def tables(fresh_process: object) -> Callable[[str], pd.DataFrame]:
    asked = [step("questionnaire", **get_questionnaire(name).params()) for name in ASKED]
    understanding = step("questionnaire", **get_questionnaire("understanding").params())
    trials = trials_step(2, protocol="forward_simulation")
    flow = [step("consent", text="consent"), step("allocate"), trials, understanding, *asked]
    version = launched_version(flow=flow, conditions={"ai": CONDITIONS["ai"]})
    send_people(version, count=4, policies=("follow",))
    folder = folder_of(dataset_export(version=version, simulated=True))
    return lambda name: pd.read_parquet(folder / f"{name}.parquet")


def test_simulated_people_answer_every_kind_of_item_and_the_analysis_scores_it(
    tables: Callable[[str], pd.DataFrame],
) -> None:
    scales, trials = tables("scales"), tables("trials")
    assert validate(scales[[*scales.columns]], "scales") == []
    assert set(scales.loc[scales["questionnaire"] == "nasa_tlx", "value"] % 5) == {0}
    assert set(scales["scoring"]) == {"mean", "none"}
    assert set(scales["given"]) <= {"answer", "prefer_not", "left_open"}
    people = scales["participant_id"].nunique()
    assert registry.get("nasa_tlx").compute(scales).notna().sum() == people == 4
    years = scales[scales["item"] == "years"]["participant_id"]
    roles = scales[(scales["item"] == "role") & (scales["value"] <= 3)]["participant_id"]
    assert set(years) == set(roles)
    stated = scales[scales["questionnaire"] == "understanding"].set_index("participant_id")["value"]
    by_person = trials.groupby("participant_id")["understanding"].first()
    assert by_person.to_dict() == pytest.approx(((stated - 1) / 6).to_dict())
    assert registry.get("understanding_gap").compute(trials).notna().all()
