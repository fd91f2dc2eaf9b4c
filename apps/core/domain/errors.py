"""What can be wrong with a request, as exceptions that carry a sentence.

Services raise these; the page and the API each have one place that answers them
(`apps.core.middleware`, `apps.core.api`). `code` is stable, `message` is for people.
"""

from typing import Any


class DomainError(Exception):
    """A request that cannot be carried out, and why. `status` is the HTTP status of the answer."""

    status = 400
    code = "malformed"

    def __init__(self, message: str, *, code: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.details = details


class Malformed(DomainError):
    """Not even readable: broken JSON, a wrong type."""


class Forbidden(DomainError):
    """Known, and not allowed: suspended, or the wrong role."""

    status, code = 403, "forbidden"


class NotFound(DomainError):
    """Does not exist, or is not yours to know of: the answer is the same."""

    status, code = 404, "not_found"


class Conflict(DomainError):
    """Another request came first."""

    status, code = 409, "conflict"


class Gone(DomainError):
    """Known, but not here any more."""

    status, code = 410, "gone"


class TooLarge(DomainError):
    status, code = 413, "too_large"


class RuleBroken(DomainError):
    """Readable, but against a rule. Names the field and the rule."""

    status, code = 422, "rule_broken"

    def __init__(self, message: str, *, field: str, code: str | None = None, **details: Any) -> None:
        super().__init__(message, code=code, field=field, **details)
        self.field = field
