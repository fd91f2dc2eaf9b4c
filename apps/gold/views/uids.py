"""Uids that come in a query, where no path converter looks at them."""

from uuid import UUID

from apps.core.domain.errors import NotFound


def uid_of(given: str) -> UUID:
    """Raises NotFound where it is none: there is nothing of that name."""
    try:
        return UUID(given)
    except ValueError:
        raise NotFound("There is nothing of that uid in this project.") from None
