"""The id of the request or job in hand, for logs and the audit trail."""

import uuid
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("request_id", default="-")


def current() -> str:
    return _current.get()


def begin(given: str | None = None) -> str:
    """Start a request or job. A caller's id is kept when it is short and plain."""
    usable = given and len(given) <= 64 and given.replace("-", "").isalnum()
    request_id = given if usable and given else uuid.uuid4().hex
    _current.set(request_id)
    return request_id
