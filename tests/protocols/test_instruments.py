"""The bundled instruments say what their sources say, and the analysis scores them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.measures import registry, tabulations
from studies.questionnaires import Questionnaire, get_questionnaire, questionnaire_names

STRONGLY = (
    "I disagree strongly",
    "I disagree somewhat",
    "I\u2019m neutral about it",
    "I agree somewhat",
    "I agree strongly",
)
SCORED = [name for name in questionnaire_names() if get_questionnaire(name).scoring != "none"]


def scales(instrument: Questionnaire, answers: dict[str, dict[str, float]]) -> pd.DataFrame:
    """Return the table of scales as it leaves a study."""
    return pd.DataFrame(
        {
            "participant_id": person, "condition": "ai", "step_index": 4, "questionnaire": instrument.name,
            "item": item.id, "subscale": item.subscale, "value": given[item.id], "minimum": item.minimum,
            "maximum": item.maximum, "reverse": item.reverse, "scoring": instrument.scoring,
        }
        for person, given in answers.items()
        for item in instrument.items
    )  # fmt: skip


def extremes(instrument: Questionnaire) -> tuple[dict[str, Any], dict[str, Any]]:
    low = {item.id: item.maximum if item.reverse else item.minimum for item in instrument.items}
    high = {item.id: item.minimum if item.reverse else item.maximum for item in instrument.items}
    return low, high


def test_trust_for_explainable_ai_has_the_eight_published_items() -> None:
    found = get_questionnaire("trust_xai")
    assert [item.text for item in found.items] == [
        "I am confident in the AI. I feel that it works well.",
        "The outputs of the AI are very predictable.",
        "The AI is very reliable. I can count on it to be correct all the time.",
        "I feel safe that when I rely on the AI I will get the right answers.",
        "The AI is efficient in that it works very quickly.",
        "I am wary of the AI.",
        "The AI can perform the task better than a novice human user.",
        "I like using the AI for decision making.",
    ]
    assert [item.id for item in found.items if item.reverse] == ["wary"]
    assert {(i.minimum, i.maximum, i.anchors) for i in found.items} == {(1, 5, STRONGLY)}


def test_explanation_satisfaction_has_the_eight_published_items() -> None:
    found = get_questionnaire("explanation_satisfaction")
    works = "This explanation of how the AI works"
    assert [item.text for item in found.items] == [
        "From the explanation, I understand how the AI works.",
        f"{works} is satisfying.",
        f"{works} has sufficient detail.",
        f"{works} seems complete.",
        f"{works} tells me how to use it.",
        f"{works} is useful to my goals.",
        "This explanation of the AI shows me how accurate the AI is.",
        "This explanation lets me judge when I should trust and not trust the AI.",
    ]
    assert {(i.minimum, i.maximum, i.anchors, i.reverse) for i in found.items} == {(1, 5, STRONGLY, False)}


def test_raw_nasa_tlx_has_six_sliders_of_21_steps_and_performance_runs_from_perfect_to_failure() -> None:
    found = get_questionnaire("nasa_tlx")
    assert [item.id for item in found.items] == [
        "mental", "physical", "temporal", "performance", "effort", "frustration",
    ]  # fmt: skip
    assert {(i.kind, i.minimum, i.maximum, i.step, i.reverse) for i in found.items} == {
        ("slider", 0, 100, 5, False)
    }
    assert found.item("performance").anchors == ("Perfect", "Failure")


def test_the_wording_of_tias_is_not_bundled_and_its_structure_is() -> None:
    found = get_questionnaire("tias")
    assert found.lacks_wording == tuple(f"item_{n}" for n in range(1, 13))
    assert [item.reverse for item in found.items] == [True] * 5 + [False] * 7
    assert {item.subscale for item in found.items[:5]} == {"distrust"}


@pytest.mark.parametrize("name", SCORED)
def test_scoring_reaches_both_ends_of_the_range(name: str) -> None:
    instrument = get_questionnaire(name)
    low, high = extremes(instrument)
    found = registry.get(f"scale_score:{name}").compute(scales(instrument, {"p1": low, "p2": high}))
    first = instrument.items[0]
    assert found.to_dict() == {"p1": first.minimum, "p2": first.maximum}


@pytest.mark.parametrize("name", ["s_tias", "tias", "trust_xai", "explanation_satisfaction", "nasa_tlx"])
def test_the_measure_of_the_same_name_scores_the_instrument(name: str) -> None:
    instrument = get_questionnaire(name)
    rng = np.random.default_rng(7)
    answers = {
        f"p{n}": {i.id: float(rng.integers(i.minimum or 0, (i.maximum or 0) + 1)) for i in instrument.items}
        for n in range(5)
    }
    by_hand = {
        person: np.mean([i.minimum + i.maximum - a[i.id] if i.reverse else a[i.id] for i in instrument.items])
        for person, a in answers.items()
    }
    found = registry.get(name).compute(scales(instrument, answers))
    assert found.to_dict() == pytest.approx(by_hand)
    assert (registry.get(name).bounds) == (instrument.items[0].minimum, instrument.items[0].maximum)


def test_omega_and_alpha_turn_the_reversed_item_of_trust() -> None:
    instrument, rng = get_questionnaire("trust_xai"), np.random.default_rng(3)
    trait = rng.normal(size=60)
    raw = np.clip(np.round(3 + trait[:, None] + rng.normal(scale=0.7, size=(60, 8))), 1, 5)
    answers = {
        f"p{n}": {i.id: float(6 - row[k] if i.reverse else row[k]) for k, i in enumerate(instrument.items)}
        for n, row in enumerate(raw)
    }
    found = tabulations.get("scale_reliability").compute(scales(instrument, answers)).iloc[0]
    variances = raw.var(axis=0, ddof=1)
    alpha = 8 / 7 * (1 - variances.sum() / raw.sum(axis=1).var(ddof=1))
    assert found["alpha"] == pytest.approx(alpha)
    assert found["omega"] == pytest.approx(
        alpha, abs=0.03
    )  # items that load alike: omega and alpha nearly agree


def test_a_summed_scale_is_added_up() -> None:
    instrument = get_questionnaire("s_tias")
    rows = scales(instrument, {"p1": {"confident": 2, "reliable": 3, "trust": 7}}).assign(scoring="sum")
    assert registry.get("scale_score:s_tias").compute(rows).tolist() == [12.0]
    table = tabulations.get("scale_score").compute(rows).iloc[0]
    assert (table["value"], table["minimum"], table["maximum"]) == (12.0, 3.0, 21.0)


def test_questions_that_are_no_scale_are_not_scored() -> None:
    rows = scales(get_questionnaire("s_tias"), {"p1": {"confident": 2, "reliable": 3, "trust": 7}})
    assert tabulations.get("scale_score").compute(rows.assign(scoring="none")).empty
