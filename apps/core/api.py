"""The API's frame: every error has one shape, every list one kind of cursor."""

import math
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, set_rollback

from .domain.errors import DomainError
from .lists import Filters, UidCursorPagination, cursor_page

__all__ = ["Filters", "NothingHere", "UidCursorPagination", "cursor_page", "error_body", "exception_handler"]


def error_body(code: str, message: str, details: Any = None) -> dict[str, Any]:
    """`{"error": {"code", "message", "details"}}`, the contract's shape."""
    return {"error": {"code": code, "message": message, "details": details or {}}}


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook. What it does not know is a bug and stays a 500 that is logged."""
    set_rollback()
    match error:
        case DomainError():
            return Response(error_body(error.code, error.message, error.details), status=error.status)
        case Http404():
            return Response(error_body("not_found", "There is nothing here."), status=404)
        case PermissionDenied():
            return Response(error_body("forbidden", str(error) or "You may not do this."), status=403)
        case RequestDataTooBig():
            return Response(error_body("too_large", "The request body is too large for this call."), status=413)
        case exceptions.ValidationError():
            return _rule_broken(error)
        case exceptions.APIException():
            return _framework_error(error)
    return None


def _rule_broken(error: exceptions.ValidationError) -> Response:
    field, message = _first_problem(error.detail)
    return Response(
        error_body(
            "rule_broken", f"{field}: {message}" if field else message, {"field": field, "fields": error.detail}
        ),
        status=status.HTTP_422_UNPROCESSABLE_ENTITY,
    )


def _first_problem(detail: Any, path: str = "") -> tuple[str, str]:
    """The path and the sentence of the first thing wrong in DRF's nested error detail."""
    match detail:
        case dict():
            key, inner = next(iter(detail.items()))
            here = path if key == "non_field_errors" else f"{path}.{key}".strip(".")
            return _first_problem(inner, here)
        case list():
            index, inner = next((i, item) for i, item in enumerate(detail) if item)
            return _first_problem(inner, path if isinstance(inner, str) else f"{path}[{index}]")
    return path, str(detail)


_CODES = {
    400: "malformed",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
}


def _framework_error(error: exceptions.APIException) -> Response:
    headers = {}
    if authenticate := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = authenticate
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    code = _CODES.get(error.status_code, "error")
    return Response(error_body(code, str(error.detail)), status=error.status_code, headers=headers)


class NothingHere(APIView):
    """The API's last URL: an unknown path is answered in the API's own shape."""

    permission_classes = [AllowAny]
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise exceptions.NotFound("There is nothing here.")
