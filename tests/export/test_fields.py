"""Every kind of field goes the whole way: asked over HTTP, filled by a simulated participant, out in a table."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from studies.export.services import dataset_export
from studies.trials.models import TrialResponse
from tests.export.conftest import folder_of, send_people
from tests.factories import launched_version, step, trials_step

OPTIONS = ["antibiotics", "steroids", "diuretics"]
FIELDS = [
    {"name": "verdict", "kind": "choice", "label": "Which one?", "options": OPTIONS, "order": "drawn"},
    {"name": "orders", "kind": "several", "label": "Which ones?", "options": OPTIONS, "nothing": "None of these"},
    {"name": "grade", "kind": "ordinal", "label": "How bad?", "minimum": 1, "maximum": 5},
    {"name": "price", "kind": "numeric", "label": "What does it cost?", "minimum": 0, "maximum": 900},
    {"name": "chance", "kind": "probability", "label": "How likely?", "minimum": 0, "maximum": 1},
    {"name": "shares", "kind": "probabilities", "label": "How likely each?", "options": OPTIONS, "sums_to": 100},
    {"name": "ranks", "kind": "ranking", "label": "Order them.", "options": OPTIONS},
    {"name": "box", "kind": "region", "label": "Where?", "nothing": "Nowhere"},
    {"name": "similar", "kind": "rating_per_part", "label": "Each?", "options": OPTIONS, "minimum": 1, "maximum": 4},
    {"name": "swap", "kind": "replacement", "label": "Change one.", "options": OPTIONS},
    {"name": "why", "kind": "text", "label": "Why?"},
]  # fmt: skip


@pytest.fixture
def responses(fresh_process: Path) -> pd.DataFrame:
    stages = [{"name": "all", "items": ["case", "advice"], "fields": ["decision", "confidence", *FIELDS]}]
    trials = trials_step(2, protocol="own_stages", parameters={"stages": stages})
    version = launched_version(flow=[step("consent", text="consent"), step("allocate"), trials])
    send_people(version, count=3, policies=("follow",))
    dataset = dataset_export(version=version, simulated=True)
    return pd.read_parquet(folder_of(dataset) / "responses.parquet")


def test_each_field_of_each_trial_is_a_row(responses: pd.DataFrame) -> None:
    assert len(responses) == TrialResponse.objects.count() == 3 * 2 * (2 + len(FIELDS))
    assert set(responses["kind"]) == {field["kind"] for field in FIELDS} | {"percent"}
    assert responses.loc[responses["kind"] == "text", "value"].isna().all()
    shares = [json.loads(text) for text in responses.loc[responses["field"] == "shares", "value"]]
    assert all(sum(share.values()) == pytest.approx(1) for share in shares)
