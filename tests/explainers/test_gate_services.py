"""The gate as jobs: asked for once, written once, read for a launch; controls and strangers are left out."""

from pathlib import Path
from typing import Any

import pytest

from explainers.models import Case, CaseSet, Explanation, Gate, Job, MethodGate, Predictor
from explainers.selectors import gate_problems, gates_by_method, job_progress
from explainers.services import (
    case_set_import,
    explanations_request,
    gates_request,
    jobs_work,
    predictor_register,
)
from tests.explainers.conftest import CLASSES, FEATURES, PARAMETERS, PREPROCESSING, make_rows, make_weights

pytestmark = [pytest.mark.heavy, pytest.mark.django_db]
IG = "integrated_gradients"


@pytest.fixture
def case_set(schema: dict[str, Any], store_folder: Path) -> CaseSet:
    return case_set_import(name="clinic", schema=schema, rows=make_rows(6))


@pytest.fixture
def cases(case_set: CaseSet) -> list[Case]:
    return list(case_set.cases.all())


@pytest.fixture(autouse=True)
def unprobed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explainers.services.predictors.predictor_probe", lambda spec, weights: {})


def register(name: str = "net", *, seed: int = 11) -> Predictor:
    return predictor_register(
        name=name,
        architecture="mlp",
        parameters=PARAMETERS,
        features=FEATURES,
        classes=CLASSES,
        preprocessing=PREPROCESSING,
        weights=make_weights(seed=seed),
    )


@pytest.fixture
def net(store_folder: Path) -> Predictor:
    return register()


def worked(net: Predictor, cases: list[Case], **asked: Any) -> list[str]:
    keys = explanations_request(predictor=net, cases=cases, **{"method": IG, **asked})
    gates_request(keys=keys)
    jobs_work(queue="cpu")
    return keys


def test_the_gate_of_a_method_is_read_with_its_cases(net: Predictor, cases: list[Case]) -> None:
    keys = worked(net, cases)
    (gate,) = gates_by_method(keys=keys)
    assert (gate["method"], gate["predictor"], gate["missing"]) == (IG, "net", 0)
    assert {each["case"] for each in gate["cases"]} == {case.key for case in cases}
    assert gate["light"] in ("green", "amber", "red")
    assert gate["numbers"]["randomisation"]["cases"] == 6
    assert set(gate["stability"]) == {"seed", "noise", "training"}
    assert Gate.objects.count() == 6


def test_explanations_and_their_gates_can_be_asked_for_at_once(net: Predictor, cases: list[Case]) -> None:
    keys = explanations_request(predictor=net, cases=cases, method=IG)
    gates = gates_request(keys=keys)
    assert gates_request(keys=keys) == gates
    assert len(gates) == 7
    jobs_work(queue="cpu")
    assert job_progress(keys=gates)["done"] == 7
    assert Job.objects.filter(kind="gate").count() == 6


def test_a_second_checkpoint_gives_the_third_answer(net: Predictor, cases: list[Case]) -> None:
    keys = worked(net, cases)
    assert gates_by_method(keys=keys)[0]["stability"]["training"] is None
    gates_request(keys=keys, against=register("again", seed=12))
    jobs_work(queue="cpu")
    assert MethodGate.objects.count() == 2
    assert 0 <= gates_by_method(keys=keys)[0]["stability"]["training"]["jaccard"] <= 1


def test_a_checkpoint_is_never_held_against_itself(net: Predictor, cases: list[Case]) -> None:
    again = register("again", seed=12)
    keys = [
        key for each in (net, again) for key in explanations_request(predictor=each, cases=cases, method=IG)
    ]
    gates_request(keys=keys, against=again)
    jobs_work(queue="cpu")
    found = dict(MethodGate.objects.values_list("predictor__name", "against__name"))
    assert found == {"net": "again", "again": None}


def test_controls_do_not_go_through_the_gate(net: Predictor, cases: list[Case]) -> None:
    keys = worked(net, cases, control={"kind": "shuffled"})
    assert (Gate.objects.count(), MethodGate.objects.count()) == (0, 0)
    assert (gates_by_method(keys=keys), gate_problems(keys=keys)) == ([], [])


def test_what_is_not_a_trained_predictor_is_said_to_be_not_computed(
    net: Predictor, cases: list[Case]
) -> None:
    keys = worked(net, cases[:1])
    row = Explanation.objects.get(key=keys[0])
    row.pk, row.key = None, "imported"
    row.predictor = Predictor.objects.create(
        name="lab",
        digest="x",
        kind="imported",
        architecture="",
        features=[],
        classes=CLASSES,
        weights_digest="",
    )
    row.save()
    (gate,) = gates_by_method(keys=["imported"])
    assert gate["light"] == "not_computed"
    assert gates_request(keys=["imported"]) == []


def test_a_launch_hears_of_what_was_not_examined(net: Predictor, cases: list[Case]) -> None:
    keys = explanations_request(predictor=net, cases=cases, method=IG)
    jobs_work(queue="cpu")
    assert gate_problems(keys=keys) == [
        f"{IG} on net: 6 explanations did not go through the quality gate yet."
    ]


def test_a_launch_hears_of_red_methods_and_red_cases(net: Predictor, cases: list[Case]) -> None:
    keys = worked(net, cases, parameters={"steps": 1, "steps_maximum": 1, "target_space": "probability"})
    problems = gate_problems(keys=keys)
    red = Gate.objects.filter(light="red").count()
    assert red > 1, "one step is not enough for a network with kinks"
    assert len(problems) == red + 1
    assert problems[0].startswith(f"{IG} on net is red: ")
    assert any("miss the change that they explain" in problem for problem in problems[1:])


def test_one_bad_gate_does_not_take_the_others_with_it(
    net: Predictor, cases: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    from explainers.core.gate import panel

    real, bad = panel.faithfulness, cases[2].inputs["age"]

    def picky(*args: Any, **named: Any) -> Any:
        if named["row"]["age"] == bad:
            raise ZeroDivisionError("this age is too much for me")
        return real(*args, **named)

    monkeypatch.setattr(panel, "faithfulness", picky)
    worked(net, cases)
    assert Gate.objects.count() == 5
    assert Job.objects.get(kind="gate", state="failed").case == cases[2]
