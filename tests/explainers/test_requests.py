# ruff: noqa: F811 - fixtures of another file are named as parameters
"""What can be asked for: every option side by side, seeds as variants, and each kind of control with its source."""

from typing import Any

import pytest

from explainers.core.errors import ExplanationRefused, NotReady
from explainers.methods import METHODS
from explainers.models import Case, Explanation, Predictor
from explainers.selectors import explanation_artefact, explanation_list, explanation_problems, prediction_map
from explainers.services import (
    explanations_request,
    jobs_work,
    predictions_request,
)
from tests.explainers.conftest import CLASSES
from tests.explainers.test_services import IG, case_set, cases, net  # noqa: F401 - fixtures

pytestmark = [pytest.mark.heavy, pytest.mark.django_db]
KINDS = sorted(METHODS.get(name).control for name in METHODS.names() if METHODS.get(name).control)


def test_each_option_is_explained_side_by_side(net: Predictor, cases: list[Case]) -> None:
    keys = explanations_request(predictor=net, cases=cases, method=IG, target="each_option")
    jobs_work(queue="cpu")
    found = explanation_list(keys=keys)
    assert [(e.target_class, e.case_id) for e in found] == [
        (name, case.pk) for name in CLASSES for case in cases
    ]
    assert explanation_problems(keys=keys) == []


def test_seeds_are_variants_of_one_family(net: Predictor, cases: list[Case]) -> None:
    asked = {"predictor": net, "cases": cases[:2], "method": "gradient_shap", "parameters": {"samples": 8}}
    keys = {seed: explanations_request(**asked, seed=seed) for seed in (1, 2, 3)}
    jobs_work(queue="cpu")
    for place in range(2):
        family = [explanation_list(keys=keys[seed])[place] for seed in (1, 2, 3)]
        assert len({e.recipe["family"] for e in family}) == 1
        assert len({e.artefact_digest for e in family}) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_control_is_made_of_its_source(kind: str, net: Predictor, cases: list[Case]) -> None:
    predictions_request(predictor=net, case_set=cases[0].case_set)
    jobs_work(queue="cpu")
    keys = explanations_request(predictor=net, cases=cases, method=IG, control={"kind": kind})
    jobs_work(queue="cpu")
    said = prediction_map(predictor=net, case_ids=[case.pk for case in cases])
    for case, control in zip(cases, explanation_list(keys=keys), strict=True):
        assert (control.case_id, control.control_kind) == (case.pk, kind)
        assert control.target_class == said[case.pk].label
        assert control.derived_from is not None
        assert (control.derived_from.case_id != case.pk) == (kind == "other_case")
        assert (control.derived_from.target_class != control.target_class) == (kind == "other_class")
    assert explanation_problems(keys=keys) == []
    assert keys == explanations_request(predictor=net, cases=cases, method=IG, control={"kind": kind})


def test_every_case_gives_its_explanation_to_one_other(net: Predictor, cases: list[Case]) -> None:
    predictions_request(predictor=net, case_set=cases[0].case_set)
    jobs_work(queue="cpu")
    keys = explanations_request(predictor=net, cases=cases, method=IG, control={"kind": "other_case"})
    jobs_work(queue="cpu")
    givers: list[Any] = [control.derived_from for control in explanation_list(keys=keys)]
    assert len({giver.case_id for giver in givers}) == len(cases)
    for giver, control in zip(givers, explanation_list(keys=keys), strict=True):
        assert (
            explanation_artefact(explanation=control).values == explanation_artefact(explanation=giver).values
        )


def test_other_cases_need_the_predictions_first(net: Predictor, cases: list[Case]) -> None:
    with pytest.raises(NotReady, match=f"predictions of {len(cases)} cases"):
        explanations_request(predictor=net, cases=cases, method=IG, control={"kind": "other_case"})
    assert not Explanation.objects.exists()


def test_a_case_alone_in_its_class_is_named(net: Predictor, cases: list[Case]) -> None:
    predictions_request(predictor=net, case_set=cases[0].case_set)
    jobs_work(queue="cpu")
    with pytest.raises(ExplanationRefused, match=f"Case {cases[0].key} is the only one"):
        explanations_request(predictor=net, cases=cases[:1], method=IG, control={"kind": "other_case"})


def test_the_other_class_of_a_named_class_is_refused(net: Predictor, cases: list[Case]) -> None:
    with pytest.raises(ExplanationRefused, match="target advised or rank_2"):
        explanations_request(
            predictor=net, cases=cases, method=IG, target="class: ill", control={"kind": "other_class"}
        )


def test_an_unknown_kind_is_answered_with_the_known_ones(net: Predictor, cases: list[Case]) -> None:
    with pytest.raises(ExplanationRefused, match="other_case, other_class, placebo, random, shuffled"):
        explanations_request(predictor=net, cases=cases, method=IG, control={"kind": "crystal_ball"})


@pytest.mark.parametrize("method", ["saliency", "lime", "feature_ablation"])
def test_a_method_that_promises_no_completeness_is_not_refused_for_it(
    method: str,
    net: Predictor,
    cases: list[Case],
) -> None:
    keys = explanations_request(predictor=net, cases=cases, method=method)
    jobs_work(queue="cpu")
    assert max(e.completeness_error for e in explanation_list(keys=keys)) > 0.01
    assert explanation_problems(keys=keys) == []
