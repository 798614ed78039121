"""The experimenter sees everything of the engine and can change nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from explainers.core.attribution import Explanation as Attribution
from explainers.core.bars import bars_html, bars_spec
from explainers.core.digest import digest_of
from explainers.core.gate import GATE_VERSION
from explainers.core.store import Store
from explainers.models import FROZEN, Explanation, Gate, Job, MethodGate, Predictor, Reference, Rendering
from explainers.services import case_set_import
from tests.explainers.conftest import CLASSES, FEATURES, make_rows, make_spec

pytestmark = pytest.mark.django_db
MODELS = [*FROZEN, Job]


@pytest.fixture
def rendering(schema: dict[str, Any], store_folder: Path) -> Rendering:
    case_set = case_set_import(name="clinic", schema=schema, rows=make_rows(2))
    Reference.objects.create(name="known", digest="r", case_set=case_set, labels={})
    case = case_set.cases.first()
    assert case is not None
    net = Predictor.objects.create(
        name="net", digest="d", architecture="mlp", features=FEATURES, classes=CLASSES, weights_digest="w"
    )
    attribution = Attribution(
        features=tuple(FEATURES),
        values=(0.5, -0.25, 0.0),
        target_class="ill",
        target_space="log_odds",
        baseline=(0.0, 0.0, 0.0),
        output=0.25,
        output_at_baseline=0.0,
        completeness_error=0.0,
    )
    store, spec = Store(store_folder), bars_spec(attribution.values)
    explanation = Explanation.objects.create(
        key="k",
        predictor=net,
        case=case,
        method="integrated_gradients",
        method_version="1",
        target_declared="advised",
        target_class="ill",
        artefact_digest=store.put(attribution.to_bytes()),
        fence=1,
        completeness_error=0.0,
        recipe={},
    )
    Job.objects.create(
        kind="explain", key="k", predictor=net, case=case, state="failed", error="out of luck", attempt=3
    )
    net.predictions.create(case=case, scores={}, label="ill", confidence=0.7, digest="x", recipe={})
    verdict = {
        "light": "red",
        "reasons": ["taking parts away changes nothing."],
        "numbers": {"order_z": -1.5},
        "not_computed": {},
    }
    Gate.objects.create(explanation=explanation, gate_version=GATE_VERSION, light="red", verdict=verdict)
    MethodGate.objects.create(
        key="m",
        predictor=net,
        method="integrated_gradients",
        method_version="1",
        target_declared="advised",
        gate_version=GATE_VERSION,
        randomisation={"rank": 0.125},
    )
    fragment = bars_html(attribution, inputs=case.inputs, features=case_set.schema["features"], spec=spec)
    return Rendering.objects.create(
        explanation=explanation, spec_digest=digest_of(spec), digest=store.put(fragment.encode()), spec=spec
    )


@pytest.fixture
def experimenter(client: Client) -> Client:
    user = User.objects.create_user("experimenter", password="x", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="explainers", codename__startswith="view_")
    )
    client.force_login(user)
    return client


def address(model: type[Any], *, pk: int | None = None) -> str:
    name = f"/admin/explainers/{model._meta.model_name}/"
    return f"{name}{pk}/change/" if pk else name


@pytest.mark.parametrize("model", MODELS)
def test_every_list_and_every_row_can_be_seen(
    rendering: Rendering, experimenter: Client, model: type[Any]
) -> None:
    assert experimenter.get(address(model)).status_code == 200
    assert experimenter.get(address(model, pk=model.objects.first().pk)).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_nothing_can_be_added_changed_or_deleted(
    rendering: Rendering, admin_client: Client, model: type[Any]
) -> None:
    row = model.objects.first()
    assert admin_client.get(f"{address(model)}add/").status_code == 403
    assert admin_client.post(address(model, pk=row.pk), {"name": "other"}).status_code == 403
    assert admin_client.post(f"{address(model)}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_an_explanation_is_shown_as_participants_see_it(rendering: Rendering, experimenter: Client) -> None:
    page = experimenter.get(address(Explanation, pk=rendering.explanation_id)).content.decode()
    fragment = Store(_store()).get(rendering.digest).decode()
    assert fragment in page
    assert "explainers/bars.css" in page


def test_the_gate_stands_beside_an_explanation(rendering: Rendering, experimenter: Client) -> None:
    page = experimenter.get(address(Explanation, pk=rendering.explanation_id)).content.decode()
    assert "taking parts away changes nothing." in page
    assert "-1.5" in page
    assert "red" in experimenter.get(address(Explanation)).content.decode()


def test_the_page_of_a_method_has_its_distribution_and_its_worst_cases(
    rendering: Rendering, experimenter: Client
) -> None:
    page = experimenter.get(address(MethodGate, pk=MethodGate.objects.get().pk)).content.decode()
    assert "1 red" in page
    assert "c000</a>, red: taking parts away changes nothing." in page
    assert "0.125" in page


def test_a_damaged_rendering_is_not_shown(rendering: Rendering, experimenter: Client) -> None:
    Store(_store()).path(rendering.digest).write_bytes(b"<script>alert(1)</script>")
    page = experimenter.get(address(Explanation, pk=rendering.explanation_id)).content.decode()
    assert "is damaged" in page
    assert "<script>alert(1)" not in page


def test_a_failed_job_shows_its_reason(rendering: Rendering, experimenter: Client) -> None:
    assert "out of luck" in experimenter.get(address(Job)).content.decode()


def test_looking_does_not_allow_trying_again(rendering: Rendering, experimenter: Client) -> None:
    job = Job.objects.get()
    experimenter.post(address(Job), {"action": "retry", "_selected_action": [job.pk]})
    job.refresh_from_db()
    assert job.state == "failed"


def test_failed_jobs_can_be_tried_again(rendering: Rendering, admin_client: Client) -> None:
    job = Job.objects.get()
    admin_client.post(address(Job), {"action": "retry", "_selected_action": [job.pk]})
    job.refresh_from_db()
    assert (job.state, job.attempt) == ("queued", 0)


def _store() -> str:
    from django.conf import settings

    return str(settings.ASSAY_STORE)


def allowed(client: Client, *codenames: str) -> Client:
    user = User.objects.create_user("lab", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return client


def test_progress_says_how_far_and_cancels_within_the_answer(rendering: Rendering, client: Client) -> None:
    Job.objects.update(state="running")
    page = "/admin/explainers/job/progress/"
    lab = allowed(client, "view_job", "change_job")
    assert "Cancel 1" in lab.get(page).content.decode()
    net = rendering.explanation.predictor_id
    lab.post(page, {"kind": "explain", "method": "", "predictor": net})
    assert Job.objects.get().state == "cancelled"


def test_who_may_only_look_cannot_cancel(rendering: Rendering, experimenter: Client) -> None:
    page = "/admin/explainers/job/progress/"
    assert experimenter.get(page).status_code == 200
    assert experimenter.post(page, {"kind": "explain", "predictor": "1"}).status_code == 403


@pytest.mark.parametrize("what", ["predictor", "advice", "known-cases", "explanations"])
def test_bringing_something_in_needs_permission(what: str, experimenter: Client) -> None:
    assert experimenter.get(f"/admin/explainers/predictor/bring/{what}/").status_code == 403


def upload(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def test_a_predictor_that_is_refused_is_refused_in_a_sentence(store_folder: Path, client: Client) -> None:
    lab = allowed(client, "add_predictor", "view_predictor")
    given = {
        "name": "net",
        "declaration": upload("predictor.json", make_spec().to_json()),
        "weights": upload("weights.safetensors", b"\x80\x04cos\nsystem\n"),
    }
    answer = lab.post("/admin/explainers/predictor/bring/predictor/", given)
    assert answer.status_code == 422
    assert "Nothing was taken" in answer.content.decode()
    assert not Predictor.objects.exists()


def test_predictions_and_rationales_come_in_by_their_pages(
    schema: dict[str, Any], store_folder: Path, client: Client
) -> None:
    case_set = case_set_import(name="clinic", schema=schema, rows=make_rows(2))
    lab = allowed(client, "add_predictor", "view_predictor")
    advice = {
        "name": "paper", "cases": case_set.pk, "classes": "well, ill", "kind": "imported",
        "file": upload("a.csv", b"case_id,label\nc000,ill\nc001,well\n"),
    }  # fmt: skip
    assert lab.post("/admin/explainers/predictor/bring/advice/", advice).status_code == 302
    words = {
        "name": "why", "predictor": Predictor.objects.get().pk, "cases": case_set.pk, "form": "rationales",
        "file": upload("w.csv", b"case_id,target,text\nc000,ill,Fast pulse.\nc001,well,Calm pulse.\n"),
        "encoding": "signed", "target": "advised",
    }  # fmt: skip
    assert lab.post("/admin/explainers/predictor/bring/explanations/", words).status_code == 302
    assert Explanation.objects.filter(method="imported").count() == 2


def test_known_cases_come_in_by_their_page(
    schema: dict[str, Any], store_folder: Path, client: Client
) -> None:
    lab = allowed(client, "add_predictor", "view_predictor")
    given = {
        "name": "known",
        "file": upload("k.csv", b"case_id,age,pulse,height,outcome\na,1,2,3,ill\n"),
        "schema": upload("s.json", json.dumps(schema).encode()),
    }
    assert lab.post("/admin/explainers/predictor/bring/known-cases/", given).status_code == 302
    assert Reference.objects.get().labels == {"a": "ill"}
