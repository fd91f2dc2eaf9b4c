"""Views for the few calls that are made all day long: DRF's shapes without what DRF spends on each call.

A program's token is looked up by the view's own statement, together with what else it has to know; a session goes
through DRF's authentication with its CSRF check. Bodies and answers are JSON by orjson. Errors, methods that the view
does not have and OPTIONS take DRF's own way.
"""

import math
import time
from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.views import APIView

from . import limits
from .domain.canonical import sha256_hex
from .domain.errors import TooLarge
from .parsers import read_json

_PLAIN = ("", "*/*", "application/json")
_TRUSTED_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the hash of a token that is still to be looked up, or a signed-in user."""

    token_sha256: str | None = None
    user_id: int | None = None


class LeanView(APIView):
    """A view whose handlers take Django's request and answer with `answer`. They begin with a door: one statement that
    says who `caller(request)` is, and refuses them; then `admit` counts the call against their limit."""

    rate_group = "hot"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        handler = getattr(self, (request.method or "").lower(), None)
        if handler is None or request.method not in ("GET", "HEAD", "POST"):
            return super().dispatch(request, *args, **kwargs)
        self.request, self.args, self.kwargs = request, args, kwargs  # type: ignore[assignment]
        self.format_kwarg = None
        trust_recent_connection()
        try:
            if request.META.get("HTTP_ACCEPT", "") not in _PLAIN:
                self.perform_content_negotiation(self.initialize_request(request, *args, **kwargs))
            response: HttpResponseBase = handler(request, *args, **kwargs)
            return response
        except Exception as error:
            return self._refused(error)

    def _refused(self, error: Exception) -> HttpResponse:
        refusal = self.handle_exception(error)
        response = HttpResponse(
            JSONRenderer().render(refusal.data), status=refusal.status_code, content_type="application/json"
        )
        for name, value in refusal.headers.items():
            if name != "Content-Type":
                response[name] = value
        if isinstance(error, exceptions.MethodNotAllowed):
            response["Allow"] = ", ".join(self.allowed_methods)
        return response


def trust_recent_connection() -> None:
    """Leave out Django's question whether the connection lives, a round trip, where it answered a moment ago.

    If the database went away in that moment the call fails, the connection is dropped, and the next call has a new one.
    """
    now = time.monotonic()
    if now - getattr(connection, "answered_at", -math.inf) < _TRUSTED_SECONDS:
        connection.health_check_done = True  # type: ignore[attr-defined]
    connection.answered_at = now  # type: ignore[attr-defined]


def caller_of(view: LeanView, request: HttpRequest) -> Caller:
    """Raises 401 where neither a token nor a session is given. The token itself is not looked up yet."""
    words = request.META.get("HTTP_AUTHORIZATION", "").split()
    if words and words[0].lower() == "token" and len(words) == 2:
        return Caller(token_sha256=sha256_hex(words[1]))
    request.body  # noqa: B018 - kept, because DRF's CSRF check parses it before the handler does
    signed_in = view.initialize_request(request)
    signed_in.authenticators = [made() for made in view.authentication_classes]
    user = signed_in.user
    if not user.is_authenticated:
        raise exceptions.NotAuthenticated
    return Caller(user_id=user.pk)


def unknown_token() -> exceptions.AuthenticationFailed:
    return exceptions.AuthenticationFailed("This token is unknown, revoked or expired.")


def admit(request: HttpRequest, user_id: int, group: str) -> None:
    """Count this call against the limit of `user_id`. Raises 429 above it."""
    verdict = limits.take(user_id, group)
    if verdict is None:
        return
    request.api_rate = verdict  # type: ignore[attr-defined]
    if verdict.wait is not None:
        raise exceptions.Throttled(verdict.wait)


def body_of(request: HttpRequest) -> Any:
    """The JSON body, by the rules of `core.parsers`; {} where there is none."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if length == 0:
        return {}
    if request.content_type != "application/json":
        raise exceptions.UnsupportedMediaType(request.content_type or "")
    limit = settings.JSON_MAX_BYTES
    raw = request.read(limit + 1)
    if len(raw) > limit:
        raise TooLarge(f"The body is larger than {limit} bytes.")
    return read_json(raw)


def answer(body: Any, *, status: int = 200) -> HttpResponse:
    content = orjson.dumps(body, option=orjson.OPT_UTC_Z)
    return HttpResponse(content, status=status, content_type="application/json")
