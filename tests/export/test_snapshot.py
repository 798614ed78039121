"""I22, small: exports made while people answer are each of one moment, and nobody who answers has to wait for them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pandas  # noqa: F401 - loaded before the clock runs: the first export must not miss the load
import pyarrow.parquet  # noqa: F401
import pytest
from django.test import override_settings

from analysis.core.dataset import read_raw
from studies.export.people import Scope
from studies.export.services import dataset_export
from studies.export.snapshot import snapshot
from studies.trials.models import TrialResponse
from tests.export.conftest import folder_of
from tests.factories import launched_version, step, trials_step
from tests.servers.assay import ROOT, LiveAssay
from tests.trials.conftest import forget_everything

pytestmark = pytest.mark.heavy
FLOW = [step("consent", text="consent"), step("allocate"), trials_step(6)]
PEOPLE = 24


def test_exports_beside_answers_are_never_torn(
    database_url: str, orm: Callable[[str], AbstractContextManager[None]], start_assay: Any, tmp_path: Path
) -> None:
    live: LiveAssay = start_assay(database_url)
    places = override_settings(ASSAY_VAR=live.var, ASSAY_STORE=live.var / "store")
    with orm(database_url), places:
        forget_everything()
        version = launched_version(flow=FLOW, slots=32)
        words = ["rehearse", "cells", "--base-url", live.url, "--participants", str(PEOPLE)]
        with subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *words], env=live.env, cwd=ROOT
        ) as load:
            sizes = []
            while load.poll() is None:
                if TrialResponse.objects.exists():
                    folder = folder_of(dataset_export(version=version, simulated=True))
                    sizes.append(agreeing_answers(folder))
        assert load.returncode == 0
        sizes.append(agreeing_answers(folder_of(dataset_export(version=version, simulated=True))))
        assert len(sizes) >= 2
        assert sizes == sorted(sizes)
        assert (
            sizes[0] < sizes[-1] == PEOPLE * 6 * 4
        )  # trials, each with a choice and a confidence at two stages


def agreeing_answers(folder: Path) -> int:
    """Check that the tables of one export tell of one moment, and return how many answers they hold."""
    trials, responses, people, shown = (
        read_raw(folder / f"{name}.parquet")
        for name in ("trials", "responses", "participants", "presentations")
    )
    final = responses[(responses["stage"] == "final") & (responses["field"] == "decision")]
    assert (trials["status"] == "answered").sum() == len(final) == people["n_answered"].sum()
    assert set(trials["participant_id"]) <= set(people["participant_id"])
    places = ["participant_id", "trial_index", "stage"]
    seen = set(map(tuple, shown[places].drop_duplicates().to_numpy()))
    assert set(map(tuple, responses[places].drop_duplicates().to_numpy())) <= seen
    assert (
        len(responses)
        == responses.drop_duplicates(["participant_id", "trial_index", "stage", "field"]).shape[0]
    )
    return len(responses)


def test_what_is_stored_meanwhile_is_not_in_the_snapshot(
    database_url: str, orm: Callable[[str], AbstractContextManager[None]], start_assay: Any, tmp_path: Path
) -> None:
    live: LiveAssay = start_assay(database_url)
    with orm(database_url), override_settings(ASSAY_VAR=live.var, ASSAY_STORE=live.var / "store"):
        forget_everything()
        version = launched_version(flow=FLOW, slots=16)
        scope = Scope(version, simulated=True)
        with snapshot():
            before = sum(len(people) for people in scope.people())
            live.manage("rehearse", "cells", "--base-url", live.url, "--participants", "1")
            assert sum(len(people) for people in scope.people()) == before == 0
        assert sum(len(people) for people in scope.people()) == 1
