"""Two requests at once: the constraint lets one through, the other is told so instead of a crash."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from .domain.errors import Conflict


@contextmanager
def conflict_where(constraint: str, conflict: Conflict) -> Iterator[None]:
    """Raise `conflict` when the block breaks the constraint of that name; the block alone is undone."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if constraint in str(error):
            raise conflict from error
        raise
