"""The answer of the report: the published table, the flags that cross it, its scope, and what conditions are called."""

import json
from pathlib import Path
from typing import Any

import pytest

import analysis
from analysis.measures import registry
from analysis.report.bundle import Bundle
from analysis.report.decision import HEADLINES, STANDINGS, decide, published_table
from analysis.report.flags import RULES, allocation_faults
from analysis.report.labels import relabelled
from analysis.report.sample import Sample
from tests.analysis.simulate import World, simulate, write_dataset

PLAN = {
    "locked_at": "2026-11-01T10:00:00+00:00",
    "plan": {"primary": {"measure": "accuracy", "contrast": "ig - ai", "smallest_effect": 0.1}},
}
HELPS = {"discernment": {"ig": 0.5}, "follow": {"ai": 0.5, "ig": 0.5}}


@pytest.fixture(autouse=True)
def few_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Describe only the measures that these plans name: the whole shelf is walked in test_report.py."""
    monkeypatch.setattr(registry, "names", lambda: ["accuracy", "over_reliance", "rt_ms", "s_tias"])


def study(seed: int = 3, **changes: Any) -> dict[str, Any]:
    world = {
        "conditions": ("ai", "ig"),
        "strata": ("all",),
        "per_stratum": 60,
        "trials": 20,
        **HELPS,
        **changes,
    }
    return simulate(World(**world), seed=seed)


def make(
    tables: dict[str, Any], folder: Path, *, beside: dict[str, Any] | None = None, **options: Any
) -> Any:
    data = write_dataset(tables, folder / "data")
    if beside is not None:
        (data / "treatment.json").write_text(json.dumps(beside))
    return analysis.report(
        data, plan=options.pop("plan", PLAN), out=folder / "out", permutations=200, **options
    )


def flags(results: dict[str, Any]) -> dict[str, str]:
    return {flag["flag"]: flag["level"] for flag in results["flags"]}


def test_a_sound_study_with_an_effect_is_superior_without_reservations(tmp_path: Path) -> None:
    results = make(study(), tmp_path)
    assert results["flags"] == []
    assert (results["answer"]["decision"], results["answer"]["headline"]) == ("superior", "Superior")


def test_harm_is_called_harm(tmp_path: Path) -> None:
    results = make(study(discernment={"ig": -0.5}), tmp_path)
    assert results["answer"]["headline"] == "Inferior: harmful"


def test_an_effect_inside_the_smallest_effect_is_too_little_to_matter(tmp_path: Path) -> None:
    plan = {
        **PLAN,
        "plan": {"primary": {"measure": "accuracy", "contrast": "ig - ai", "smallest_effect": 0.6}},
    }
    results = make(study(), tmp_path, plan=plan)
    assert results["answer"]["decision"] == "superior_small"


def test_every_verdict_crossed_with_every_standing_has_a_headline() -> None:
    for verdict in ("better", "worse", "higher", "lower", "equivalent", "undecided", "undefined"):
        primary = {"verdict": verdict, "contrasts": [], "smallest_effect": None}
        for flag in ([], [{"level": "caution", "sentence": "x"}], [{"level": "void", "sentence": "y"}]):
            found = decide(primary, flag)
            assert found["decision"] in HEADLINES
            assert found["standing"] in STANDINGS


def test_comparisons_that_come_to_different_answers_are_counted_and_not_called_undecided(
    tmp_path: Path,
) -> None:
    world = {"conditions": ("ai", "ig", "lime"), "discernment": {"ig": 0.6, "lime": 0.0}}
    several = {"measure": "accuracy", "contrasts": ["ig - ai", "lime - ai"]}
    results = make(study(**world), tmp_path, plan={**PLAN, "plan": {"primary": several}})
    verdicts = [one["verdict"] for one in results["primary"]["contrasts"]]
    assert verdicts == ["better", "undecided"]
    assert results["answer"]["decision"] == "by_comparison"
    assert results["answer"]["headline"] == "By comparison, 1 of 2: superior; 1 of 2: the data cannot tell"
    assert results["answer"]["sentences"][0].startswith("Accuracy by comparison: ")
    assert "1 of 2 comparisons are not settled" in results["answer"]["sentences"][1]
    settled = make(
        study(**world),
        tmp_path / "settled",
        plan={**PLAN, "plan": {"primary": {**several, "smallest_effect": 0.1}}},
    )
    assert settled["answer"]["headline"] == "By comparison, 1 of 2: superior; 1 of 2: practically the same"
    assert settled["answer"]["sentences"][1].startswith("Each comparison is settled")
    together = make(
        study(**world), tmp_path / "joint", plan={**PLAN, "plan": {"primary": {**several, "all": True}}}
    )
    assert together["answer"]["decision"] == "cannot_tell"


def test_a_void_flag_takes_the_answer_away() -> None:
    primary = {"verdict": "better", "contrasts": [], "smallest_effect": None}
    found = decide(primary, [{"level": "void", "sentence": "Nobody saw it."}])
    assert found["headline"] == "No valid answer (the numbers alone: superior)"
    assert found["reservations"] == ["Nobody saw it."]


def test_the_whole_table_is_printed_in_the_report(tmp_path: Path) -> None:
    make(study(), tmp_path)
    text = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    for row in published_table()["rows"]:
        assert row["headline"] in text
    assert "How the answer is chosen" in text
    assert set(published_table()["flags"]) == set(RULES)


def test_an_explanation_that_was_not_in_view_voids_the_answer(tmp_path: Path) -> None:
    tables = study()
    shown = tables["trials"]["explanation_visible_ms"].notna()
    tables["trials"].loc[shown, "explanation_visible_ms"] = 0.0
    results = make(tables, tmp_path)
    assert flags(results) == {"manipulation": "void"}
    assert results["answer"]["standing"] == "void"


def test_an_explanation_on_request_may_stay_unread(tmp_path: Path) -> None:
    tables = study()
    shown = tables["trials"]["explanation_visible_ms"].notna()
    tables["trials"].loc[shown, "explanation_visible_ms"] = 0.0
    beside = {"conditions": [{"name": "ig", "explanations": [{"method": "ig", "reveal": "on_request"}]}]}
    assert flags(make(tables, tmp_path, beside=beside)) == {}


def test_conditions_that_lose_different_shares_void_or_weaken_the_answer(tmp_path: Path) -> None:
    tables = study()
    people = tables["participants"]
    gone = people.index[(people["condition"] == "ig") & (people["slot"].astype(float) % 2 == 0)]
    people.loc[gone, ["completed", "status"]] = [False, "withdrawn"]
    beside = {
        "conditions": [{"name": "ig", "label": "AI with explanation"}, {"name": "ai", "label": "AI alone"}]
    }
    results = make(tables, tmp_path, beside=beside)
    assert flags(results) == {"attrition": "void"}
    assert (
        "46.7 % completed with AI with explanation, 100.0 % with AI alone" in results["flags"][0]["sentence"]
    )


def test_a_condition_other_than_the_list_says_is_a_fault(tmp_path: Path) -> None:
    tables = study()
    place = tables["allocation"]["list"][0]
    place["condition"] = {"ai": "ig", "ig": "ai"}[place["condition"]]
    results = make(tables, tmp_path)
    assert flags(results)["allocation"] == "void"
    assert results["answer"]["headline"].startswith("No valid answer")


def test_participants_who_are_not_in_the_list_are_counted() -> None:
    tables = study()
    people = tables["participants"].loc[tables["participants"]["allocated"].astype(bool)]
    cut = {**tables["allocation"], "list": tables["allocation"]["list"][2:]}
    sample = Sample(tables["trials"], None, None, people, ("ai", "ig"), people, cut, False)
    assert allocation_faults(sample) == {"other_condition": 0, "slot_twice": 0, "not_in_list": 2}


@pytest.mark.parametrize(("reason", "level"), [("a known limit", "caution"), ("", "void")])
def test_a_red_gate_weakens_or_voids_the_answer(tmp_path: Path, reason: str, level: str) -> None:
    beside = {"gates": [{"condition": "ig", "gate": "stability", "state": "red", "overridden": reason}]}
    assert flags(make(study(), tmp_path, beside=beside)) == {"gates": level}


def test_a_control_is_allowed_to_fail_its_gate(tmp_path: Path) -> None:
    beside = {"gates": [{"condition": "ig", "gate": "stability", "state": "red", "declared_control": True}]}
    assert flags(make(study(), tmp_path, beside=beside)) == {}


def test_a_plan_without_a_moment_of_locking_is_a_reservation(tmp_path: Path) -> None:
    results = make(study(), tmp_path, plan=PLAN["plan"])
    assert flags(results) == {"unlocked": "caution"}
    assert results["answer"]["headline"] == "Superior, with reservations"


def test_simulated_participants_never_give_a_valid_answer(tmp_path: Path) -> None:
    results = make(study(simulated=True), tmp_path)
    assert flags(results) == {"simulated": "void"}


def test_the_scope_names_predictor_checkpoint_explanations_cases_and_people(tmp_path: Path) -> None:
    beside = {"audience": "domain_experts", "predictors": [{"name": "mlp", "checkpoint": "abc"}]}
    told = make(study(), tmp_path, beside=beside)["answer"]["scope"]["sentence"]
    for words in ("mlp", "abc", "(ig)", "these 20 cases", "60 domain experts", "One checkpoint"):
        assert words in told


def test_conditions_are_called_by_their_labels_on_the_page_and_by_name_in_the_numbers(tmp_path: Path) -> None:
    beside = {
        "conditions": [{"name": "ig", "label": "Integrated gradients"}, {"name": "ai", "label": "AI <alone>"}]
    }
    results = make(study(), tmp_path, beside=beside)
    assert results["primary"]["contrasts"][0]["treatment"] == "ig"
    assert results["answer"]["sentences"][0].startswith(
        "Accuracy was better with Integrated gradients than with AI"
    )
    text = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "Integrated gradients against AI &lt;alone&gt;" in text
    assert "ig against ai" not in text


def test_two_conditions_with_one_label_are_still_told_apart() -> None:
    bundle = Bundle(treatment={"conditions": [{"name": name, "label": "Same"} for name in ("a", "b")]})
    assert bundle.labels(("a", "b", "c")) == {"a": "Same (a)", "b": "Same (b)", "c": "c"}


def test_labels_change_names_of_conditions_and_nothing_else() -> None:
    given = {
        "condition": "ai",
        "label": "ai",
        "contrast": "ig - ai",
        "means": {"ai": 1.0},
        "details": {"ai": 2},
    }
    assert relabelled(given, {"ai": "Bare AI"}) == {
        "condition": "Bare AI", "label": "ai", "contrast": "ig - Bare AI", "means": {"Bare AI": 1.0},
        "details": {"ai": 2},
    }  # fmt: skip
