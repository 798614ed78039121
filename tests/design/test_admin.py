"""The experimenter's pages: what each may do, what they show, and what they never show."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from explainers.models import CaseSet
from studies.design.adminviews import ACTIONS
from studies.design.models import StaffAction, StudyVersion
from tests.design.scene import SCHEMA, SIDE_FILES, STUDY, case_csv, imported, launched, prepared

pytestmark = pytest.mark.django_db
Staff = Callable[..., Client]


@pytest.fixture
def staff() -> Staff:
    """A client of somebody who may sign in to the admin and has the permissions named."""

    def sign_in(*permissions: str) -> Client:
        user = User.objects.create_user("ada", is_staff=True)
        user.user_permissions.set(
            Permission.objects.filter(content_type__app_label="design", codename__in=permissions)
        )
        client = Client()
        client.force_login(user)
        return client

    return sign_in


def page_of(version: StudyVersion) -> str:
    return reverse("admin:design_studyversion_change", args=[version.pk])


def action_of(version: StudyVersion, action: str) -> str:
    return reverse("admin:design_version_action", args=[version.pk, action])


def upload(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def study_upload(source: str = STUDY) -> dict[str, Any]:
    beside = [upload(name, data) for name, data in SIDE_FILES.items()]
    return {"study_file": upload("study.yaml", source.encode()), "beside": beside}


def text_of(reply: Any) -> str:
    text: str = reply.content.decode()
    return text


def test_a_study_is_imported_with_all_its_files_in_one_form(staff: Staff) -> None:
    client = staff("add_studyversion", "view_studyversion")
    reply = client.post(reverse("admin:design_study_import"), study_upload(), follow=True)
    version = StudyVersion.objects.get()
    assert reply.redirect_chain[-1][0] == page_of(version)
    assert version.texts.count() == 3
    assert version.study.owner == User.objects.get()


def test_faults_are_listed_with_their_lines_and_nothing_is_stored(staff: Staff) -> None:
    client = staff("add_studyversion")
    bad = STUDY.replace("n: 18", "n: 99").replace("positive: malignant", "positive: x")
    reply = client.post(reverse("admin:design_study_import"), study_upload(bad))
    assert reply.status_code == 422
    rows = re.findall(r'<td class="design-number">(\d*)</td>\s*<td><code>([^<]*)</code>', text_of(reply))
    assert rows == [("11", "decision.positive"), ("33", "plan.n")]
    assert not StudyVersion.objects.exists()


def test_what_a_file_says_is_shown_as_text(staff: Staff) -> None:
    client = staff("add_studyversion")
    bad = STUDY.replace("title: Does", "<script>alert(1)</script>: Does")
    reply = client.post(reverse("admin:design_study_import"), study_upload(bad))
    assert "<script>alert" not in text_of(reply)
    assert "&lt;script&gt;alert" in text_of(reply)


def test_cases_are_imported(staff: Staff) -> None:
    client = staff("add_studyversion", "view_study")
    files = {"name": "cells", "cases": upload("c.csv", case_csv()), "schema": upload("s.yaml", SCHEMA)}
    client.post(reverse("admin:design_cases_import"), files)
    assert CaseSet.objects.get().name == "cells"


def test_faults_of_a_case_file_name_row_and_column(staff: Staff) -> None:
    client = staff("add_studyversion")
    data = b"case_id,size,shape,ground_truth\na,x,1,benign\n"
    files = {"name": "cells", "cases": upload("c.csv", data), "schema": upload("s.yaml", SCHEMA)}
    reply = client.post(reverse("admin:design_cases_import"), files)
    assert "row 1, column size" in text_of(reply)
    assert not CaseSet.objects.exists()


def test_the_page_of_a_version_shows_the_design(staff: Staff) -> None:
    reply = staff("view_studyversion").get(page_of(prepared()))
    shown = text_of(reply)
    for words in (
        "integrated_gradients, shuffled (control)",
        "the AI is right in 6 of 8 (75 %)",
        "Comprehension check: 1 questions, 2 attempts",
        "expertise=under_5",
        "accuracy: ig - ai and ig - placebo; two-sided",
        "Everything is there: the version can be launched.",
    ):
        assert words in shown


def test_the_page_of_a_version_says_what_is_missing(staff: Staff) -> None:
    assert "There is no case set" in text_of(staff("view_studyversion").get(page_of(imported())))


def test_neither_seed_nor_order_of_the_allocation_is_on_any_page(staff: Staff) -> None:
    version = launched(seed="canary-of-the-seed")
    client = staff("view_studyversion", "view_study", "view_staffaction", "launch_studyversion")
    pages = [
        page_of(version),
        *(reverse(f"admin:design_{m}_changelist") for m in ("study", "studyversion", "staffaction")),
    ]
    shown = "".join(text_of(client.get(page)) for page in pages)
    order = list(
        version.slots.filter(purpose="real").order_by("stratum", "seq").values_list("condition", flat=True)
    )
    assert "canary-of-the-seed" not in shown
    assert ", ".join(order[:6]) not in shown


def test_a_second_version_shows_what_changed(staff: Staff) -> None:
    imported()
    second = imported(
        STUDY.replace("n: 18", "n: 20"), {**SIDE_FILES, "consent.md": b"You <b>really</b> agree."}
    )
    shown = text_of(staff("view_studyversion").get(page_of(second)))
    assert '<span class="design-removed">-  n: 18</span>' in shown
    assert '<span class="design-added">+  n: 20</span>' in shown
    assert "+You &lt;b&gt;really&lt;/b&gt; agree." in shown


def test_a_version_is_launched_and_opened_by_two_confirmed_posts(staff: Staff) -> None:
    version = prepared()
    client = staff("view_studyversion", "launch_studyversion")
    for action in ("launch", "open"):
        assert client.get(action_of(version, action)).status_code == 200
        version.refresh_from_db()
        assert (version.launched_at is None) == (action == "launch")  # looking changes nothing
        client.post(action_of(version, action))
    version.refresh_from_db()
    assert version.recruitment.state == "open"
    assert set(StaffAction.objects.values_list("actor__username", "verb")) >= {
        ("ada", "version_launch"),
        ("ada", "recruitment_open"),
    }


def test_a_refused_launch_says_why_on_the_page(staff: Staff) -> None:
    version = imported()
    client = staff("view_studyversion", "launch_studyversion")
    reply = client.post(action_of(version, "launch"), follow=True)
    assert "There is no predictor" in text_of(reply)


def test_only_the_actions_that_make_sense_are_offered(staff: Staff) -> None:
    version = prepared()
    client = staff("view_studyversion", "change_studyversion", "launch_studyversion")

    def offered() -> set[str]:
        return {name for name in ACTIONS if action_of(version, name) in text_of(client.get(page_of(version)))}

    assert offered() == {"prepare", "launch"}
    client.post(action_of(version, "launch"))
    assert offered() == {"open", "pause"}
    client.post(action_of(version, "open"))
    assert offered() == {"pause", "close"}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_action_without_its_permission_is_refused(staff: Staff, action: str, method: str) -> None:
    version = imported()
    everything_else = {
        "view_studyversion",
        "add_studyversion",
        "change_studyversion",
        "launch_studyversion",
    } - {ACTIONS[action].permission.removeprefix("design.")}
    client = staff(*everything_else)
    assert getattr(client, method)(action_of(version, action)).status_code == 403
    assert not StaffAction.objects.filter(verb__startswith="version").exists()


@pytest.mark.parametrize("page", ["design_study_import", "design_cases_import"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_import_without_permission_is_refused(staff: Staff, page: str, method: str) -> None:
    client = staff("view_studyversion", "change_studyversion", "launch_studyversion")
    assert getattr(client, method)(reverse(f"admin:{page}")).status_code == 403


def test_strangers_are_sent_to_sign_in() -> None:
    version = imported()
    pages = [page_of(version), action_of(version, "launch"), reverse("admin:design_study_import")]
    assert {Client().post(page).status_code for page in pages} == {302}
    version.refresh_from_db()
    assert version.launched_at is None


def test_a_post_without_the_token_of_the_form_is_refused(staff: Staff) -> None:
    version = prepared()
    staff("launch_studyversion")
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get())
    assert client.post(action_of(version, "launch")).status_code == 403


@pytest.mark.parametrize("model", ["study", "studyversion", "staffaction"])
def test_djangos_own_forms_change_nothing(model: str) -> None:
    version = launched()
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    pk = {
        "study": version.study_id,
        "studyversion": version.pk,
        "staffaction": StaffAction.objects.first().pk,
    }[model]  # type: ignore[union-attr]
    assert client.post(reverse(f"admin:design_{model}_add"), {}).status_code == 403
    assert client.post(reverse(f"admin:design_{model}_delete", args=[pk]), {"post": "yes"}).status_code == 403
    assert client.post(reverse(f"admin:design_{model}_change", args=[pk]), {"title": "x"}).status_code in (
        403,
        405,
    )


@pytest.mark.parametrize("pk", ["0", "999999", "abc", "1'--"])
def test_a_version_that_is_not_there_is_not_found(staff: Staff, pk: str) -> None:
    reply = staff("view_studyversion").get(f"/admin/design/studyversion/{pk}/change/")
    assert reply.status_code == 404


def test_pages_carry_no_inline_script_or_style(staff: Staff) -> None:
    version = prepared()
    client = staff("view_studyversion", "add_studyversion", "launch_studyversion")
    for page in (page_of(version), action_of(version, "launch"), reverse("admin:design_study_import")):
        shown = text_of(client.get(page))
        main = shown[shown.index('id="content"') :]
        assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", main)


def test_an_empty_list_of_studies_offers_to_bring_one(staff: Staff) -> None:
    shown = text_of(staff("view_study", "add_studyversion").get(reverse("admin:design_study_changelist")))
    assert reverse("admin:design_study_import") in shown
    assert reverse("admin:design_cases_import") in shown


def test_lists_stay_cheap_when_there_are_many_versions(
    staff: Staff, django_assert_max_num_queries: Any
) -> None:
    for n in range(10):
        imported(STUDY.replace("n: 18", f"n: {n + 5}"))
    client = staff("view_studyversion")
    with django_assert_max_num_queries(12):
        client.get(reverse("admin:design_studyversion_changelist"))
