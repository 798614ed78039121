"""Advice from files and by declared rules: taken whole or not at all, and reported as what it is."""

from pathlib import Path
from typing import Any

import pytest

from explainers.core.advice_files import Advice, advice_read, bias_apply, bias_check, bias_holds
from explainers.core.errors import CaseSetRefused, ExplanationRefused, NotReady, PredictorRefused

TWO, THREE = ["well", "ill"], ["low", "mid", "high"]
RULE = {"when": [{"feature": "age", "at_least": 80}], "says": "ill", "confidence": 0.9}


def read(text: str, classes: list[str] = TWO, keys: str = "ab", **options: Any) -> dict[str, Advice]:
    return advice_read(text.encode(), classes=classes, keys=list(keys), **options)


def test_probabilities_make_label_and_confidence() -> None:
    found = read("case_id,low,mid,high\nb,0.2,0.5,0.3\na,0.6,0.3,0.1\n", THREE)
    assert list(found) == ["a", "b"]
    assert found["b"] == Advice("mid", 0.5, {"low": 0.2, "mid": 0.5, "high": 0.3}, "scores")


def test_a_label_with_its_confidence_makes_the_other_probability() -> None:
    found = read("case_id,label,confidence\na,ill,0.75\nb,well,0.5\n")
    assert found["a"] == Advice("ill", 0.75, {"well": 0.25, "ill": 0.75}, "confidence")


def test_a_label_alone_has_no_confidence_and_says_so() -> None:
    found = read("case_id,label\na,mid\nb,low\n", THREE)
    assert found["a"] == Advice("mid", None, {"low": 0.0, "mid": 1.0, "high": 0.0}, "label")


def test_a_regression_has_values() -> None:
    output = {"kind": "regression", "decimals": 1}
    found = read("case_id,pressure\na,131.25\nb,-0.04\n", ["pressure"], output=output)
    assert found["a"] == Advice("131.2", None, {"pressure": 131.25}, "value")
    assert found["b"].label == "0.0"


@pytest.mark.parametrize(
    ("text", "classes", "message"),
    [
        ("case_id,well,ill\na,0.5,0.6\nb,0.5,0.5\n", TWO, r"row 1 \(a\), the probabilities add up to 1.1"),
        ("case_id,well,ill\na,-0.1,1.1\nb,0.5,0.5\n", TWO, r"column well: '-0.1' is not a probability"),
        ("case_id,well,ill\na,nan,1\nb,0.5,0.5\n", TWO, "'nan' is not a probability"),
        (
            "case_id,well,ill,label\na,0.9,0.1,ill\nb,1,0,well\n",
            TWO,
            "'ill' is not the most probable class, 'well'",
        ),
        ("case_id,label\na,sick\nb,well\n", TWO, r"row 1 \(a\), column label: 'sick' is none of well, ill"),
        ("case_id,label,confidence\na,ill,0.4\nb,ill,1\n", TWO, "'0.4' is not from 0.5 to 1"),
        ("case_id,label\na,ill\na,ill\n", TWO, r"row 2 \(a\): used twice; case b: there is no row"),
        ("case_id,label\na,ill\nb,ill\nc,ill\n", TWO, r"row 3 \(c\): there is no such case"),
    ],
)
def test_a_faulty_file_is_refused_with_row_and_column(text: str, classes: list[str], message: str) -> None:
    with pytest.raises(CaseSetRefused, match=message):
        read(text, classes)


@pytest.mark.parametrize("header", ["low,mid", "label,confidence", "low,mid,high,more", "confidence"])
def test_other_columns_are_refused(header: str) -> None:
    with pytest.raises(PredictorRefused, match="The file needs case_id"):
        read(f"case_id,{header}\n", THREE)


def test_a_rule_changes_the_cases_it_names_and_no_other() -> None:
    scores = {"low": 0.2, "mid": 0.6, "high": 0.2}
    rule = {**RULE, "says": "high", "confidence": 0.6}
    changed = bias_apply(rule, key="a", inputs={"age": 80}, scores=scores)
    assert changed.label == "high"
    assert changed.scores == pytest.approx({"low": 0.1, "mid": 0.3, "high": 0.6})
    assert bias_apply(rule, key="a", inputs={"age": 79.9}, scores=scores).scores == scores
    certain = bias_apply(rule, key="a", inputs={"age": 80}, scores={"low": 0.0, "mid": 0.0, "high": 1.0})
    assert certain.scores == pytest.approx({"low": 0.2, "mid": 0.2, "high": 0.6})


def test_a_share_of_the_cases_is_drawn_from_the_seed_alone() -> None:
    rule = {**RULE, "share": 0.3, "seed": 4}
    drawn = [bias_holds(rule, key=f"c{n}", inputs={"age": 90}) for n in range(2000)]
    assert 0.26 < sum(drawn) / 2000 < 0.34  # within four standard errors of 0.3
    assert drawn == [bias_holds(rule, key=f"c{n}", inputs={"age": 90}) for n in range(2000)]
    other = [bias_holds({**rule, "seed": 5}, key=f"c{n}", inputs={"age": 90}) for n in range(2000)]
    assert drawn != other


@pytest.mark.parametrize(
    "changes",
    [
        {"when": []},
        {"when": [{"feature": "weight", "above": 1}]},
        {"when": [{"feature": "age"}]},
        {"when": [{"feature": "age", "like": 80}]},
        {"when": [{"feature": "age", "above": "80"}]},
        {"says": "dead"},
        {"confidence": 0.5},
        {"confidence": 1.1},
        {"share": 0},
        {"seed": 1.5},
        {"code": "import os"},
    ],
)
def test_a_faulty_rule_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(PredictorRefused):
        bias_check({**RULE, **changes}, classes=TWO, features=["age"])


@pytest.mark.django_db
def test_imported_advice_is_there_at_once_and_is_called_imported(
    store_folder: Path, schema: dict[str, Any], rows: list[dict[str, Any]]
) -> None:
    from explainers.models import Job, Prediction
    from explainers.services import case_set_import, predictions_request
    from explainers.services.imports import predictor_import

    case_set = case_set_import(name="six", schema=schema, rows=rows)
    data = "case_id,label,confidence\n" + "".join(f"{row['key']},ill,0.8\n" for row in rows)
    given: dict[str, Any] = {"name": "paper", "classes": TWO, "case_set": case_set, "data": data.encode()}
    predictor = predictor_import(**given)
    assert (predictor.kind, Prediction.objects.filter(predictor=predictor).count()) == ("imported", 6)
    assert predictions_request(predictor=predictor, case_set=case_set) == 0
    assert set(Job.objects.values_list("state", flat=True)) == {"done"}
    assert predictor_import(**given) == predictor
    with pytest.raises(PredictorRefused, match="another predictor"):
        predictor_import(**{**given, "data": data.replace("0.8", "0.7").encode()})
    with pytest.raises(CaseSetRefused):
        predictor_import(**{**given, "name": "short", "data": b"case_id,label\nc000,ill\n"})
    assert not type(predictor).objects.filter(name="short").exists()


@pytest.mark.django_db
def test_a_biased_predictor_is_scripted_and_keeps_its_rule(
    store_folder: Path, schema: dict[str, Any], rows: list[dict[str, Any]]
) -> None:
    from explainers.models import Prediction
    from explainers.services import case_set_import
    from explainers.services.imports import predictor_bias, predictor_import

    case_set = case_set_import(name="six", schema=schema, rows=rows)
    data = "case_id,label,confidence\n" + "".join(f"{row['key']},well,0.8\n" for row in rows)
    base = predictor_import(name="paper", classes=TWO, case_set=case_set, data=data.encode())
    middle = sorted(row["inputs"]["age"] for row in rows)[3]
    rule = {**RULE, "when": [{"feature": "age", "at_least": middle}]}
    biased = predictor_bias(name="biased", base=base, case_set=case_set, rule=rule)
    labels = list(Prediction.objects.filter(predictor=biased).values_list("label", flat=True))
    assert (biased.kind, labels.count("ill"), labels.count("well")) == ("scripted", 3, 3)
    assert biased.metadata["origin"]["rule"] == rule
    assert biased.metadata["origin"]["base"] == base.digest
    other = case_set_import(
        name="others", schema=schema, rows=[{**row, "key": f"x{row['key']}"} for row in rows]
    )
    with pytest.raises(NotReady, match="6 cases have no prediction by paper yet"):
        predictor_bias(name="none", base=base, case_set=other, rule=rule)


@pytest.mark.django_db
def test_imported_explanations_are_frozen_and_have_to_be_of_the_class_shown(
    store_folder: Path, schema: dict[str, Any], rows: list[dict[str, Any]]
) -> None:
    from explainers.core.explanation_files import tables_read
    from explainers.selectors import explanation_artefact, explanation_list, explanation_problems
    from explainers.services import case_set_import
    from explainers.services.imports import explanations_import, predictor_import

    case_set = case_set_import(name="six", schema=schema, rows=rows)
    keys = [row["key"] for row in rows]
    data = "case_id,label,confidence\n" + "".join(f"{key},ill,0.8\n" for key in keys)
    predictor = predictor_import(name="paper", classes=TWO, case_set=case_set, data=data.encode())
    names = ["age", "pulse", "height"]
    file = "case_id,target,age,pulse,height\n" + "".join(f"{key},ill,0.5,-1,2\n" for key in keys)
    found = tables_read(file.encode(), keys=keys, features=names, source="a paper")
    given: dict[str, Any] = {"name": "their maps", "predictor": predictor, "case_set": case_set}
    frozen = explanations_import(**given, found=found)
    assert explanations_import(**given, found=found) == frozen
    assert explanation_problems(keys=frozen) == []
    artefact = explanation_artefact(explanation=explanation_list(keys=frozen)[0])
    assert artefact.values == (0.5, -1.0, 2.0)
    assert "completeness" in artefact.recipe["not_computed"]
    other = tables_read(file.replace(",ill,", ",well,").encode(), keys=keys, features=names)
    with pytest.raises(ExplanationRefused, match="case c000 explains 'well', but advised means 'ill'"):
        explanations_import(**given, found=other)
