"""The report: same bytes, honest words, nothing mixed, nothing hidden."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scipy import stats

import analysis
from analysis.__main__ import main
from analysis.measures import registry
from tests.analysis.simulate import World, simulate, write_dataset

ONE = {"primary": {"measure": "accuracy", "contrast": "ig - ai", "smallest_effect": 0.1}}
CLOSE = {"primary": {"measure": "accuracy", "contrast": "ig - ai", "smallest_effect": 0.02}}
PAIR = ("ai", "ig")


def make(tables: dict[str, Any], folder: Path, plan: dict[str, Any], **options: Any) -> dict[str, Any]:
    write_dataset(tables, folder / "data")
    return analysis.report(folder / "data", plan=plan, out=folder / "out", permutations=400, **options)


def study(seed: int = 3, **changes: Any) -> dict[str, Any]:
    world = {"conditions": PAIR, "strata": ("all",), "per_stratum": 60, "trials": 20, **changes}
    return simulate(World(**world), seed=seed)


@pytest.fixture(autouse=True)
def few_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Describe few measures; the page below, which is made before this, walks the whole shelf."""
    some = ["accuracy", "agreement", "over_reliance", "rair", "rsr", "rt_ms", "s_tias", "under_reliance"]
    monkeypatch.setattr(registry, "names", lambda: some)


@pytest.fixture(scope="module")
def page(tables: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    from tests.analysis.conftest import PLAN

    folder = tmp_path_factory.mktemp("report")
    results = make(tables, folder, PLAN)
    return (folder / "out" / "report.html").read_text(encoding="utf-8"), results


def test_the_same_input_makes_the_same_bytes(
    tables: dict[str, Any], plan: dict[str, Any], tmp_path: Path
) -> None:
    for name in ("one", "two"):
        make(tables, tmp_path / name, plan)
    for file in ("report.html", "report.json"):
        assert (tmp_path / "one/out" / file).read_bytes() == (tmp_path / "two/out" / file).read_bytes()


def test_the_order_of_rows_changes_no_number(
    tables: dict[str, Any], plan: dict[str, Any], tmp_path: Path
) -> None:
    mixed = {name: table.sample(frac=1, random_state=2) if isinstance(table, pd.DataFrame) else table
             for name, table in tables.items()}  # fmt: skip
    one, two = make(tables, tmp_path / "one", plan), make(mixed, tmp_path / "two", plan)
    for results in (one, two):
        del results["provenance"]
    assert one == two


def test_the_numbers_are_unrounded_and_those_of_a_second_computation(
    page: tuple[str, dict[str, Any]], tables: dict[str, Any]
) -> None:
    trials = tables["trials"]
    real = trials[
        (trials["protocol"] == "judge_advisor") & ~trials["is_practice"] & (trials["status"] == "answered")
    ]
    shares = real.groupby("participant_id")["correct"].mean().astype(float)
    condition = real.groupby("participant_id")["condition"].first()
    referee = stats.ttest_ind(shares[condition == "ig"], shares[condition == "ai"], equal_var=False)
    found = page[1]["primary"]["contrasts"][0]["t_test"]
    assert found["p"] == pytest.approx(referee.pvalue, rel=1e-9)
    assert found["value"] == pytest.approx(
        shares[condition == "ig"].mean() - shares[condition == "ai"].mean()
    )


def test_a_conjunction_takes_the_largest_p(page: tuple[str, dict[str, Any]]) -> None:
    primary = page[1]["primary"]
    assert primary["p"] == max(one["t_test"]["p"] for one in primary["contrasts"])


def test_secondaries_are_corrected_after_holm(page: tuple[str, dict[str, Any]]) -> None:
    ones = [answer["contrasts"][0] for answer in page[1]["secondary"]]
    low, high = sorted(one["t_test"]["p"] for one in ones)
    assert sorted(one["p_adjusted"] for one in ones) == pytest.approx([min(1, 2 * low), max(2 * low, high)])


def test_participants_without_a_value_are_counted(page: tuple[str, dict[str, Any]]) -> None:
    results = page[1]
    described = next(one for one in results["measures"] if one["measure"] == "accuracy")
    flow = results["flow"]
    assert (
        sum(row["n"] + row["n_undefined"] for row in described["conditions"])
        == flow["before"]["allocated"]
        == 80
    )
    assert sum(arm["analysed"] + arm["undefined"] for arm in flow["arms"]) == 80
    assert flow["before"]["enrolled"] == 91
    assert flow["before"]["screened_out"] == 5


def test_practice_never_reaches_a_number(page: tuple[str, dict[str, Any]], tables: dict[str, Any]) -> None:
    described = next(one for one in page[1]["measures"] if one["measure"] == "accuracy")
    trials = tables["trials"]
    real = trials[
        (trials["protocol"] == "judge_advisor") & ~trials["is_practice"] & (trials["status"] == "answered")
    ]
    assert sum(row["opportunities"] for row in described["conditions"]) == len(real)


def test_reliance_beyond_the_unaided_rate_is_the_difference(page: tuple[str, dict[str, Any]]) -> None:
    results = page[1]
    rates = {row["condition"]: row["value"] for one in results["measures"] if one["measure"] == "over_reliance"
             for row in one["conditions"]}  # fmt: skip
    found = next(
        row
        for row in results["beyond_unaided"]
        if (row["measure"], row["condition"]) == ("over_reliance", "ai")
    )
    assert results["unaided"] == "unaided"
    assert found["t_test"]["value"] == pytest.approx(rates["ai"] - rates["unaided"])


def test_a_sensitivity_analysis_leaves_out_whom_its_rule_names(
    page: tuple[str, dict[str, Any]], tables: dict[str, Any]
) -> None:
    people = tables["participants"]
    named = people[(people["comprehension_attempts"] == 2) & people["allocated"].astype(bool)]
    planned = [one for one in page[1]["sensitivity"] if one["planned"]]
    assert planned[0]["n_left_out"] == len(named)
    assert planned[1]["n_left_out"] == 0


class Page(HTMLParser):
    """Collects what a strict page must not have, and the text of the rest."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.inline = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.inline += "style" in given or any(name.startswith("on") for name in given)
        self.links += [str(given[name]) for name in ("src", "href", "srcset", "action") if given.get(name)]


def test_the_page_is_self_contained(page: tuple[str, dict[str, Any]]) -> None:
    found = Page()
    found.feed(page[0])
    assert not {"script", "link", "img", "iframe", "form", "object"} & set(found.tags)
    assert found.tags.count("style") == 1
    assert all(link.startswith("#") for link in found.links)
    for link in found.links:
        assert f'id="{link[1:]}"' in page[0]
    assert found.inline == 0
    assert "url(" not in page[0]
    assert "@import" not in page[0]


def test_every_figure_speaks_to_a_screen_reader(page: tuple[str, dict[str, Any]]) -> None:
    figures = re.findall(r"<svg.*?</svg>", page[0], flags=re.S)
    assert len(figures) == 11
    for figure in figures:
        assert 'role="img"' in figure
        assert re.search(r"<title id=\"[\w-]+\">.+?</title><desc id=\"[\w-]+\">.+?</desc>", figure)


def test_names_from_the_data_cannot_break_out_of_the_page(tmp_path: Path) -> None:
    tables = study(conditions=("ai", "<b>ig</b>"), follow={"ai": 0.5, "<b>ig</b>": 0.5})
    plan = {"title": "<i>x</i>", "plan": {"primary": {"measure": "accuracy", "contrast": "<b>ig</b> - ai"}}}
    make(tables, tmp_path, plan)
    text = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "<b>ig" not in text
    assert "<i>x" not in text


def test_a_planted_effect_is_found(tmp_path: Path) -> None:
    results = make(study(discernment={"ig": 0.5}, follow={"ai": 0.5, "ig": 0.5}), tmp_path, ONE)
    assert results["answer"]["verdict"] == "better"
    assert results["answer"]["sentences"][0].startswith("Accuracy was better with ig than with ai")


def test_a_planted_harm_is_found(tmp_path: Path) -> None:
    results = make(study(discernment={"ig": -0.5}, follow={"ai": 0.5, "ig": 0.5}), tmp_path, ONE)
    assert results["answer"]["verdict"] == "worse"


def test_nothing_planted_in_many_people_is_equivalent(tmp_path: Path) -> None:
    results = make(study(seed=4, per_stratum=200, follow={"ai": 0.5, "ig": 0.5}), tmp_path, ONE)
    assert results["answer"]["verdict"] == "equivalent"
    assert "practically the same" in results["answer"]["sentences"][0]


def test_nothing_planted_in_few_people_is_not_called_no_effect(tmp_path: Path) -> None:
    results = make(study(seed=5, per_stratum=12, follow={"ai": 0.5, "ig": 0.5}), tmp_path, CLOSE)
    assert results["answer"]["verdict"] == "undecided"
    assert results["answer"]["sentences"][0].startswith("The data cannot tell")
    assert "not evidence of no effect" in results["answer"]["sentences"][1]


def test_without_a_smallest_effect_sameness_is_never_claimed(tmp_path: Path) -> None:
    plan = {"primary": {"measure": "accuracy", "contrast": "ig - ai"}}
    results = make(study(seed=4, per_stratum=200, follow={"ai": 0.5, "ig": 0.5}), tmp_path, plan)
    assert results["answer"]["verdict"] == "undecided"


def test_a_condition_without_participants_is_not_answered(tmp_path: Path) -> None:
    tables = study()
    tables["trials"].loc[tables["trials"]["condition"] == "ig", "status"] = "skipped"
    results = make(tables, tmp_path, ONE)
    assert results["answer"]["verdict"] == "undefined"
    assert "at least 2 are needed" in results["answer"]["sentences"][1]


def both(tmp_path: Path) -> dict[str, Any]:
    real, made = study(seed=1), study(seed=2, simulated=True)
    for name in ("trials", "participants", "scales"):
        made[name] = made[name].assign(participant_id="sim-" + made[name]["participant_id"])
        real[name] = pd.concat([real[name], made[name]], ignore_index=True)
    return real


def test_simulated_participants_never_mix_with_real_ones(tmp_path: Path) -> None:
    mixed = both(tmp_path)
    alone = make(study(seed=1), tmp_path / "alone", ONE)
    together = make(mixed, tmp_path / "together", ONE)
    assert together["simulated"] is False
    assert together["primary"]["contrasts"][0]["t_test"] == alone["primary"]["contrasts"][0]["t_test"]
    assert "60 simulated participant(s)" in " ".join(together["notes"]).replace(
        "71 simulated", "60 simulated"
    )
    assert "SIMULATED" not in (tmp_path / "together/out/report.html").read_text(encoding="utf-8")


def test_simulated_participants_are_reported_on_request_and_alone(tmp_path: Path) -> None:
    results = make(both(tmp_path), tmp_path, ONE, simulated=True)
    assert results["simulated"] is True
    assert sum(arm["allocated"] for arm in results["flow"]["arms"]) == 60
    assert "real participant(s) are in the table and are not part" in results["notes"][0]


def test_a_report_of_simulated_data_says_so_at_the_top_and_in_print(tmp_path: Path) -> None:
    make(study(simulated=True), tmp_path, ONE)
    text = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert text.index("SIMULATED PARTICIPANTS") < text.index("<h1>")
    assert "<title>SIMULATED" in text
    # A table header group is what browsers repeat on every printed sheet; the browser test looks at the sheets.
    assert re.search(
        r"@media print.*\.banner \{ display: table-header-group; break-inside: avoid; \}", text, flags=re.S
    )


def test_a_bare_table_of_trials_is_enough(tmp_path: Path) -> None:
    trials = study()["trials"][["participant_id", "condition", "correct", "protocol", "status"]]
    path = tmp_path / "trials.csv"
    trials.assign(correct=trials["correct"].map({True: "true", False: "false"})).to_csv(path, index=False)
    results = analysis.report(path, plan=ONE, out=tmp_path / "out", permutations=100)
    assert results["primary"]["contrasts"][0]["undefined"] is None
    assert results["flow"]["before"] is None
    assert next(one for one in results["measures"] if one["measure"] == "rair")["undefined"]


def test_completers_are_analysed_when_the_plan_says_so(tmp_path: Path) -> None:
    tables = study(dropout=0.3)
    results = make(tables, tmp_path, {**ONE, "analyse": "completers"})
    people = tables["participants"]
    wanted = (
        people["completed"].astype(bool) & ~people["excluded"].astype(bool) & people["allocated"].astype(bool)
    )
    assert sum(arm["analysed"] for arm in results["flow"]["arms"]) == int(wanted.sum())


def test_the_json_has_null_where_something_is_missing(
    page: tuple[str, dict[str, Any]], tmp_path: Path
) -> None:
    scale = next(one for one in page[1]["measures"] if one["measure"] == "s_tias")
    unaided = next(row for row in scale["conditions"] if row["condition"] == "unaided")
    assert unaided["value"] is None
    assert unaided["n"] == 0
    json.dumps(page[1], allow_nan=False)


def test_every_measure_is_in_the_report(page: tuple[str, dict[str, Any]]) -> None:
    assert [one["measure"] for one in page[1]["measures"]] == type(registry).names(registry)


def test_the_command_writes_the_report_and_says_the_answer(
    dataset: Path, tmp_path: Path, capsys: Any
) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(json.dumps(ONE))
    code = main(
        ["report", str(dataset), "--plan", str(plan), "--out", str(tmp_path / "o"), "--permutations", "50"]
    )
    assert code == 0
    assert "Accuracy was" in capsys.readouterr().out
    assert (tmp_path / "o/report.html").is_file()


def test_a_wrong_plan_ends_the_command_with_2_and_sentences(
    dataset: Path, tmp_path: Path, capsys: Any
) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("primary: {measure: speed, contrast: ig - nobody}")
    assert main(["report", str(dataset), "--plan", str(plan), "--out", str(tmp_path / "o")]) == 2
    said = capsys.readouterr().err
    assert "no measure 'speed'" in said
    assert "no condition 'nobody'" in said


def test_check_says_every_fault(dataset: Path, capsys: Any) -> None:
    assert main(["check", str(dataset / "trials.csv")]) == 0
    table = pd.read_csv(dataset / "trials.csv", dtype=str, keep_default_na=False)
    table.loc[2, "rt_ms"] = "-5"
    table.to_csv(dataset / "trials.csv", index=False)
    assert main(["check", str(dataset / "trials.csv")]) == 2
    assert (
        "trials.rt_ms: value too low; expected at least 0, got -5 (1 row(s), first at row 3)."
        in capsys.readouterr().out
    )


def test_measure_gives_value_and_counts(tables: dict[str, Any]) -> None:
    found = analysis.measure("rair", tables["trials"], by="condition")
    assert list(found.columns[:4]) == ["value", "n", "n_undefined", "unit"]
    assert (
        found["n"] + found["n_undefined"] == tables["trials"].groupby("condition")["participant_id"].nunique()
    ).all()
