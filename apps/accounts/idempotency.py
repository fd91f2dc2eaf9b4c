"""`Idempotency-Key`: a call that creates, sent twice because an answer got lost, creates once.

The key, the deed and the answer are one transaction: a crash leaves all of it or nothing. A second request with the
key waits for the first (the key is unique) and gets its answer. What was refused is not kept: nothing was done.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.db import OperationalError, connection, transaction
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.domain.canonical import canonical_json
from apps.core.domain.errors import Conflict, RuleBroken

from .authentication import caller
from .models import IdempotencyKey, User
from .services import idempotency_begin, idempotency_finish

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)
WAIT_SECONDS = 20

View = TypeVar("View", bound=APIView)
Handler = Callable[..., Response]


class Unfinished(Response):
    """An answer to a deed that broke off. It is not kept: the same call, sent again, does the rest."""


def idempotent(handler: Handler) -> Handler:
    """For a `post` that creates in one transaction. Put it below `extend_schema`: the document then names the header."""

    @wraps(handler)
    def wrapped(view: APIView, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = _key_of(request)
        if key is None:
            return handler(view, request, *args, **kwargs)
        user, print_ = caller(request), _print_of(request, request.data)
        with transaction.atomic():
            with _patience():
                row = idempotency_begin(user=user, key=key, fingerprint=print_)
            if row.status is not None:
                return _again(row, print_)
            return _kept(row, handler(view, request, *args, **kwargs))

    wrapped.idempotent = True  # type: ignore[attr-defined]
    return wrapped


def idempotent_stream(handler: Handler) -> Handler:
    """For a `post` that commits as it reads, and whose deed is harmless to repeat: an import.

    Only one request with the key runs at a time; a crash keeps no answer, and the file may be sent again. The file
    itself is not read to compare: its address, size and type are.
    """

    @wraps(handler)
    def wrapped(view: APIView, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = _key_of(request)
        if key is None:
            return handler(view, request, *args, **kwargs)
        user = caller(request)
        said = [request.META.get(name, "") for name in ("CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_CONTENT_ENCODING")]
        said[1] = said[1].partition(";")[0]  # a form's boundary is another each time
        print_ = _print_of(request, said)
        with _alone(user, key):
            row = IdempotencyKey.objects.filter(user=user, key=key, status__isnull=False).first()
            if row is not None:
                return _again(row, print_)
            answer = handler(view, request, *args, **kwargs)
            if isinstance(answer, Unfinished):
                return answer
            with transaction.atomic():
                return _kept(idempotency_begin(user=user, key=key, fingerprint=print_), answer)

    wrapped.idempotent = True  # type: ignore[attr-defined]
    return wrapped


def _key_of(request: Request) -> str | None:
    key = request.headers.get(HEADER)
    if key is not None and not _KEY.fullmatch(key):
        raise RuleBroken(
            f"{HEADER}: 1 to 200 printable ASCII characters without spaces are needed.",
            field=HEADER, code="idempotency_key_unreadable",
        )  # fmt: skip
    return key


def _print_of(request: Request, said: Any) -> str:
    """What the call asks for, as a hash that tells nothing: a body may hold a password."""
    query = sorted(request.query_params.lists())
    text = canonical_json([request.method, request.path, query, said])
    return hmac.new(settings.SECRET_KEY.encode(), text, hashlib.sha256).hexdigest()


def _again(row: IdempotencyKey, print_: str) -> Response:
    """The stored answer, for the same call."""
    if row.fingerprint != print_:
        raise RuleBroken(
            f"{HEADER}: this key came with another call before; take a new one for each thing you do.",
            field=HEADER, code="idempotency_key_reused",
        )  # fmt: skip
    return Response(row.answer, status=row.status, headers={"Idempotency-Replayed": "true"})


def _kept(row: IdempotencyKey, answer: Response) -> Response:
    idempotency_finish(row=row, status=answer.status_code, answer=JSONRenderer().render(answer.data))
    return answer


@contextmanager
def _patience() -> Iterator[None]:
    """Wait a while for whoever came first with this key, then say that they are still at it.

    For the key alone: what the deed itself waits for is another matter.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        (usual,) = cursor.fetchone()
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{WAIT_SECONDS}s"])
        try:
            yield
        except OperationalError as error:
            if "lock timeout" not in str(error):
                raise
            raise _busy() from error
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [usual])


@contextmanager
def _alone(user: User, key: str) -> Iterator[None]:
    """Hold the key for as long as this connection works on it; PostgreSQL lets go of it when the process dies."""
    number = int.from_bytes(hashlib.sha256(f"idempotency:{user.pk}:{key}".encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise _busy()
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [number])


def _busy() -> Conflict:
    return Conflict(
        f"{HEADER}: a request with this key is still being worked on; ask again soon.", code="idempotency_key_in_use"
    )
