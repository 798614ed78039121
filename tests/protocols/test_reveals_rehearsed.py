"""Cognitive forcing in one study, from page to table: at once, on demand, after an own answer, after a wait."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from studies.trials.models import Event, TrialResponse
from tests.factories import AI, IG, trials_step
from tests.protocols.conftest import Rehearsed

pytestmark = pytest.mark.django_db
Rehearse = Callable[..., Rehearsed]
CASES, PEOPLE = 3, 8


def shown(kind: str, *, delay_s: float = 0, required: bool = False) -> dict[str, object]:
    reveal = {"kind": kind, "delay_s": delay_s, "required": required}
    return {"advice": {**AI, "reveal": reveal}, "explanations": [{**IG, "reveal": reveal}]}


FORCING = {
    "at_once": {"advice": AI, "explanations": [IG]},
    "on_demand": shown("on_request"),
    "update": shown("after_initial"),
    "wait": shown("after_delay", delay_s=30, required=True),
}


@pytest.fixture
def forced(rehearse: Rehearse) -> Rehearsed:
    return rehearse(trials_step(CASES, "decision"), conditions=FORCING, people=PEOPLE)


def test_every_condition_shows_its_treatment_in_its_own_time(forced: Rehearsed) -> None:
    trials = forced.table("trials").set_index("condition")
    assert set(trials["status"]) == {"answered"}
    for name in ("at_once", "update", "wait"):
        assert trials.loc[name, "advice_shown"].all()
        assert set(trials.loc[name, "n_explanations_shown"]) == {1}
    asked = trials.loc["on_demand", "advice_shown"]
    assert 0 < asked.sum() < len(asked)
    assert trials.loc["update", "response_initial"].notna().all()
    assert trials.drop("update")["response_initial"].isna().all()


def test_what_came_later_is_presented_later(forced: Rehearsed) -> None:
    rows = forced.table("presentations")
    place = ["participant_id", "trial_index", "stage"]
    page = rows[rows["item"] == "case"].set_index(place)["presented_s"]
    advice = rows[rows["item"] == "advice"].set_index(place)
    waited = advice["presented_s"] - page.reindex(advice.index)
    assert (waited[advice["condition"].isin(["at_once", "update"])] == 0).all()
    assert (waited[advice["condition"] == "on_demand"] > 0).all()
    assert (waited[advice["condition"] == "wait"] >= 0.5).all()
    assert set(advice.groupby("condition")["reveal"].unique().map(tuple)) == {
        ("at_once",), ("on_request",), ("after_initial",), ("after_delay",),
    }  # fmt: skip


def test_doses_are_those_that_the_pages_told_joined_to_their_trials(forced: Rehearsed) -> None:
    rows = forced.table("presentations")
    parts = rows[rows["item"].isin(["advice", "explanation"])]
    assert parts["visible_ms"].notna().all()
    assert rows[rows["item"] == "case"]["visible_ms"].isna().all()
    told = pd.Series(
        [p["visible_ms"] for p in Event.objects.filter(kind="dose").values_list("payload", flat=True)]
    )
    assert parts["visible_ms"].sum() == pytest.approx(told.sum())
    rt = {
        (trial, stage): ms
        for trial, stage, ms in TrialResponse.objects.values_list("trial_id", "stage", "rt_ms")
    }
    for payload in Event.objects.filter(kind="dose").values_list("payload", flat=True):
        assert payload["visible_ms"] == rt[payload["_trial"], payload["_stage"]]
