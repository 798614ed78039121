"""Every protocol from page to measure: pages over HTTP, valid tables, and measures equal to a count from the rows."""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from analysis.measures import registry as measures
from studies.trials.models import Presentation, PresentedItem, Trial, TrialResponse
from tests.factories import AI, CONDITIONS, IG, trials_step
from tests.protocols.conftest import Rehearsed

pytestmark = pytest.mark.django_db
OPTIONS = ("benign", "malignant")
SHAP = {**IG, "name": "shap", "method": "kernel_shap"}
EACH = {**IG, "name": "ig_each", "target": "each_option"}
ALONE = {"ai": CONDITIONS["ai"], "ig": CONDITIONS["ig"]}
Rehearse = Callable[..., Rehearsed]


def truth(number: int) -> str:
    return OPTIONS[number % 2]


def advice(number: int) -> str:
    return OPTIONS[(number // 2) % 2]


def block(
    protocol: str, cases: int = 4, *, phase: str = "", per_page: int = 1, **parameters: Any
) -> dict[str, Any]:
    return trials_step(cases, protocol, parameters=parameters, phase=phase, per_page=per_page)


def raw(version_of: Rehearsed, field: str) -> dict[tuple[int, int], tuple[int, Any]]:
    """Return the stored answers to a field straight from the database: (person, trial) to (number of case, value)."""
    rows = TrialResponse.objects.filter(trial__participant__version=version_of.version, field=field)
    return {
        (person, trial): (int(key.removeprefix("cell-")), value)
        for person, trial, key, value in rows.values_list(
            "trial__participant_id", "trial_id", "trial__case__key", "value"
        )
    }


def by_person(marks: Iterable[tuple[int, float]]) -> list[float]:
    found: dict[int, list[float]] = defaultdict(list)
    for person, mark in marks:
        found[person].append(mark)
    return sorted(statistics.fmean(values) for values in found.values())


def measured(done: Rehearsed, name: str) -> list[float]:
    return sorted(measures.get(name).compute(done.table("trials")).dropna().tolist())


def test_counterfactual_simulation_counts_agreement_on_the_changed_case(rehearse: Rehearse) -> None:
    done = rehearse(
        block("counterfactual_simulation", 6),
        conditions=ALONE,
        truth=truth,
        advice_label=advice,
        columns=lambda n: {"original": f"cell-{(n + 1) % 6}"},
    )
    counted = by_person((who, value == advice(n)) for (who, _), (n, value) in raw(done, "guess").items())
    assert measured(done, "counterfactual_simulation_accuracy") == pytest.approx(counted)
    trials = done.table("trials")
    before = [advice((int(key.removeprefix("cell-")) + 1) % 6) for key in trials["case_id"]]
    assert trials["ai_prediction_original"].tolist() == before
    assert measured(done, "counterfactual_simulation_balanced")


def test_the_original_stands_on_the_page_with_the_ai_s_answer_and_is_recorded(rehearse: Rehearse) -> None:
    done = rehearse(
        block("counterfactual_simulation", 2), conditions=ALONE, people=2,
        columns=lambda n: {"original": f"cell-{1 - n}"},
    )  # fmt: skip
    shown = done.table("presentations")
    assert set(shown["item"]) == {"original", "advice", "explanation", "case"}
    of_ig = shown[shown["condition"] == "ig"]
    assert of_ig["item"].tolist()[:4] == ["original", "advice", "explanation", "case"]


@pytest.mark.parametrize("answer", ["yes_no", "four_levels"])
def test_agreement_counts_verdicts_on_the_ai(rehearse: Rehearse, answer: str) -> None:
    done = rehearse(block("agreement", answer=answer), conditions=ALONE, truth=truth, advice_label=advice)
    counted = by_person(
        (who, value.startswith("right") == (advice(n) == truth(n)))
        for (who, _), (n, value) in raw(done, "verdict").items()
    )
    assert measured(done, "agreement_accuracy") == pytest.approx(counted)
    assert set(done.table("trials")["n_options"]) == {2}


def test_distinction_counts_picks_of_the_right_answer_and_hides_the_advice(rehearse: Rehearse) -> None:
    done = rehearse(
        block("distinction"), truth=truth, advice_label=advice,
        conditions={"each": {"advice": AI, "explanations": [EACH]}, "case": CONDITIONS["unaided"]},
    )  # fmt: skip
    counted = by_person((who, value == truth(n)) for (who, _), (n, value) in raw(done, "pick").items())
    assert measured(done, "distinction_accuracy") == pytest.approx(counted)
    assert "advice" not in set(done.table("presentations")["item"])
    assert set(done.table("trials")["advice_source"]) == {"none"}


COSTS = {"decide": 0.25, "escalate": 0.5}
ROUTING = {"ai_confidence": {"above": 0.9}}


@pytest.mark.parametrize("notice", [False, True])
def test_deferral_gives_the_outcome_of_the_team_and_its_price(rehearse: Rehearse, notice: bool) -> None:
    done = rehearse(
        block("deferral", 6, costs=COSTS, routing={**ROUTING, "notice": notice}),
        conditions=ALONE, truth=truth, advice_label=advice,
        confidence=lambda n: 0.95 if n in (0, 5) else 0.6,
    )  # fmt: skip
    acts = raw(done, "action")
    assert len(acts) == 8 * 6
    worth = []
    for (who, trial), (n, said) in acts.items():
        is_routed = TrialResponse.objects.filter(trial=trial, stage="routed").exists()
        assert is_routed == (n in (0, 5))
        outcome = {"accept": advice(n), "escalate": truth(n)}.get(said, said)
        cost = 0 if is_routed else COSTS.get(said, 0 if said == "accept" else COSTS["decide"])
        worth.append((who, (outcome == truth(n)) - cost - (advice(n) == truth(n))))
    assert measured(done, "deferral_value") == pytest.approx(by_person(worth))
    asked = {key: said for key, (n, said) in acts.items() if n not in (0, 5)}
    counted = by_person((who, said == "escalate") for (who, _), said in asked.items())
    assert measured(done, "deferral_rate") == pytest.approx(counted)
    trials = done.table("trials")
    assert set(trials["status"]) == {"answered"}
    assert set(trials.loc[trials["case_id"].isin(["cell-0", "cell-5"]), "action"]) == {"routed_accept"}
    assert measured(done, "human_workload") == pytest.approx([4 / 6] * 8)
    assert Presentation.objects.filter(stage="routed").exists() == notice


def learning_flow(**parameters: Any) -> list[dict[str, Any]]:
    target = {"target": "prediction"}
    return [
        block("learning_transfer", 2, phase="pre", **target),
        block("learning_transfer", 3, phase="learn", per_page=2, show_truth=True, **target),
        block("learning_transfer", 2, phase="test", reference_panel=True, **target),
        block("learning_transfer", 3, phase="learn", **target),
        block("learning_transfer", 2, phase="test", **target, **parameters),
    ]


def test_learning_counts_examples_and_tests_on_new_cases(rehearse: Rehearse) -> None:
    done = rehearse(*learning_flow(), conditions=ALONE, truth=truth, advice_label=advice)
    trials = done.table("trials")
    counts = trials.groupby("block_index")["n_learned"].agg(["min", "max"]).to_numpy().tolist()
    assert counts == [[0, 0], [0, 2], [3, 3], [3, 5], [6, 6]]
    assert trials.groupby("block_index")["phase"].first().tolist() == [
        "pre",
        "learn",
        "test",
        "learn",
        "test",
    ]
    assert set(trials["status"]) == {"answered"}
    marks: dict[str, list[tuple[int, float]]] = {"pre": [], "test": []}
    for (who, trial), (n, value) in raw(done, "answer").items():
        is_pre = Trial.objects.get(pk=trial).block_index == 0
        marks["pre" if is_pre else "test"].append((who, value == advice(n)))
    gains = {
        who: statistics.fmean(m for w, m in marks["test"] if w == who)
        - statistics.fmean(m for w, m in marks["pre"] if w == who)
        for who, _ in marks["pre"]
    }
    assert measured(done, "simulation_gain") == pytest.approx(sorted(gains.values()))


def test_examples_that_share_a_page_are_each_recorded(rehearse: Rehearse) -> None:
    done = rehearse(*learning_flow(), conditions=ALONE, people=2, truth=truth)
    seen = TrialResponse.objects.filter(field="seen", trial__participant__version=done.version)
    assert seen.count() == 2 * 6
    on_pages = done.table("presentations")
    shown = on_pages[(on_pages["block_index"] == 1) & (on_pages["item"] == "case")]
    assert len(shown) == 2 * 3
    alone = seen.filter(trial__block_index=1).exclude(rt_ms=None).count()
    assert alone == 2 * 2  # two pages: of the second example of a page no time is known


def test_the_reference_panel_shows_what_was_studied_and_nothing_else(rehearse: Rehearse) -> None:
    done = rehearse(*learning_flow(), conditions=ALONE, people=2)
    items = PresentedItem.objects.filter(
        item="reference", presentation__trial__participant__version=done.version
    )
    first = items.order_by("presentation_id", "position").values_list("presentation_id", "name")
    page = [name for presentation, name in first if presentation == first[0][0]]
    learned = Trial.objects.get(presentations=first[0][0]).participant.trials.filter(block_index=1)
    assert page == list(learned.order_by("trial_index").values_list("case__key", flat=True))


@pytest.mark.parametrize("learn", ["answer_first", "with_help"])
def test_learning_while_answering_goes_through(rehearse: Rehearse, learn: str) -> None:
    done = rehearse(block("learning_transfer", 3, phase="learn", learn=learn), conditions=ALONE, people=4)
    trials = done.table("trials")
    assert trials["response"].notna().all()
    assert set(trials["status"]) == {"answered"}


NUMBER = {
    "kind": "numeric",
    "options": [],
    "positive": "",
    "minimum": 0,
    "maximum": 500,
    "unit": "k",
    "tolerance": 10,
}
MONEY: dict[str, Any] = {
    "decision": NUMBER,
    "truth": lambda n: str(100 + 20 * n),
    "advice_label": lambda n: str(110 + 20 * n),
    "conditions": ALONE,
}


def test_weight_of_advice_of_numbers_equals_its_formula(rehearse: Rehearse) -> None:
    done = rehearse(block("judge_advisor"), **MONEY)
    rows = TrialResponse.objects.filter(field="decision", trial__participant__version=done.version)
    pairs: dict[int, dict[str, Any]] = defaultdict(dict)
    for who, trial, key, stage, value in rows.values_list(
        "trial__participant_id", "trial_id", "trial__case__key", "stage", "value"
    ):
        pairs[trial] |= {"who": who, "a": 110 + 20 * int(key.removeprefix("cell-")), stage: value}
    shares = [
        (p["who"], (p["final"] - p["initial"]) / (p["a"] - p["initial"])) for p in pairs.values()
        if p["a"] != p["initial"]
    ]  # fmt: skip
    assert measured(done, "weight_of_advice") == pytest.approx(by_person(shares))


def test_a_number_within_the_tolerance_counts_as_right(rehearse: Rehearse) -> None:
    done = rehearse(block("decision"), **MONEY)
    counted = by_person(
        (who, abs(value - (100 + 20 * n)) <= 10) for (who, _), (n, value) in raw(done, "decision").items()
    )
    assert measured(done, "accuracy") == pytest.approx(counted)
    assert done.table("trials")["ai_correct"].all()


def test_guesses_of_numbers_are_off_by_their_distance(rehearse: Rehearse) -> None:
    done = rehearse(block("forward_simulation", then_decide=True), **MONEY)
    counted = by_person(
        (who, abs(value - (110 + 20 * n))) for (who, _), (n, value) in raw(done, "guess").items()
    )
    assert measured(done, "forward_simulation_error") == pytest.approx(counted)
    assert done.table("trials")["response_after"].notna().all()


def test_a_guess_before_and_after_the_explanation_is_kept_apart(rehearse: Rehearse) -> None:
    done = rehearse(block("forward_simulation", explanation="after"), conditions=ALONE, people=4)
    trials = done.table("trials")
    assert trials["response_initial"].notna().all()
    assert trials["correct_initial"].notna().all()


def test_a_diagnosis_is_scored_against_the_planted_slice(rehearse: Rehearse) -> None:
    done = rehearse(
        block("diagnose", 2, slices=["night", "snow", "tunnel"]),
        block("diagnose", 4, part="predict_failure"),
        conditions=ALONE, truth=truth, advice_label=advice, truths=lambda n: {"slice": "snow"},
    )  # fmt: skip
    rows = raw(done, "diagnosis")
    named = by_person((who, v == "snow") for (who, _), (n, v) in rows.items() if n < 2)
    assert measured(done, "diagnosis_accuracy") == pytest.approx(named)
    foretold = by_person(
        (who, (v == "right") == (advice(n) == truth(n))) for (who, _), (n, v) in rows.items() if n >= 2
    )
    assert measured(done, "failure_prediction_accuracy") == pytest.approx(foretold)


def gains(number: int) -> dict[str, float]:
    return {"drop": 0.1 * number, "edit": 0.3, "keep": 0.0}


def test_an_intervention_is_worth_what_it_was_found_to_do(rehearse: Rehearse) -> None:
    harms = {"drop": 0.0, "edit": 0.2, "keep": 0.0}
    done = rehearse(
        block("intervene"), conditions=ALONE,
        columns=lambda _n: {"interventions": "drop=Drop the scans of site A|edit=Edit head 3|keep=Leave it"},
        truths=lambda n: {"gain": json.dumps(gains(n)), "side_effect": json.dumps(harms)},
    )  # fmt: skip
    net = {n: {name: gain - harms[name] for name, gain in gains(n).items()} for n in range(4)}
    counted = by_person((who, net[n][value]) for (who, _), (n, value) in raw(done, "intervention").items())
    assert measured(done, "intervention_score") == pytest.approx(counted)
    regret = by_person(
        (who, max(net[n].values()) - net[n][value])
        for (who, _), (n, value) in raw(done, "intervention").items()
    )
    assert measured(done, "intervention_regret") == pytest.approx(regret)


def test_an_audit_discerns_defects_and_costs_its_errors(rehearse: Rehearse) -> None:
    from scipy.stats import norm

    planted = ("none", "shortcut", "leak", "none", "shortcut", "none")
    costs = {"missed": 10, "false_alarm": 2, "review": 1}
    done = rehearse(
        block("audit", 6, defects=["shortcut", "leak"], costs=costs), conditions=ALONE,
        truths=lambda n: {"defect": planted[n]},
    )  # fmt: skip
    held: dict[int, dict[bool, list[bool]]] = defaultdict(lambda: {True: [], False: []})
    paid: dict[int, list[float]] = defaultdict(list)
    for (who, _), (n, value) in raw(done, "verdict").items():
        has = planted[n] != "none"
        held[who][has].append(value == "hold")
        error = "" if (value == "hold") == has else "missed" if has else "false_alarm"
        paid[who].append(1 + costs.get(error, 0))
    z = {
        kind: {w: norm.ppf((sum(h[kind]) + 0.5) / (len(h[kind]) + 1)) for w, h in held.items()}
        for kind in (True, False)
    }
    d_prime = sorted(z[True][who] - z[False][who] for who in held)
    assert measured(done, "audit_discernment") == pytest.approx(d_prime)
    assert measured(done, "cost_per_defect") == pytest.approx(sorted(sum(c) / 3 for c in paid.values()))
    named = by_person((who, v == planted[n]) for (who, _), (n, v) in raw(done, "defect").items())
    assert measured(done, "defect_naming") == pytest.approx(named)


def test_a_preference_is_for_a_thing_and_not_for_a_side(rehearse: Rehearse) -> None:
    both = {"both": {"advice": AI, "explanations": [IG, SHAP]}}
    done = rehearse(block("preference", 6), conditions=both)
    trials = done.table("trials")
    shown = done.table("presentations")
    first = shown[shown["item"] == "explanation"].groupby(["participant_id", "block_index", "trial_index"])[
        "name"
    ]
    order = first.agg(list)
    for row in trials.itertuples():
        names = order[row.participant_id, row.block_index, row.trial_index]
        assert row.response == names[row.place - 1]
    starts = [names[0] for names in order]
    assert starts.count("ig") == starts.count("shap")


def test_a_study_with_several_protocols_has_the_columns_of_all(rehearse: Rehearse) -> None:
    done = rehearse(block("deferral", 2), block("agreement", 2), conditions=ALONE, people=2)
    trials = done.table("trials")
    assert trials.loc[trials["protocol"] == "agreement", "action"].isna().all()
    assert trials.loc[trials["protocol"] == "deferral", "action"].notna().all()
