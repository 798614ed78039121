"""Effects of factors of a landmark study, from its plan to its report: help within people, difficulty between them."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from django.conf import settings

import analysis
from analysis.core.dataset import read_raw
from analysis.models import Dataset
from studies.design.gallery import landmark
from tests.gallery.test_landmarks import opened, rehearsed

pytestmark = [pytest.mark.django_db, pytest.mark.heavy, pytest.mark.long]


def test_the_planned_effects_of_mazes_are_answered(wsgi: httpx.BaseTransport, tmp_path: Path) -> None:
    version = opened(landmark("vasconcelos"))
    rehearsed(version, 24, wsgi)
    folder = Path(settings.ASSAY_VAR) / Dataset.objects.get().folder
    found = analysis.report(
        folder, plan=folder / "plan.yaml", out=tmp_path / "out", simulated=True, permutations=200
    )
    told = {one["effect"]: one for one in found["effects"]}
    assert [one["undefined"] for one in told.values()] == [None] * 3
    assert told["path - prediction"]["test"]["details"]["replayed"] == "signs"
    split = told["path - prediction, by hard - easy"]["test"]
    assert split["details"]["replayed"] == "arms"
    # Of the three sizes an interaction of hard and easy concerns two: the people of the third have no part in it.
    people = read_raw(folder / "participants.parquet")
    concerned = int(people["factor_difficulty"].isin(["hard", "easy"]).sum())
    assert split["n"]["participants"] + split["details"]["n_undefined"] == concerned < len(people)


def test_the_planned_effect_of_explanations_is_the_mean_over_the_three_biases(
    wsgi: httpx.BaseTransport, tmp_path: Path
) -> None:
    version = opened(landmark("jabbour"))
    rehearsed(version, 24, wsgi)
    folder = Path(settings.ASSAY_VAR) / Dataset.objects.get().folder
    found = analysis.report(
        folder, plan=folder / "plan.yaml", out=tmp_path / "out", simulated=True, permutations=200
    )
    (one,) = found["effects"]
    assert one["undefined"] is None
    assert one["left_out"] == []
    assert set(one["weights"].values()) == {1 / 3, -1 / 3}
    each = found["primary"]["contrasts"]
    assert len(each) == 3
    gaps = [bias["t_test"]["value"] for bias in each]
    assert one["test"]["value"] == pytest.approx(sum(gaps) / 3)
