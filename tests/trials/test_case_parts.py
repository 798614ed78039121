"""Cases of several parts as people meet them: what is on the page, and which pictures are handed out when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.test import Client

from explainers.core.cases.parts import check_parts
from explainers.core.png import png_encode
from explainers.core.store import Store
from studies.design.models import StudyVersion
from studies.trials.models import Event
from tests.factories import CONDITIONS, launched_version
from tests.trials.person import Person

Arrive = Callable[..., Person]
PARTS = check_parts(
    [
        {"name": "scan", "kind": "picture", "label": "The scan"},
        {"name": "note", "kind": "text", "label": "Referral"},
        {
            "name": "labs",
            "kind": "panel",
            "label": "Blood",
            "features": [{"name": "crp", "unit": "mg/l", "high": 5}],
        },
        {"name": "pulse", "kind": "series", "label": "Pulse", "unit": "/min", "low": 60, "high": 100},
    ]
)


def png(number: int) -> bytes:
    return png_encode(np.full((6, 9, 1), 10 + number, dtype=np.uint8))


def parts_of(number: int) -> dict[str, Any]:
    digest = Store(settings.ASSAY_STORE).put(png(number))
    return {
        "scan": {
            "alt": f"Scan {number}",
            "views": [{"label": "", "digest": digest, "width": 9, "height": 6}],
        },
        "note": {"text": f"Note <b>{number}</b>"},
        "labs": {"values": {"crp": 7.0}},
        "pulse": {"points": [[0, 70], [1, 90 + number]]},
    }


@pytest.fixture
def version(db: None) -> StudyVersion:
    return launched_version(part_schema=PARTS, parts=parts_of, conditions={"ai": CONDITIONS["ai"]})


def source(somebody: Person) -> str:
    (found,) = somebody.page.xpath("//*[@data-picture='scan']//img/@src")
    return str(found)


def test_a_case_shows_its_parts_in_order_and_text_as_text(version: StudyVersion, person: Arrive) -> None:
    somebody = person(version).go_to("trial")
    assert somebody.page.xpath("//*[@data-case-part]/@data-case-part") == ["scan", "note", "pulse"]
    assert "Note &lt;b&gt;" in somebody.text
    assert somebody.page.xpath("//*[@data-picture]//img/@alt")[0].startswith("Scan ")
    assert somebody.page.xpath("//table[@data-part='case']/caption/text()") == ["Blood", "The case"]


def test_a_series_is_a_drawing_with_a_name_and_a_table(version: StudyVersion, person: Arrive) -> None:
    somebody = person(version).go_to("trial")
    (drawing,) = somebody.page.xpath("//*[@data-case-part='pulse']//*[name()='svg']")
    assert drawing.get("role") == "img"
    assert "2 values from 0 to 1" in drawing.get("aria-label")
    cells = somebody.page.xpath("//*[@data-case-part='pulse']//table//td/text()")
    assert cells[:3] == ["0", "70.0", "1"]


def test_the_picture_of_the_page_is_handed_out_with_care(version: StudyVersion, person: Arrive) -> None:
    somebody = person(version).go_to("trial")
    reply = somebody.client.get(source(somebody))
    assert (reply.status_code, reply["Content-Type"], reply["X-Content-Type-Options"]) == (
        200,
        "image/png",
        "nosniff",
    )
    assert reply.content in {png(number) for number in range(3)}
    assert "private" in reply["Cache-Control"]
    assert reply["Cross-Origin-Resource-Policy"] == "same-origin"


def test_pictures_of_other_cases_are_not_handed_out(version: StudyVersion, person: Arrive) -> None:
    somebody = person(version).go_to("trial")
    own = source(somebody)
    seen = []
    for number in range(3):
        digest = Store(settings.ASSAY_STORE).put(png(number))
        reply = somebody.client.get(f"{somebody.url}p/{digest}")
        seen.append(reply.status_code)
        assert reply.status_code == 200 or reply["Cache-Control"] == "no-store"
        assert (reply.status_code == 200) == own.endswith(digest)
    assert sorted(seen) == [200, 404, 404]


def test_a_picture_goes_with_its_case(version: StudyVersion, person: Arrive) -> None:
    somebody = person(version).go_to("trial")
    first = source(somebody)
    somebody.answer().answer()
    assert source(somebody) != first
    assert somebody.client.get(first).status_code == 404


def test_before_the_trials_and_to_strangers_there_is_no_picture(
    version: StudyVersion, person: Arrive
) -> None:
    address = f"/s/cells/p/{Store(settings.ASSAY_STORE).put(png(0))}"
    assert person(version).client.get(address).status_code == 404
    assert Client().get(address).status_code == 404


def test_staff_who_may_see_versions_see_the_pictures_of_the_preview(
    version: StudyVersion, client: Client
) -> None:
    address = f"/s/cells/p/{Store(settings.ASSAY_STORE).put(png(0))}"
    user = User.objects.create_user("staff", is_staff=True)
    client.force_login(user)
    assert client.get(address).status_code == 404
    user.user_permissions.add(Permission.objects.get(codename="view_studyversion"))
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("name", ["../../../etc/passwd", "0" * 64, "x" * 64, "%00"])
def test_what_is_no_picture_is_not_found(version: StudyVersion, client: Client, name: str) -> None:
    client.force_login(User.objects.create_superuser("root"))
    assert client.get(f"/s/cells/p/{name}").status_code == 404


def test_other_artefacts_of_the_store_do_not_leave_by_this_door(
    version: StudyVersion, client: Client
) -> None:
    client.force_login(User.objects.create_superuser("root"))
    digest = Store(settings.ASSAY_STORE).put(b"<script>alert(1)</script>")
    assert client.get(f"/s/cells/p/{digest}").status_code == 404


def test_zooming_is_kept_as_an_event(version: StudyVersion, person: Arrive) -> None:
    somebody = person(version).go_to("trial")
    events = [
        {"seq": 0, "kind": "zoom", "t": 1.0, "payload": {"part": "scan", "scale": 2}},
        {
            "seq": 1,
            "kind": "window",
            "t": 2.0,
            "payload": {"part": "scan", "brightness": 1.1, "contrast": 1, "view": 0},
        },
    ]
    body = {"source": "page1", "events": events}
    reply = somebody.client.post(f"{somebody.url}events", body, content_type="application/json")
    assert reply.status_code == 204
    kept = Event.objects.filter(kind__in=["zoom", "window"]).order_by("seq")
    assert [event.payload["part"] for event in kept] == ["scan", "scan"]
