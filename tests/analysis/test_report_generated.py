"""What the report generates: treatment, methods, reporting sheet, scripts that reproduce it, tables, kappa, card."""

import base64
import csv
import json
import math
import os
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import analysis
from analysis.measures import registry
from analysis.report.card import RUBRIC, actionability_card
from analysis.report.kappa import coder_agreement
from analysis.report.tables import csv_text
from tests.analysis.simulate import World, simulate, write_dataset

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SHOWN = {"advice": ["label"], "explanations": [{"method": "integrated_gradients"}]}
BESIDE = {
    "audience": "domain_experts",
    "action": "trust_or_override",
    "instructions": "Look at the sample.\nThen decide.",
    "recruited": {"first": "2026-10-01", "last": "2026-10-09"},
    "pay": {"base": "2.50 GBP"},
    "ai": {"accuracy_claimed": 0.9},
    "conditions": [{"name": "ig", "label": "Gradients", "picture": "ig.png", "alt": "A sample", **SHOWN}],
    "actionability": {"concreteness": 2, "validation": 4, "why": "a pilot"},
}
PRIMARY = {"measure": "accuracy", "contrast": "ig - ai", "smallest_effect": 0.1}
PLAN = {"locked_at": "2026-11-01T10:00:00+00:00", "plan": {"primary": PRIMARY, "n": 60}}
CODEBOOK = {"decision": {"question": "Is it malignant?", "options": [{"value": "malignant", "label": "Malignant"}],
                         "positive": "malignant"}}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("generated")
    world = World(
        conditions=("ai", "ig"), strata=("all",), per_stratum=60, trials=20, discernment={"ig": 0.5}
    )
    data = write_dataset(simulate(world, seed=3), folder / "data")
    (data / "treatment.json").write_text(json.dumps(BESIDE))
    (data / "codebook.json").write_text(json.dumps(CODEBOOK))
    (data / "ig.png").write_bytes(PNG)
    rows = [
        f"r{at},{who},{code}"
        for at, pair in enumerate(["aa", "bb", "ab"])
        for who, code in zip("xy", pair, strict=True)
    ]
    (data / "codings.csv").write_text("response,coder,code\n" + "\n".join(rows) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "names", lambda: ["accuracy", "agreement", "rt_ms", "s_tias"])
        return folder, analysis.report(data, plan=PLAN, out=folder / "out", permutations=200)


@pytest.fixture(scope="module")
def text(made: tuple[Path, dict[str, Any]]) -> str:
    return (made[0] / "out/report.html").read_text(encoding="utf-8")


def test_the_treatment_is_shown_with_picture_instructions_dates_and_pay(text: str) -> None:
    assert 'src="data:image/png;base64,' in text
    for words in (
        'alt="A sample"',
        "Then decide.",
        "1 October 2026 to 9 October 2026",
        "2.50 GBP",
        "Is it malignant?",
    ):
        assert words in text


def test_the_accuracy_that_was_claimed_stands_beside_the_real_one(text: str, made: Any) -> None:
    assert made[1]["treatment"]["ai"]["claimed"] == 0.9
    assert "Participants were told 90.0 %" in text


@pytest.mark.parametrize(("name", "content"), [("ig.png", b"<svg onload=alert(1)>"), ("../secret.png", PNG)])
def test_a_picture_that_is_none_or_lies_elsewhere_is_not_shown(
    tmp_path: Path, name: str, content: bytes
) -> None:
    from analysis.report.bundle import Bundle
    from analysis.report.treatment import pictures

    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / name).write_bytes(content)
    bundle = Bundle(treatment={"conditions": [{"name": "ig", "picture": name}]}, folder=tmp_path / "inside")
    assert pictures(bundle, conditions=("ig",)) == {}


def test_the_notebook_computes_the_primary_result_again(
    made: tuple[Path, dict[str, Any]], capsys: Any
) -> None:
    folder, _ = made
    notebook = json.loads((folder / "out/reproduce.ipynb").read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    here = Path.cwd()
    os.chdir(folder / "data")
    try:
        space: dict[str, Any] = {}
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                exec("".join(cell["source"]), space)  # the cells assert that they agree with the report
    finally:
        os.chdir(here)
    assert "ig - ai: difference" in capsys.readouterr().out


def test_the_notebook_notices_another_table(made: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folder, _ = made
    shutil.copy(folder / "data/trials.csv", tmp_path / "trials.csv")
    table = pd.read_csv(tmp_path / "trials.csv", dtype=str, keep_default_na=False)
    table[table["participant_id"] != "al000"].to_csv(tmp_path / "trials.csv", index=False)
    cells = json.loads((folder / "out/reproduce.ipynb").read_text(encoding="utf-8"))["cells"]
    source = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    with pytest.raises(AssertionError):
        exec(source.replace('Path("trials.csv")', f"Path({str(tmp_path / 'trials.csv')!r})"), {})


def test_of_a_measure_that_no_line_can_say_the_scripts_test_the_values_of_participants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(registry, "names", lambda: ["s_tias"])
    world = World(conditions=("ai", "ig"), strata=("all",), per_stratum=20, trials=6)
    data = write_dataset(simulate(world, seed=2), tmp_path / "data")
    plan = {"primary": {"measure": "s_tias", "contrast": "ig - ai"}}
    analysis.report(data, plan=plan, out=tmp_path / "out", permutations=50)
    monkeypatch.chdir(tmp_path / "out")
    cells = json.loads(Path("reproduce.ipynb").read_text(encoding="utf-8"))["cells"]
    exec("\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"), {})  # asserts
    assert "ig - ai: difference" in capsys.readouterr().out
    script = Path("reproduce.R").read_text(encoding="utf-8")
    assert "table-participants.csv" in script
    assert "trials.csv" not in script


def test_the_script_in_r_carries_the_numbers_of_the_report(made: tuple[Path, dict[str, Any]]) -> None:
    script = (made[0] / "out/reproduce.R").read_text(encoding="utf-8")
    found = made[1]["primary"]["contrasts"][0]["t_test"]
    assert f"value = {found['value']}, p = {found['p']}" in script
    assert 'd$correct == "true"' in script


def test_tables_hold_unrounded_numbers(made: tuple[Path, dict[str, Any]]) -> None:
    with (made[0] / "out/table-contrasts.csv").open(newline="") as handle:
        row = next(csv.DictReader(handle))
    found = made[1]["primary"]["contrasts"][0]
    assert float(row["difference"]) == found["t_test"]["value"]
    assert float(row["p_model"]) == found["model"]["p"]
    assert row["treatment"] == "ig"


def test_a_text_that_is_a_formula_is_disarmed() -> None:
    assert csv_text([{"a": "=cmd()", "b": -1.5}]) == "a,b\n'=cmd(),-1.5\n"


def test_the_methods_tell_design_plan_and_analysis(made: tuple[Path, dict[str, Any]]) -> None:
    design, questions, done = made[1]["methods"]
    assert design.startswith("60 participants were allocated to 2 conditions (ai and Gradients).")
    assert "1 November 2026" in questions
    assert "alpha 0.05" in questions
    assert "intention to treat" in done
    assert "200 arrangements" in done


def test_the_sheet_says_what_is_known_and_leaves_the_rest_to_the_authors(
    made: tuple[Path, dict[str, Any]],
) -> None:
    sheet = {(row["guideline"], row["item"]): row["known"] for row in made[1]["sheet"]}
    assert sheet["CONSORT-AI", "25"] == "For the authors."
    assert "Gradients: 30 allocated, 30 analysed" in sheet["CONSORT-AI", "13"]
    assert "mlp" in sheet["DECIDE-AI", "4a"]
    assert "trust or override" in sheet["DECIDE-AI", "2"]


def test_authors_lower_a_score_and_never_raise_one(made: tuple[Path, dict[str, Any]]) -> None:
    axes = made[1]["card"]["axes"]
    assert (axes["concreteness"]["score"], axes["concreteness"]["computed"]) == (2, 4)
    assert axes["validation"]["score"] == axes["validation"]["computed"] < 4
    assert made[1]["card"]["note"] == "Lowered by the authors: a pilot"


def card(made: dict[str, Any], **changes: Any) -> int:
    results = {**made, **changes}
    found = actionability_card(results, family="reliance", lowered={}, controls={"placebo"})
    score: int = found["axes"]["validation"]["score"]
    return score


def test_simulated_participants_validate_nothing(made: tuple[Path, dict[str, Any]]) -> None:
    assert card(made[1], simulated=True) == 0
    assert card(made[1], answer={**made[1]["answer"], "standing": "void"}) == 0


def test_validation_grows_with_the_controls_that_were_beaten(made: tuple[Path, dict[str, Any]]) -> None:
    one = made[1]["primary"]["contrasts"][0]
    wide = {**one, "shown": {**one["shown"], "low": 0.01}}
    close = {**wide, "control": "placebo"}
    assert card(made[1], primary={**made[1]["primary"], "contrasts": [wide]}) == 2
    assert card(made[1], primary={**made[1]["primary"], "contrasts": [wide, close]}) == 3
    assert card(made[1], primary={**made[1]["primary"], "contrasts": [close]}) == 1
    far = [{**each, "shown": {**one["shown"], "low": 0.2, "high": 0.3}} for each in (wide, close)]
    assert card(made[1], primary={**made[1]["primary"], "contrasts": far}) == 4


def test_an_opinion_is_no_concrete_action(made: tuple[Path, dict[str, Any]]) -> None:
    found = actionability_card(made[1], family="self-report", lowered={}, controls=set())
    assert found["axes"]["concreteness"]["score"] == 2
    assert [step["text"] for step in found["axes"]["concreteness"]["steps"]] == list(RUBRIC["concreteness"])


def test_kappa_is_that_of_a_worked_example() -> None:
    # Two coders, 50 responses: 20 both yes, 15 both no, 5 and 10 apart: agreement .70, chance .50, kappa .40.
    pairs = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    rows = [
        (str(at), who, code) for at, pair in enumerate(pairs) for who, code in zip("xy", pair, strict=True)
    ]
    found = coder_agreement(pd.DataFrame(rows, columns=["response", "coder", "code"]))
    assert found is not None
    assert found["kappa"] == pytest.approx(0.4)
    assert found["agreement"] == pytest.approx(0.7)
    from statsmodels.stats.inter_rater import cohens_kappa

    referee = cohens_kappa([[20, 5], [10, 15]])
    assert (found["low"], found["high"]) == pytest.approx((referee.kappa_low, referee.kappa_upp), rel=1e-6)


def test_kappa_is_refused_with_three_coders_and_missing_with_one_code() -> None:
    three = pd.DataFrame([("r", who, "a") for who in "xyz"], columns=["response", "coder", "code"])
    found = coder_agreement(three)
    assert found is not None
    assert "there are 3 coder(s)" in found["undefined"]
    same = coder_agreement(three[three["coder"] != "z"])
    assert same is not None
    assert math.isnan(same["kappa"])


def test_coded_free_text_is_reported(text: str) -> None:
    assert "3 texts were coded by two coders" in text
