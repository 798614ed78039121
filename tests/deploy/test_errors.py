"""The API's one error shape: {code, message, fields}, whatever went wrong."""

import pytest
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ModelValidationError
from django.http import Http404
from rest_framework import exceptions

from deploy.errors import handle_api_error
from studies.errors import AnswerConflict, AnswerInvalid, StudyError


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "not_allowed"),
        (exceptions.NotFound(), 404, "not_found"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.ValidationError({"slug": ["This field is required."]}), 400, "invalid"),
        (ModelValidationError({"slug": ["Taken."]}), 400, "invalid"),
        (StudyError("The study is closed."), 400, "study_error"),
        (AnswerInvalid({"label": "Choose one."}), 400, "answer_invalid"),
        (AnswerConflict("The first answer stands."), 409, "answer_conflict"),
    ],
)
def test_every_error_has_the_same_three_parts(error, status, code) -> None:
    answer = handle_api_error(error, {"view": None})
    assert answer.status_code == status
    assert set(answer.data) == {"code", "message", "fields"}
    assert answer.data["code"] == code


def test_the_fields_say_what_is_wrong_with_each() -> None:
    assert handle_api_error(AnswerInvalid({"label": "Choose one."}), {}).data["fields"] == {
        "label": "Choose one."
    }
    refused = handle_api_error(exceptions.ValidationError({"slug": ["Taken."]}), {})
    assert refused.data["fields"] == {"slug": ["Taken."]}


def test_an_unforeseen_error_says_nothing_about_the_inside() -> None:
    answer = handle_api_error(RuntimeError("password is hunter2"), {"view": None})
    assert (answer.status_code, answer.data["code"]) == (500, "server_error")
    assert "hunter2" not in str(answer.data)
