"""Known truth: corrected and sequential tests give as many false alarms as they say, and intervals hold."""

import math

import numpy as np
import pytest

from analysis.core.monitoring import always_valid, nominal_alphas
from analysis.estimators.max_t import MaxT
from analysis.estimators.participant_contrast import ParticipantContrast
from analysis.estimators.sign_flip import SignFlip

pytestmark = pytest.mark.long

STUDIES = 1000
WITHIN = (0.036, 0.064)  # 5 % of 1,000, with a chance of 1 in 20 of being wrong by luck


def studies(seed: int) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, number]) for number in range(STUDIES)]


def shares(rng: np.random.Generator, size: tuple[int, ...]) -> np.ndarray:
    # Participant accuracies: bounded, skewed, 24 trials each.
    return rng.binomial(24, rng.beta(7, 3, size)) / 24


def test_sign_flip_under_the_null_and_with_an_effect() -> None:
    alarms, covered = 0, 0
    # Patterns of signs are drawn anew for each study: the same few hundred would err alike in all of them.
    for number, rng in enumerate(studies(1)):
        differences = shares(rng, (30,)) - shares(rng, (30,))
        alarms += SignFlip.estimate(differences, n=499, seed=number).p < 0.05
        found = SignFlip.estimate(differences + 0.05, n=999, seed=STUDIES + number)
        covered += found.low <= 0.05 <= found.high
    assert WITHIN[0] <= alarms / STUDIES <= WITHIN[1]
    assert WITHIN[0] <= 1 - covered / STUDIES <= WITHIN[1]


def test_max_t_gives_one_false_alarm_in_twenty_families() -> None:
    alarms, beside_an_effect = 0, 0
    label, block = np.tile([0, 1, 2], 30), np.repeat(np.arange(15), 6)
    questions = [(0, 1, 0), (0, 2, 0), (1, 1, 0), (1, 2, 0)]
    for number, rng in enumerate(studies(3)):
        values = np.stack([shares(rng, (90,)), rng.lognormal(0, 0.4, 90)], axis=1)
        found = MaxT.estimate(values, label, block, questions=questions, n=299, seed=number)
        alarms += min(one.p for one in found) < 0.05
        helped = values + np.outer(label == 2, [0.15, 0.0])
        others = MaxT.estimate(helped, label, block, questions=questions, n=299, seed=number)
        beside_an_effect += min(others[at].p for at in (0, 2, 3)) < 0.05
    assert WITHIN[0] <= alarms / STUDIES <= WITHIN[1]
    assert beside_an_effect / STUDIES <= WITHIN[1]


def test_three_looks_with_spent_alpha_cost_no_more_than_one() -> None:
    looks = [1 / 3, 2 / 3, 1.0]
    levels = nominal_alphas(looks, kind="pocock")
    stopped = 0
    for rng in studies(4):
        one, other = shares(rng, (90,)), shares(rng, (90,))
        stopped += any(
            ParticipantContrast.estimate(one[: int(90 * t)], other[: int(90 * t)]).p < level
            for t, level in zip(looks, levels, strict=True)
        )
    assert WITHIN[0] <= stopped / STUDIES <= WITHIN[1]


def test_looking_after_every_pair_of_participants_costs_nothing() -> None:
    stopped = 0
    for rng in studies(5):
        gaps = shares(rng, (150,)) - shares(rng, (150,))
        count = np.arange(20, 151)
        means = np.cumsum(gaps)[count - 1] / count
        variances = np.array([gaps[:n].var(ddof=1) / n for n in count])
        stopped += always_valid(list(means), list(np.sqrt(variances)), tau=0.05)[-1].p < 0.05
    assert stopped / STUDIES <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / STUDIES)
