"""The API's one error shape: {code, message, fields}."""

from collections.abc import Mapping
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ModelValidationError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.views import exception_handler

from studies.errors import AlreadyLaunched, AnswerConflict, StudyError

INVALID = "invalid"
SERVER_ERROR = "server_error"
STATUS_CODES = {
    400: INVALID,
    401: "not_signed_in",
    403: "not_allowed",
    404: "not_found",
    409: "conflict",
    429: "throttled",
}
CONFLICTS = (AlreadyLaunched, AnswerConflict)

log = structlog.get_logger(__name__)


def handle_api_error(error: Exception, context: Mapping[str, Any]) -> Response:
    """Turn any error of an API view into {code, message, fields}.

    The caller's own errors come as StudyError. What nobody foresaw becomes a 500 that says nothing about the inside;
    the log has the rest.
    """
    if isinstance(error, ModelValidationError):
        error = exceptions.ValidationError(as_serializer_error(error))
    if isinstance(error, Http404 | PermissionDenied | exceptions.APIException):
        return _from_framework(error, context)
    if isinstance(error, StudyError):
        status = 409 if isinstance(error, CONFLICTS) else 400
        return Response(_body(error.code, error.message, getattr(error, "fields", {})), status)
    log.error("An API view failed.", view=type(context.get("view")).__name__, exc_info=error)
    return Response(_body(SERVER_ERROR, "Something went wrong on our side. Nothing was changed.", {}), 500)


def _from_framework(error: Exception, context: Mapping[str, Any]) -> Response:
    response = exception_handler(error, dict(context))
    if response is None:
        raise error
    code = STATUS_CODES.get(response.status_code, INVALID)
    if isinstance(error, exceptions.ValidationError):
        fields = error.detail if isinstance(error.detail, dict) else {"non_field_errors": error.detail}
        response.data = _body(INVALID, "Some values are not acceptable; see `fields`.", fields)
    elif isinstance(error, exceptions.APIException):
        specific = error.detail.code if isinstance(error.detail, exceptions.ErrorDetail) else code
        response.data = _body(specific or code, str(error.detail), {})
    else:
        message = (
            "There is nothing at this address." if response.status_code == 404 else "You may not do this."
        )
        response.data = _body(code, message, {})
    return response


def _body(code: str, message: str, fields: Any) -> dict[str, Any]:
    return {"code": code, "message": message, "fields": fields}
