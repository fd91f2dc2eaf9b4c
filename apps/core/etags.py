"""Entity tags of the API's answers: what a program has already is not sent again, and what it knew is not overwritten.

A tag is the hash of the answer's bytes, and strong: If-Match, as RFC 9110 has it, never holds for a weak one. A proxy
that compresses makes them weak on the way; both headers are read without that mark.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from .domain.errors import DomainError
from .limits import headers_of

Row = TypeVar("Row", bound=Model)
Handler = TypeVar("Handler", bound=Callable[..., Any])


class ChangedMeanwhile(DomainError):
    """If-Match named another state than the one that stands."""

    status, code = 412, "changed_meanwhile"


class ApiHeadersMiddleware:
    """ETag and 304 for what the API says, and how much of a limit is left."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not request.path_info.startswith("/api/v1/"):
            return response
        if verdict := getattr(request, "api_rate", None):
            for name, value in headers_of(verdict).items():
                response[name] = value
        if request.method in ("GET", "HEAD") and response.status_code == 200:
            return _tagged(request, response)
        return response


def _tagged(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """`response` with its tag, or 304. What is streamed, or has a tag already, stays as it is."""
    if not isinstance(response, HttpResponse) or "ETag" in response.headers:
        return response
    tag = etag_of(response.content)
    response["ETag"] = tag
    response.headers.setdefault("Cache-Control", "private, no-cache")
    patch_vary_headers(response, ["Authorization", "Cookie"])
    if not is_known(request, tag):
        return response
    kept = {name: value for name, value in response.items() if not name.startswith("Content-")}
    unchanged = HttpResponse(status=304, headers=kept)
    del unchanged["Content-Type"]
    unchanged.cookies = response.cookies
    return unchanged


def etag_of(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def is_known(request: HttpRequest, tag: str) -> bool:
    """Whether the caller has what `tag` is of, by If-None-Match."""
    return not _named(request.headers.get("If-None-Match", "")).isdisjoint({tag, "*"})


def _named(header: str) -> set[str]:
    """The tags that a header names, weak marks left out."""
    return {tag.strip().removeprefix("W/") for tag in header.split(",")} - {""}


def conditional(handler: Handler) -> Handler:
    """For a handler that heeds If-Match (by `unchanged`): the OpenAPI document says so."""
    handler.conditional = True  # type: ignore[attr-defined]
    return handler


@contextmanager
def unchanged(
    request: Request, rows: QuerySet[Row], answer: Callable[[Row], Any], *, absent: Row | None = None
) -> Iterator[None]:
    """Carry out the block only if the one row of `rows` still looks as If-Match says. Without that header: always.

    `answer` gives what a GET of the row says, or of `absent` where there is none yet. The block is one transaction, and the row stays locked meanwhile: nobody
    changes it in between, and of several changes either all hold or none.
    """
    wanted = _named(request.headers.get("If-Match", ""))
    with transaction.atomic():
        row = rows.select_for_update(no_key=True, of=("self",)).first() or absent
        if wanted - {"*"} and (row is None or etag_of(JSONRenderer().render(answer(row))) not in wanted):
            raise ChangedMeanwhile("It was changed since you read it: read it again, then decide.")
        yield
