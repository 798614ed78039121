"""What people see when something goes wrong: calm words, and nothing of the inside."""

import pytest
from django.test import RequestFactory

from deploy import pages


@pytest.fixture
def request_():
    return RequestFactory().get("/s/a-study/")


@pytest.mark.parametrize(
    ("page", "status", "words"),
    [
        (pages.bad_request, 400, "Your last answer is safe"),
        (pages.permission_denied, 403, "your last answer is safe"),
        (pages.csrf_failure, 403, "Your last answer is safe"),
        (pages.not_found, 404, "your last answer is safe"),
        (pages.server_error, 500, "Your last answer is safe; reload to continue."),
    ],
)
def test_an_error_page_says_what_to_do(request_, page, status, words) -> None:
    answer = page(request_)
    assert answer.status_code == status
    assert words in answer.content.decode()


def test_too_many_attempts_to_sign_in_are_told_how_long_to_wait(request_) -> None:
    answer = pages.too_many_attempts(request_, None, {"username": "alice"})
    assert (answer.status_code, answer["Retry-After"]) == (429, "900")
    assert "alice" not in answer.content.decode()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_sixth_wrong_password_is_refused_and_neither_log_nor_page_tells_whose(live_assay) -> None:
    import httpx

    with httpx.Client(base_url=live_assay.url) as client:
        for _ in range(6):
            token = client.get("/admin/login/").text.split('csrfmiddlewaretoken" value="')[1].split('"')[0]
            answer = client.post(
                "/admin/login/",
                data={"username": "mallory-17", "password": "wrong", "csrfmiddlewaretoken": token},
            )
    assert answer.status_code == 429
    assert "mallory-17" not in live_assay.log_text()
    assert "127.0.0.1" not in live_assay.log_text().split("Booting worker")[-1]
