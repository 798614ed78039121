"""The ceiling of a case set: what people and the AI could reach together, before anybody is recruited."""

import numpy as np
import pandas as pd
import pytest

from analysis.power.ceiling import ceiling, pilot_ceiling


def cases(right: list[int], confidence: list[float] | None = None) -> pd.DataFrame:
    table = pd.DataFrame({"ground_truth": "b", "ai_prediction": np.where(np.array(right) == 1, "b", "m")})
    return table if confidence is None else table.assign(ai_confidence=confidence)


def test_the_benchmark_follows_whoever_is_better_at_each_confidence() -> None:
    # High: the AI right in 10 of 10; low: in 2 of 10. People: 0.7. By hand: (10 + 7) / 20.
    found = ceiling(cases([1] * 12 + [0] * 8, [0.9] * 10 + [0.6] * 10), human_accuracy=0.7, bins=2)
    assert found.baseline == pytest.approx(0.7)
    assert found.benchmark == pytest.approx(0.85)
    assert found.potential == pytest.approx(0.15)
    assert found.oracle == pytest.approx((12 + 8 * 0.7) / 20)
    assert "room for complementarity" in found.sentence


def test_a_case_set_on_which_nothing_can_be_gained_is_recognised() -> None:
    found = ceiling(cases([1] * 18 + [0] * 2, list(np.linspace(0.5, 1, 20))), human_accuracy=0.5, bins=2)
    assert found.potential == 0
    assert "can hardly show complementarity" in found.sentence
    assert "the AI alone is right as often (90%)" in found.sentence


def test_without_confidence_there_is_nothing_to_go_by() -> None:
    found = ceiling(cases([1, 1, 1, 0]), human_accuracy=0.7)
    assert found.benchmark == found.baseline == 0.75
    assert [cell[0] for cell in found.cells] == ["all cases"]


def test_room_below_the_smallest_effect_is_called_too_small() -> None:
    found = ceiling(
        cases([1] * 12 + [0] * 8, [0.9] * 10 + [0.6] * 10), human_accuracy=0.62, bins=2, smallest_effect=0.3
    )
    assert "less than the smallest effect of interest (30.0)" in found.sentence


def test_people_may_differ_by_case_as_in_a_pilot() -> None:
    table = cases([1, 1, 0, 0], [0.9, 0.9, 0.6, 0.6]).assign(alone=[0.5, 0.5, 0.9, 0.9])
    found = ceiling(table, human_accuracy="alone", bins=2)
    assert (found.human_accuracy, found.benchmark, found.oracle) == pytest.approx((0.7, 0.95, 0.95))


def test_equal_confidences_stay_together() -> None:
    found = ceiling(cases([1] * 30, [0.8] * 29 + [0.9]), bins=4)
    assert sorted(cell[1] for cell in found.cells) == [1, 29]


def test_the_order_of_cases_changes_nothing() -> None:
    table = cases([1] * 12 + [0] * 8, list(np.linspace(0.5, 1, 20)))
    assert ceiling(table) == ceiling(table.sample(frac=1, random_state=1))


def test_all_faults_of_a_case_table_are_said_at_once() -> None:
    with pytest.raises(ValueError, match="no column ai_prediction") as caught:
        ceiling(pd.DataFrame({"ground_truth": ["a", None]}), human_accuracy=1.4, bins=0)
    for words in ("bins must be", "1 case(s) have no ground_truth", "human_accuracy must be a share"):
        assert words in str(caught.value)


def test_the_ceiling_of_a_pilot_is_that_of_the_measure() -> None:
    # Sure people are always right, unsure ones in half; the AI is right in 3 of 4, whatever people say.
    rows = [
        {"participant_id": f"p{person}", "condition": "ai", "trial_index": at, "ground_truth": "b",
         "response_initial": "b" if at < 4 or at % 2 else "m", "confidence_initial": 0.9 if at < 4 else 0.5,
         "ai_prediction": "m" if at % 4 == 0 else "b"}
        for person in range(10) for at in range(8)
    ]  # fmt: skip
    trials = pd.DataFrame(rows)
    trials = trials.assign(
        response=trials["ai_prediction"],
        correct_initial=trials["response_initial"] == trials["ground_truth"],
        correct=trials["ai_prediction"] == trials["ground_truth"],
        ai_correct=trials["ai_prediction"] == trials["ground_truth"],
    )
    found = pilot_ceiling(trials, signals=["confidence_initial"], folds=1).iloc[0]
    # Sure: people 1, the AI 0.75; unsure: people 0.5, the AI 0.75. Alone both are right in 0.75.
    assert found["baseline"] == pytest.approx(0.75)
    assert found["benchmark"] == pytest.approx((1 + 0.75) / 2)
    assert bool(found["room"])
