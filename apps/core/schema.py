"""How the contract's error looks in the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers


class ErrorBody(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Stable; programs may rely on it.")
    message = serializers.CharField(help_text="A sentence for people.")
    details = serializers.DictField(help_text="For a broken rule: the field.")


class Error(serializers.Serializer[Any]):
    error = ErrorBody()


_MEANING = {
    400: "Not readable.",
    401: "No valid token or session.",
    403: "Suspended, not active, or the wrong role.",
    404: "Does not exist, or is not yours to know of.",
    409: "Another request came first.",
    410: "Known, but not here any more.",
    413: "Too large.",
    415: "Another media type is needed.",
    422: "A rule is broken: field and rule are named.",
    429: "Too many requests.",
    507: "The disk of the store is full, or cannot be written to; nothing of the file was kept.",
}


def errors(*statuses: int) -> dict[int, OpenApiResponse]:
    """The error answers of a call, beside the 401, 403 and 404 that every call has."""
    return {status: OpenApiResponse(Error, _MEANING[status]) for status in sorted({401, 403, 404, *statuses})}
