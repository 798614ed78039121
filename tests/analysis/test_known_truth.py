"""Studies whose truth is known: false alarms as often as promised, intervals that hold the truth as often as promised.

`python -m pytest -m long tests/analysis` runs 1,000 studies of each kind; the short version runs 200.
"""

import math
from collections.abc import Iterator

import numpy as np
import pytest
from scipy import stats

from analysis.core.cells import cells
from analysis.core.plan import Contrast
from analysis.estimators.participant_contrast import ParticipantContrast
from analysis.measures import registry
from analysis.report.questions import permute
from tests.analysis.simulate import World, simulate

PLAIN = {"ai": 0.5, "ig": 0.5}
NULL = World(conditions=("ai", "ig"), per_stratum=30, trials=20, follow=PLAIN)
LIFT = 0.2
EFFECT = World(conditions=("ai", "ig"), per_stratum=30, trials=20, follow=PLAIN, discernment={"ig": LIFT})
SHORT, LONG = 200, 1000


def truth_of(world: World) -> float:
    """Return the planted difference in accuracy, by arithmetic.

    Who is at first of another opinion than the AI moves with probability follow + lift where the AI is right
    and follow - lift where it is wrong: the first gains, the second avoids a loss.
    """
    right = round(world.ai_accuracy * world.trials) / world.trials
    return LIFT * (right * (1 - world.skill) + (1 - right) * world.skill)


def studies(world: World, *, count: int, start: int) -> Iterator[tuple[float, float, float, float]]:
    """Yield estimate, low, high and Welch p of accuracy for many simulated studies."""
    contrast = Contrast("ig", "ai")
    for seed in range(start, start + count):
        people = cells(registry.get("accuracy"), simulate(world, seed=seed, full=False)["trials"])
        one, other = (
            people.loc[people["condition"] == name, "scaled"].to_numpy(dtype=float)
            for name in (contrast.treatment, contrast.control)
        )
        found = ParticipantContrast.estimate(one, other)
        yield found.value, found.low, found.high, found.p


def permutation_p(world: World, *, count: int, start: int) -> np.ndarray:
    found = []
    for seed in range(start, start + count):
        tables = simulate(world, seed=seed, full=False)
        people = cells(registry.get("accuracy"), tables["trials"])
        estimate = permute(
            people,
            treatment="ig",
            control="ai",
            allocation=tables["allocation"],
            n=499,
            seed=seed,
            direction="two_sided",
        )
        assert estimate.details["mechanism"] == "blocks"
        found.append(estimate.p)
    return np.array(found)


def within_chance(hits: int, count: int, *, share: float) -> bool:
    """Return whether a count is within what chance allows in all but one of 2,000 runs."""
    low, high = stats.binom.ppf([0.00025, 0.99975], count, share)
    return bool(low <= hits <= high)


def test_false_alarms_of_welch_and_coverage_are_as_promised() -> None:
    rows = np.array(list(studies(NULL, count=SHORT, start=0)))
    assert within_chance(int((rows[:, 3] < 0.05).sum()), SHORT, share=0.05)
    assert within_chance(int(((rows[:, 1] <= 0) & (rows[:, 2] >= 0)).sum()), SHORT, share=0.95)


def test_false_alarms_of_the_permutation_test_are_as_promised() -> None:
    p_values = permutation_p(NULL, count=SHORT, start=0)
    assert within_chance(int((p_values <= 0.05).sum()), SHORT, share=0.05)


def test_a_planted_effect_is_estimated_without_bias_and_covered() -> None:
    rows, truth = np.array(list(studies(EFFECT, count=SHORT, start=0))), truth_of(EFFECT)
    error = rows[:, 0].std(ddof=1) / math.sqrt(SHORT)
    assert abs(rows[:, 0].mean() - truth) < 4 * error
    assert within_chance(int(((rows[:, 1] <= truth) & (rows[:, 2] >= truth)).sum()), SHORT, share=0.95)


@pytest.mark.long
def test_over_a_thousand_null_studies_5_per_cent_are_false_alarms() -> None:
    rows = np.array(list(studies(NULL, count=LONG, start=10_000)))
    assert 0.036 <= (rows[:, 3] < 0.05).mean() <= 0.064
    assert 0.036 <= (permutation_p(NULL, count=LONG, start=10_000) <= 0.05).mean() <= 0.064


@pytest.mark.long
def test_over_a_thousand_studies_95_per_cent_of_the_intervals_hold_the_truth() -> None:
    rows, truth = np.array(list(studies(EFFECT, count=LONG, start=10_000))), truth_of(EFFECT)
    assert 0.936 <= ((rows[:, 1] <= truth) & (rows[:, 2] >= truth)).mean() <= 0.964
