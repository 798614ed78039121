"""From cases and weights to verified renderings, and what is refused on the way."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from explainers.core.attribution import Explanation as Attribution
from explainers.core.errors import (
    ArtefactCorrupt,
    CaseSetRefused,
    ExplanationRefused,
    NotReady,
    PredictorRefused,
)
from explainers.core.method import Method
from explainers.core.store import Store
from explainers.immutable import frozen_tables_check, triggers_install, triggers_missing
from explainers.methods import METHODS
from explainers.models import FROZEN, Case, CaseSet, Explanation, Job, Prediction, Predictor, Rendering
from explainers.selectors import (
    case_panel,
    explanation_artefact,
    explanation_list,
    explanation_problems,
    job_progress,
    prediction_map,
    prediction_progress,
    rendering_bytes,
)
from explainers.services import (
    case_set_import,
    explanations_request,
    gates_request,
    jobs_work,
    predictions_request,
    predictor_register,
    reference_keep,
    renderings_request,
)
from tests.explainers.conftest import CLASSES, FEATURES, PARAMETERS, PREPROCESSING, make_rows, make_weights

pytestmark = [pytest.mark.heavy, pytest.mark.django_db]
IG = "integrated_gradients"
PLACEBO = {"kind": "shuffled", "of": IG}


@pytest.fixture
def case_set(schema: dict[str, Any], store_folder: Path) -> CaseSet:
    return case_set_import(name="clinic", schema=schema, rows=make_rows(6))


def register(**changes: Any) -> Predictor:
    content = {
        "name": "net",
        "architecture": "mlp",
        "parameters": PARAMETERS,
        "features": FEATURES,
        "classes": CLASSES,
        "preprocessing": PREPROCESSING,
        "weights": make_weights(),
        "metadata": {"source": "tests"},
    }
    return predictor_register(**{**content, **changes})


@pytest.fixture
def net(store_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Predictor:
    # The probe has its own tests; here it would only cost two seconds a test.
    monkeypatch.setattr("explainers.services.predictors.predictor_probe", lambda spec, weights: {})
    return register()


@pytest.fixture
def cases(case_set: CaseSet) -> list[Case]:
    return list(case_set.cases.all())


def test_the_whole_path(net: Predictor, cases: list[Case]) -> None:
    keys = explanations_request(predictor=net, cases=cases, method=IG)
    placebo = explanations_request(predictor=net, cases=cases, method=IG, control=PLACEBO)
    assert jobs_work(queue="cpu") == 18
    assert explanation_problems(keys=keys + placebo) == []
    spec = renderings_request(keys=keys + placebo, scale_of=keys + placebo)
    assert jobs_work(queue="cpu") == 0, "drawings do not wait behind explanations"
    assert jobs_work(queue="render") == 12
    assert job_progress(keys=keys + placebo, spec_digest=spec) == {
        "queued": 0,
        "running": 0,
        "done": 12,
        "failed": 0,
    }
    for explanation in explanation_list(keys=keys + placebo):
        digest, fragment = rendering_bytes(explanation_id=explanation.pk, spec_digest=spec)
        assert fragment.startswith(b'<div class="bars-box">')
        assert Store(net_store()).get(digest) == fragment


def net_store() -> Path:
    from django.conf import settings

    return Path(settings.ASSAY_STORE)


def test_an_explanation_is_of_the_class_that_is_advised(net: Predictor, cases: list[Case]) -> None:
    keys = explanations_request(predictor=net, cases=cases, method=IG)
    jobs_work(queue="cpu")
    said = prediction_map(predictor=net, case_ids=[case.pk for case in cases])
    assert {said[e.case_id].label for e in explanation_list(keys=keys)} == set(CLASSES)
    for explanation in explanation_list(keys=keys):
        assert explanation.target_class == said[explanation.case_id].label
        assert explanation_artefact(explanation=explanation).target_class == explanation.target_class


def test_another_target_can_be_declared(net: Predictor, cases: list[Case]) -> None:
    keys = explanations_request(predictor=net, cases=cases, method=IG, target="class: ill")
    jobs_work(queue="cpu")
    assert {explanation.target_class for explanation in explanation_list(keys=keys)} == {"ill"}
    assert explanation_problems(keys=keys) == []


def test_a_method_that_explains_another_class_leaves_a_failed_job_and_nothing_else(
    net: Predictor, cases: list[Case]
) -> None:
    class Traitor(METHODS.get(IG)):  # type: ignore[misc]
        name = "traitor"

        def explain(self, batch: Any) -> list[Attribution]:
            from dataclasses import replace

            return [
                replace(e, target_class=CLASSES[e.target_class == CLASSES[0]]) for e in super().explain(batch)
            ]

    with METHODS.temporarily(Traitor):
        keys = explanations_request(predictor=net, cases=cases[:2], method="traitor")
        jobs_work(queue="cpu")
    assert Explanation.objects.count() == 0
    assert job_progress(keys=keys)["failed"] == 2
    problems = explanation_problems(keys=keys)
    assert len(problems) == 2
    assert all("ExplanationTargetMismatch" in problem for problem in problems)


def test_one_bad_case_does_not_take_the_batch_with_it(net: Predictor, cases: list[Case]) -> None:
    bad = cases[2].inputs["age"]

    class Picky(METHODS.get(IG)):  # type: ignore[misc]
        name = "picky"

        def explain(self, batch: Any) -> list[Attribution]:
            if any(row["age"] == bad for row in batch.rows):
                raise ZeroDivisionError("this age is too much for me")
            return super().explain(batch)

    with METHODS.temporarily(Picky):
        keys = explanations_request(predictor=net, cases=cases, method="picky")
        jobs_work(queue="cpu")
    assert job_progress(keys=keys) == {"queued": 0, "running": 0, "done": 5, "failed": 1}
    failed = Job.objects.get(key=keys[2])
    assert (failed.attempt, failed.error) == (4, "ZeroDivisionError: this age is too much for me")


def test_the_quality_gate_names_an_incomplete_explanation(net: Predictor, cases: list[Case]) -> None:
    keys = explanations_request(
        predictor=net, cases=cases, method=IG, parameters={"steps_maximum": 16, "tolerance": 1e-6}
    )
    jobs_work(queue="cpu")
    incomplete = [e for e in explanation_list(keys=keys) if e.completeness_error > 0.01]
    assert incomplete, "this network needs more than 16 steps somewhere"
    assert len(explanation_problems(keys=keys)) == len(incomplete)
    assert "completeness error" in explanation_problems(keys=keys)[0]


def test_a_control_need_not_be_complete(net: Predictor, cases: list[Case]) -> None:
    keys = explanations_request(
        predictor=net,
        cases=cases,
        method=IG,
        parameters={"steps_maximum": 16, "tolerance": 1e-6},
        control=PLACEBO,
    )
    jobs_work(queue="cpu")
    controls = explanation_list(keys=keys)
    assert any(control.completeness_error > 0.01 for control in controls)
    assert explanation_problems(keys=keys) == []


def test_a_control_is_made_of_the_explanation_it_names(net: Predictor, cases: list[Case]) -> None:
    keys = explanations_request(predictor=net, cases=cases, method=IG)
    placebo = explanations_request(predictor=net, cases=cases, method=IG, control={"kind": "shuffled"})
    jobs_work(queue="cpu")
    for original, control in zip(explanation_list(keys=keys), explanation_list(keys=placebo), strict=True):
        assert (control.derived_from_id, control.control_kind) == (original.pk, "shuffled")
        values = [explanation_artefact(explanation=e).values for e in (original, control)]
        assert sorted(values[0]) == sorted(values[1])
        assert values[0] != values[1]
        assert control.recipe["details"]["source"] == original.artefact_digest


def test_another_seed_is_another_control(net: Predictor, cases: list[Case]) -> None:
    one = explanations_request(predictor=net, cases=cases, method=IG, control=PLACEBO, seed=1)
    two = explanations_request(predictor=net, cases=cases, method=IG, control=PLACEBO, seed=2)
    assert not set(one) & set(two)


@pytest.mark.parametrize(
    "control", [{}, {"kind": "sham"}, {"kind": "shuffled", "of": "lime"}, {"kind": "shuffled", "x": 1}]
)
def test_an_unknown_control_is_refused(net: Predictor, cases: list[Case], control: dict[str, Any]) -> None:
    with pytest.raises(ExplanationRefused):
        explanations_request(predictor=net, cases=cases, method=IG, control=control)
    assert Job.objects.count() == 0


@pytest.mark.parametrize("arguments", [{"method": "shuffled"}, {"method": IG, "target": "class: purple"}])
def test_a_request_that_cannot_be_is_refused(
    net: Predictor, cases: list[Case], arguments: dict[str, Any]
) -> None:
    with pytest.raises(ExplanationRefused):
        explanations_request(predictor=net, cases=cases, **arguments)


def test_asking_twice_queues_once(net: Predictor, case_set: CaseSet, cases: list[Case]) -> None:
    assert predictions_request(predictor=net, case_set=case_set) == 6
    assert predictions_request(predictor=net, case_set=case_set) == 0
    first = explanations_request(predictor=net, cases=cases, method=IG)
    count = Job.objects.count()
    assert explanations_request(predictor=net, cases=cases, method=IG) == first
    assert Job.objects.count() == count
    assert prediction_progress(predictor=net, case_set=case_set)["queued"] == 6


def test_keys_come_in_the_order_of_the_cases(net: Predictor, cases: list[Case]) -> None:
    keys = explanations_request(predictor=net, cases=cases[::-1], method=IG)
    jobs_work(queue="cpu")
    assert [e.case_id for e in explanation_list(keys=keys)] == [case.pk for case in cases[::-1]]


def test_a_rendering_waits_for_its_explanations(net: Predictor, cases: list[Case]) -> None:
    keys = explanations_request(predictor=net, cases=cases, method=IG)
    with pytest.raises(NotReady, match="6 of 6"):
        renderings_request(keys=keys, scale_of=keys)


def test_no_payload_or_artefact_holds_a_truth(net: Predictor, cases: list[Case]) -> None:
    explanations_request(predictor=net, cases=cases, method=IG, control=PLACEBO)
    jobs_work(queue="cpu")
    written = [
        *Job.objects.values_list("payload", flat=True),
        *Explanation.objects.values_list("recipe", flat=True),
    ]
    assert "truth" not in json.dumps(written)


def test_a_damaged_artefact_is_a_problem_and_is_found(
    net: Predictor, cases: list[Case], capsys: pytest.CaptureFixture[str]
) -> None:
    keys = explanations_request(predictor=net, cases=cases, method=IG)
    jobs_work(queue="cpu")
    call_command("store_verify")
    explanation = explanation_list(keys=keys[:1])[0]
    path = Store(net_store()).path(explanation.artefact_digest)
    path.write_bytes(path.read_bytes().replace(b"values", b"vaiues"))
    with pytest.raises(ArtefactCorrupt):
        explanation_artefact(explanation=explanation)
    assert ["damaged" in problem for problem in explanation_problems(keys=keys)] == [True]
    with pytest.raises(CommandError, match="1 artefacts are missing or damaged"):
        call_command("store_verify")


def test_a_missing_file_is_found(net: Predictor) -> None:
    Store(net_store()).path(net.weights_digest).unlink()
    with pytest.raises(CommandError, match="1 artefacts"):
        call_command("store_verify")


def test_nothing_of_a_refused_predictor_stays(store_folder: Path) -> None:
    with pytest.raises(PredictorRefused, match="zip archive"):
        register(weights=b"PK\x03\x04 and so on")
    with pytest.raises(PredictorRefused, match="not finite"):
        register(weights=make_weights(factor=1e30))
    assert Predictor.objects.count() == 0
    assert not store_folder.exists()


def test_a_predictor_is_registered_once(net: Predictor) -> None:
    assert register() == net
    with pytest.raises(PredictorRefused, match="another predictor called 'net'"):
        register(weights=make_weights(seed=4))


def test_a_case_set_is_imported_once(case_set: CaseSet, schema: dict[str, Any]) -> None:
    assert case_set_import(name="clinic", schema=schema, rows=make_rows(6)) == case_set
    with pytest.raises(CaseSetRefused, match="another case set called 'clinic'"):
        case_set_import(name="clinic", schema=schema, rows=make_rows(5))


def test_a_faulty_row_leaves_nothing_of_its_set(schema: dict[str, Any]) -> None:
    rows = [*make_rows(2), {"key": "x", "inputs": {}}]
    with pytest.raises(CaseSetRefused, match="row 3"):
        case_set_import(name="bad", schema=schema, rows=rows)
    assert CaseSet.objects.count() == Case.objects.count() == 0


def test_a_panel_has_units_ranges_and_flags(cases: list[Case]) -> None:
    pulse = case_panel(cases[0])[1]
    assert (pulse["label"], pulse["unit"], pulse["reference"]) == ("Pulse", "per minute", "60 to 100")


@pytest.fixture
def full(net: Predictor, cases: list[Case]) -> None:
    keys = explanations_request(predictor=net, cases=cases[:1], method=IG)
    jobs_work(queue="cpu")
    renderings_request(keys=keys, scale_of=keys)
    gates_request(keys=keys)
    for queue in ("cpu", "render"):
        jobs_work(queue=queue)
    reference_keep(name="known", case_set=CaseSet.objects.get())


@pytest.mark.parametrize("model", FROZEN)
def test_content_cannot_be_changed(full: None, model: type[Any]) -> None:
    row = model.objects.first()
    field = next(field.name for field in model._meta.fields if not field.primary_key)
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        model.objects.filter(pk=row.pk).update(**{field: getattr(row, field)})


@pytest.mark.parametrize("model", [Rendering, Prediction, Explanation])
def test_content_cannot_be_deleted(full: None, model: type[Any]) -> None:
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        model.objects.filter(pk=model.objects.first().pk)._raw_delete("default")


def test_a_missing_trigger_is_an_error_at_start(full: None) -> None:
    from django.db import connection

    assert frozen_tables_check(databases=["default"]) == []
    with connection.cursor() as cursor:
        on = "" if connection.vendor == "sqlite" else " ON explainers_case"
        cursor.execute(f"DROP TRIGGER explainers_case_update_is_frozen{on}")
    (message,) = frozen_tables_check(databases=["default"])
    assert (message.id, triggers_missing()) == ("explainers.E001", ["explainers_case_update_is_frozen"])
    triggers_install()
    assert triggers_missing() == []


def test_the_promise_of_every_method_of_the_shelf(net: Predictor) -> None:
    assert all(issubclass(METHODS.get(name), Method) for name in METHODS.names())
