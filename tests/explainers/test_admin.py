"""The experimenter sees everything of the engine and can change nothing."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from explainers.core.attribution import Explanation as Attribution
from explainers.core.bars import bars_html, bars_spec
from explainers.core.digest import digest_of
from explainers.core.gate import GATE_VERSION
from explainers.core.store import Store
from explainers.models import FROZEN, Explanation, Gate, Job, MethodGate, Predictor, Rendering
from explainers.services import case_set_import
from tests.explainers.conftest import CLASSES, FEATURES, make_rows

pytestmark = pytest.mark.django_db
MODELS = [*FROZEN, Job]


@pytest.fixture
def rendering(schema: dict[str, Any], store_folder: Path) -> Rendering:
    case_set = case_set_import(name="clinic", schema=schema, rows=make_rows(2))
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
    assert "red cases" in page
    assert "c000: red" in page
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
