"""Families and claims in the report: Dunnett, max-T, non-inferiority, reader studies; combinations that are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import analysis
from analysis.core.plan import PlanInvalidError
from analysis.estimators.max_t import MaxT
from analysis.measures import registry
from tests.analysis.simulate import World, simulate, write_dataset

SEVERAL = {"measure": "accuracy", "contrasts": ["ig - ai", "placebo - ai"], "smallest_effect": 0.1}


@pytest.fixture(autouse=True)
def few_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = ["accuracy", "auc", "over_reliance", "rt_ms", "s_tias", "sensitivity"]
    monkeypatch.setattr(registry, "names", lambda: kept)


@pytest.fixture(scope="module")
def study() -> dict[str, Any]:
    world = World(
        conditions=("ai", "ig", "placebo"),
        strata=("expert", "novice"),
        per_stratum=30,
        discernment={"ig": 0.2},
    )
    return simulate(world, seed=14)


def make(tables: dict[str, Any], folder: Path, plan: dict[str, Any], **options: Any) -> dict[str, Any]:
    data = write_dataset(tables, folder / "data")
    return analysis.report(data, plan=plan, out=folder / "out", **{"permutations": 200, **options})


def person_means(tables: dict[str, Any], *, of: str = "correct") -> pd.DataFrame:
    trials = tables["trials"]
    kept = trials[
        (~trials["is_practice"]) & (trials["protocol"] == "judge_advisor") & (trials["status"] == "answered")
    ]
    return (
        kept.astype({of: float}).groupby(["participant_id", "condition", "stratum"])[of].mean().reset_index()
    )


def test_dunnett_in_the_report_is_that_of_scipy(study: dict[str, Any], tmp_path: Path) -> None:
    found = make(study, tmp_path, {"primary": SEVERAL, "multiplicity": "dunnett"})["primary"]
    groups = {name: part["correct"].to_numpy() for name, part in person_means(study).groupby("condition")}
    expected = stats.dunnett(groups["ig"], groups["placebo"], control=groups["ai"], random_state=1)
    limits = expected.confidence_interval(0.95)
    for at, one in enumerate(found["contrasts"]):
        assert one["p_adjusted"] == pytest.approx(expected.pvalue[at], abs=2e-3)  # theirs is drawn
        assert (one["shown"]["low"], one["shown"]["high"]) == pytest.approx(
            (limits.low[at], limits.high[at]), abs=2e-3
        )
    page = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "Dunnett: all comparisons with the control held together" in page


def test_several_measures_beside_each_other_share_alpha_under_dunnett(
    study: dict[str, Any], tmp_path: Path
) -> None:
    speed = {"measure": "rt_ms", "contrasts": ["ig - ai", "placebo - ai"]}
    plan = {
        "primary": SEVERAL,
        "secondary": [speed],
        "multiplicity": {"method": "dunnett", "family": "together"},
    }
    both = make(study, tmp_path, plan)
    alone = make(study, tmp_path / "alone", {"primary": SEVERAL, "multiplicity": "dunnett"})
    for one, other in zip(both["primary"]["contrasts"], alone["primary"]["contrasts"], strict=True):
        assert one["p_adjusted"] == pytest.approx(min(1.0, 2 * other["p_adjusted"]))


def test_max_t_in_the_report_is_shuffling_within_blocks_by_hand(
    study: dict[str, Any], tmp_path: Path
) -> None:
    tables = {**study, "allocation": None}
    found = _without_list(tables, tmp_path, {"primary": SEVERAL, "multiplicity": "max_t"}, permutations=4000)
    people = person_means(study)
    value, names = people["correct"].to_numpy(), people["condition"].to_numpy()
    stratum = people["stratum"].to_numpy()

    def t(labels: np.ndarray) -> np.ndarray:
        parts = {name: value[labels == name] for name in ("ai", "ig", "placebo")}
        return np.array(
            [stats.ttest_ind(parts[one], parts["ai"], equal_var=False).statistic for one in ("ig", "placebo")]
        )

    observed = abs(t(names))
    rng = np.random.default_rng(8)
    count = np.zeros(2)
    for _ in range(2000):
        labels = names.copy()
        for one in ("expert", "novice"):
            labels[stratum == one] = rng.permutation(labels[stratum == one])
        count += abs(t(labels)).max() >= observed - 1e-9
    # The larger statistic is corrected for both; stepping down, the smaller one for itself alone.
    larger = int(np.argmax(observed))
    got = found["primary"]["contrasts"][larger]["p_adjusted"]
    assert got == pytest.approx((1 + count[larger]) / 2001, abs=4 * np.sqrt(max(got, 0.01) / 2000))


def _without_list(
    tables: dict[str, Any], folder: Path, plan: dict[str, Any], **options: Any
) -> dict[str, Any]:
    data = write_dataset({**tables, "allocation": {}}, folder / "data")
    (data / "allocation.json").unlink()
    return analysis.report(data, plan=plan, out=folder / "out", **options)


def test_max_t_takes_arrangements_of_its_own_where_the_allocation_draws_them() -> None:
    values, conditions = [5.0, 6.0, 7.0, 1.0, 2.0, 3.0], [1, 1, 1, 0, 0, 0]
    same = MaxT.estimate(
        values, conditions, [0] * 6, questions=[(0, 1, 0)], n=50,
        redraw=lambda rows, _generator: np.tile(conditions, (rows, 1)),
    )  # fmt: skip
    assert same[0].p == 1.0


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (
            {"primary": {**SEVERAL, "estimator": "glmm"}, "multiplicity": "dunnett"},
            "dunnett corrects participant_contrast",
        ),
        (
            {"primary": {**SEVERAL, "estimator": "lmm", "measure": "rt_ms"}, "multiplicity": "max_t"},
            "not lmm. Say holm",
        ),
        (
            {"primary": {**SEVERAL, "placed": "within"}, "multiplicity": "max_t"},
            "compares different participants",
        ),
        (
            {
                "primary": {**SEVERAL, "all": True},
                "secondary": [{"measure": "rt_ms", "contrast": "ig - ai"}],
                "multiplicity": {"method": "max_t", "family": "together"},
            },
            r"some must hold together \(all: true\)",
        ),
        (
            {
                "primary": SEVERAL,
                "secondary": [{"measure": "rt_ms", "contrast": "ig - ai", "direction": "less"}],
                "multiplicity": {"method": "max_t", "family": "together"},
            },
            "in one direction",
        ),
        ({"primary": {**SEVERAL, "equivalence": True}, "multiplicity": "dunnett"}, "no claims of sameness"),
        (
            {
                "primary": {
                    **SEVERAL,
                    "non_inferiority": True,
                    "direction": "greater",
                    "estimator": "permutation",
                }
            },
            "a claim of non_inferiority is decided on participant values",
        ),
        ({"primary": {**SEVERAL, "estimator": "mrmc"}}, r"a reader study \(mrmc\) compares auc"),
        (
            {
                "primary": {
                    **SEVERAL,
                    "measure": "auc",
                    "estimator": "mrmc",
                    "model": {"metric": "sensitivity"},
                }
            },
            "leave the metric out",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(
    plan: dict[str, Any], words: str, study: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(PlanInvalidError, match=words):
        make(study, tmp_path, plan)


MARGIN = {"measure": "accuracy", "contrast": "ig - ai", "smallest_effect": 0.1, "non_inferiority": True,
          "direction": "greater"}  # fmt: skip


@pytest.mark.parametrize(
    ("effect", "people", "verdict", "headline"),
    [
        (0.0, 300, "non_inferior", "Not worse by as much as the margin"),
        (0.0, 12, "undecided", "The data cannot tell"),
        (0.4, 300, "better", "Superior"),
        (-0.5, 200, "worse", "Inferior: harmful"),
    ],
)
def test_a_claim_of_non_inferiority_ends_in_one_of_four_ways(
    effect: float, people: int, verdict: str, headline: str, tmp_path: Path
) -> None:
    world = World(conditions=("ai", "ig"), strata=("all",), per_stratum=people, discernment={"ig": effect})
    tables = simulate(world, seed=30)
    found = make(tables, tmp_path, {"locked_at": "2026-11-01T10:00:00+00:00", "plan": {"primary": MARGIN}})
    assert found["primary"]["verdict"] == verdict
    assert found["answer"]["headline"].startswith(headline)
    (one,) = found["primary"]["contrasts"]
    parts = {name: part["correct"].to_numpy() for name, part in person_means(tables).groupby("condition")}
    shifted = stats.ttest_ind(parts["ig"] + 0.1, parts["ai"], equal_var=False, alternative="greater")
    assert one["decisive"]["p"] == pytest.approx(shifted.pvalue)


def test_what_is_not_shown_against_the_margin_is_not_called_harm(tmp_path: Path) -> None:
    world = World(conditions=("ai", "ig"), strata=("all",), per_stratum=12)
    found = make(simulate(world, seed=30), tmp_path, {"primary": MARGIN})
    assert "this is no evidence of harm either" in found["answer"]["sentences"][1]


def readers(seed: int, *, people: int = 8, cases: int = 40, better: float = 0.6) -> dict[str, Any]:
    """Draw a reader study: every reader reads every case in both conditions."""
    rng = np.random.default_rng(seed)
    hard = rng.normal(0, 0.7, cases)
    rows = []
    for reader in range(people):
        skill = rng.normal(1.2, 0.3)
        for at, condition in enumerate(("ai", "ig")):
            for case in range(cases):
                positive = case % 2 == 0
                signal = (skill + better * (condition == "ig")) * (0.5 if positive else -0.5)
                score = signal + (hard[case] if positive else -hard[case]) * 0.3 + rng.normal(0, 0.8)
                decided = score > 0
                rows.append(
                    {
                        "participant_id": f"r{reader}", "condition": condition, "case_id": f"c{case}",
                        "protocol": "decision", "is_positive": positive, "correct": decided == positive,
                        "confidence": round(min(abs(score) / 3, 1), 2), "ground_truth": "m" if positive else "b",
                        "response": "m" if decided else "b", "status": "answered", "is_practice": False,
                        "is_attention_check": False, "is_simulated": False, "block_index": at,
                        "trial_index": at * cases + case, "rt_ms": 4000.0, "stratum": "", "slot": reader,
                    }
                )  # fmt: skip
    return {"trials": pd.DataFrame(rows)}


@pytest.mark.parametrize("measure", ["auc", "sensitivity"])
def test_a_reader_study_in_the_report_is_mrmc_on_the_table(measure: str, tmp_path: Path) -> None:
    trials = readers(4)["trials"]
    flags = ["is_positive", "correct", "is_practice", "is_attention_check", "is_simulated"]
    written = trials.assign(**{name: trials[name].map({True: "true", False: "false"}) for name in flags})
    (tmp_path / "data").mkdir()
    written.to_csv(tmp_path / "data/trials.csv", index=False)
    outcome = {
        "measure": measure,
        "contrast": "ig - ai",
        "estimator": "mrmc",
        "placed": "within",
        "smallest_effect": 0.05,
    }
    found = analysis.report(
        tmp_path / "data/trials.csv", plan={"primary": outcome}, out=tmp_path / "out", permutations=100
    )
    truth = trials["is_positive"].astype(int)
    direct = analysis.mrmc(
        trials.assign(truth=truth, decided=(trials["response"] == "m").astype(int)), truth="truth", metric=measure,
        rating="confidence" if measure == "auc" else "decided", decision="decided" if measure == "auc" else None,
    )  # fmt: skip
    (one,) = found["primary"]["contrasts"]
    row = direct.contrasts.loc["ai - ig"]
    assert one["readers"]["p"] == pytest.approx(row["p_value"])
    assert (one["shown"]["value"], one["shown"]["of"]) == (pytest.approx(-row["estimate"]), "mrmc")
    assert found["primary"]["p"] == one["readers"]["p"]
    page = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "Readers, one by one" in page
    assert "The claim reaches readers and cases like these." in page
    assert len(one["readers"]["cells"]) == 8
    assert "cases like these 40 and people like these 8 participants" in found["answer"]["scope"]["sentence"]


def test_the_auc_of_a_participant_is_a_count_of_pairs() -> None:
    trials = readers(5, people=3)["trials"]
    found = registry.get("auc").compute(trials[trials["condition"] == "ai"])
    mine = trials[(trials["condition"] == "ai") & (trials["participant_id"] == "r1")]
    score = np.where(mine["response"] == "m", mine["confidence"], -mine["confidence"])
    positive, negative = score[mine["is_positive"]], score[~mine["is_positive"]]
    pairs = (positive[:, None] > negative).mean() + 0.5 * (positive[:, None] == negative).mean()
    assert found["r1"] == pytest.approx(pairs)


def test_the_auc_of_somebody_who_saw_no_positive_case_is_missing() -> None:
    trials = readers(5, people=2)["trials"]
    assert registry.get("auc").compute(trials[~trials["is_positive"]]).isna().all()
