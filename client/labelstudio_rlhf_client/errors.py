"""What the server refuses, and what went wrong on the way, as exceptions that carry a sentence."""

from collections.abc import Mapping
from typing import Any


class Broken(Exception):
    """Anything this package raises."""


class Unreachable(Broken):
    """No answer, however often it was tried."""


class SnapshotFailed(Broken):
    """The server could not build it, or what arrived is not what it built."""


class ApiError(Broken):
    """An answer that says no. `code` is stable, `message` is a sentence, `details` may name the field."""

    def __init__(self, status: int, code: str, message: str, details: Mapping[str, Any]) -> None:
        super().__init__(f"{message} ({code})")
        self.status = status
        self.code = code
        self.message = message
        self.details = dict(details)

    @property
    def field(self) -> str | None:
        """Which field broke a rule, where one did."""
        field = self.details.get("field")
        return field if isinstance(field, str) else None


class Unauthenticated(ApiError):
    """401: no valid token."""


class Forbidden(ApiError):
    """403: suspended, not active yet, or the wrong role."""


class NotFound(ApiError):
    """404: does not exist, or is not yours to know of."""


class Conflict(ApiError):
    """409: another request came first. `code` says how: lease_lost, already_submitted, ..."""


class RuleBroken(ApiError):
    """422: readable, but against a rule."""


class TooMany(ApiError):
    """429: too many calls, even after waiting as long as the server asked for."""


_KINDS: dict[int, type[ApiError]] = {
    401: Unauthenticated, 403: Forbidden, 404: NotFound, 409: Conflict, 422: RuleBroken, 429: TooMany,
}  # fmt: skip


def error_of(status: int, body: Any) -> ApiError:
    """The exception for an answer, whatever its body is."""
    said = body.get("error") if isinstance(body, dict) else None
    said = said if isinstance(said, dict) else {}
    kind = _KINDS.get(status, ApiError)
    details = said.get("details")
    return kind(
        status, str(said.get("code") or f"http_{status}"), str(said.get("message") or f"The server answered {status}."),
        details if isinstance(details, dict) else {},
    )  # fmt: skip
