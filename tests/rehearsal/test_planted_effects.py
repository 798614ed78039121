"""What is planted in simulated participants comes out: an effect within its interval, a null at its rate.

Participants go through the pages of the real application (the same driver as over sockets, at its WSGI door), their
answers through the export, the dataset through the analysis that makes the report.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings

from analysis.core.dataset import read_dataset
from analysis.core.plan import Contrast, Hypothesis
from analysis.report.contrasts import Settings
from analysis.report.sample import sample_of
from analysis.report.verdict import answer_hypothesis
from studies.export.services import dataset_export
from studies.rehearsal.policies import PolicyChoice
from studies.rehearsal.services import rehearsal_run
from tests.factories import CONDITIONS, launched_version, step, trials_step
from tests.rehearsal.conftest import ADDRESS

OPTIONS = ("benign", "malignant")
TRIALS, WRONG, SEEDS = 8, 4, 20
SKILL, FOLLOWS, DETECTS = 0.7, 0.75, 0.5
# Worked by hand: of the wrong half, `ig` saves DETECTS of what `ai` would have lost. An answer to wrong advice is right
# without help only when the advice is not followed and the own opinion is right.
UNHELPED = (1 - FOLLOWS) * SKILL
PLANTED = WRONG / TRIALS * DETECTS * (1 - UNHELPED)
HYPOTHESIS = Hypothesis("accuracy", (Contrast("ig", "ai"),))

pytestmark = [pytest.mark.django_db, pytest.mark.heavy]


def truth(number: int) -> str:
    return OPTIONS[number % 2]


def advice(number: int) -> str:
    return truth(number) if number % 4 < 2 else truth(number + 1)


def bars(_name: str, number: int) -> str:
    """Draw bars that fit the case: its texture lies above the middle of its range, which speaks for malignant."""
    pushes = "towards malignant" if advice(number) == "malignant" else "away from benign"
    return (
        f'<table class="bars"><caption>What pushed the AI towards {advice(number)}</caption>'
        f"<tbody><tr><th>Texture</th><td>1</td><td>{pushes}</td></tr></tbody></table>"
    )


def answer_of(seed: int, *, detects: float, people: int, wsgi: httpx.BaseTransport) -> dict[str, Any]:
    """Run one whole study and return what the report says to its primary question."""
    version = launched_version(
        slug=f"planted-{seed}",
        seed=f"planted {seed}",
        conditions={name: CONDITIONS[name] for name in ("ai", "ig")},
        flow=[step("consent", text="consent"), step("allocate"), trials_step(TRIALS, "decision")],
        slots=people,
        truth=truth,
        advice_label=advice,
        fragment=bars,
    )
    text = f"explanation_helped:detects={detects},skill={SKILL},follow_rate={FOLLOWS}"
    found = rehearsal_run(
        version=version,
        base_url=ADDRESS,
        count=people,
        policies=[PolicyChoice.parse(text)],
        seed=seed,
        concurrency=1,
        transport=wsgi,
    )
    assert found.ends == {"done": people}
    dataset = dataset_export(version=version, simulated=True)
    sample = sample_of(read_dataset(Path(settings.ASSAY_VAR) / dataset.folder))
    return answer_hypothesis(sample, HYPOTHESIS, settings=Settings(permutations=200))["contrasts"][0]


def covered(answer: dict[str, Any], effect: float) -> bool:
    return bool(answer["t_test"]["low"] <= effect <= answer["t_test"]["high"])


@pytest.mark.parametrize("people", [12, pytest.param(40, marks=pytest.mark.long)])
def test_a_planted_effect_lies_within_its_interval(people: int, wsgi: httpx.BaseTransport) -> None:
    answers = [answer_of(seed, detects=DETECTS, people=people, wsgi=wsgi) for seed in range(SEEDS)]
    assert sum(covered(answer, PLANTED) for answer in answers) >= 17  # 98.4 % of the time at 95 % coverage
    mean = sum(answer["t_test"]["value"] for answer in answers) / SEEDS
    assert abs(mean - PLANTED) < 0.05


@pytest.mark.parametrize("people", [12, pytest.param(40, marks=pytest.mark.long)])
def test_a_null_stays_null_at_its_rate(people: int, wsgi: httpx.BaseTransport) -> None:
    answers = [answer_of(100 + seed, detects=0, people=people, wsgi=wsgi) for seed in range(SEEDS)]
    assert sum(answer["t_test"]["p"] < 0.05 for answer in answers) <= 3  # 98.4 % of the time at a rate of 5 %
    assert sum(covered(answer, 0.0) for answer in answers) >= 17
