"""Attention checks the whole way: asked over HTTP, answered by simulated participants, counted in the tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from analysis.core.dataset import Dataset
from analysis.core.plan import plan_from
from analysis.measures import registry
from analysis.report.sample import sample_of
from analysis.report.sensitivity import main_sample
from tests.factories import OPTIONS, TRUST_ITEMS, step, trials_step

CHECKS = [
    {"after": 1, "case": "cell-4"},
    {"after": 2, "case": "cell-5", "text": "Please choose 'malignant' here.", "answer": "malignant"},
]
ITEM = {
    **TRUST_ITEMS[0], "id": "attention_1", "text": "Please choose '3' here.", "instructed": 3, "beside": "reliable",
}  # fmt: skip
ASKED = step(
    "questionnaire", name="s_tias", version="1", title="Trust", items=[TRUST_ITEMS[0], ITEM], stratum=None
)


def test_checks_are_rows_of_their_own_kind_and_failures_are_counted(rehearse: Callable[..., Any]) -> None:
    found = rehearse(
        trials_step(4, protocol="decision", attention_checks=CHECKS), ASKED, extra_cases=2,
        truth=lambda _number: OPTIONS[0], people=12,
    )  # fmt: skip
    trials, people, scales = (found.table(name) for name in ("trials", "participants", "scales"))
    checks = trials[trials["is_attention_check"]]
    assert set(checks["case_id"]) == {"cell-4", "cell-5"}
    assert (checks.groupby("participant_id").size() == 2).all()
    assert (trials[~trials["is_attention_check"]].groupby("participant_id").size() == 4).all()
    # The truth is benign everywhere; the instruction says otherwise, and decides.
    key = checks["case_id"].map({"cell-4": OPTIONS[0], "cell-5": OPTIONS[1]})
    assert (checks["correct"] == (checks["response"] == key)).all()
    failed = (~checks["correct"].astype(bool)).groupby(checks["participant_id"]).sum()
    items = scales[scales["item"] == "attention_1"].set_index("participant_id")
    assert set(items["questionnaire"]) == {"attention_check"}
    assert set(scales[scales["questionnaire"] == "s_tias"]["item"]) == {"reliable"}
    expected = failed + (items["value"] != 3).astype(int)
    by_person = people.set_index("participant_id")
    assert (by_person["attention_checks"] == 3).all()
    pd.testing.assert_series_equal(
        by_person["attention_failed"].astype(int).sort_index(),
        expected.astype(int).sort_index(),
        check_names=False,
    )
    assert 0 < (by_person["attention_failed"] > 0).sum() < len(people)


def test_who_fails_checks_can_be_left_out_by_the_plan(rehearse: Callable[..., Any]) -> None:
    found = rehearse(
        trials_step(4, protocol="decision", attention_checks=CHECKS), extra_cases=2, people=12,
    )  # fmt: skip
    trials, people = found.table("trials"), found.table("participants")
    sample = sample_of(Dataset(trials=trials, participants=people), simulated=True)
    plan = plan_from(
        {
            "primary": {"measure": "accuracy", "contrasts": ["ai - unaided"]}, "n": 12,
            "exclude": [{"without": {"attention_failed": {"above": 0}}}],
        },
        measures=registry.names(), conditions=list(sample.conditions),
    )  # fmt: skip
    kept = set(main_sample(sample, plan=plan).people["participant_id"])
    attentive = set(people.loc[people["attention_failed"] == 0, "participant_id"])
    assert kept == attentive
    assert 0 < len(kept) < 12
    # Checks count in no measure: accuracy is that of the four planned trials, computed here a second time.
    planned = trials[~trials["is_attention_check"]]
    measured = sample.cells(registry.get("accuracy"))["value"].astype(float)
    own = planned.groupby("participant_id")["correct"].mean().astype(float)
    assert sorted(measured) == sorted(own)
