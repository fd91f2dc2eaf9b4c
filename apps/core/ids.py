"""Identifiers seen outside: random where a labeler sees them, time-ordered elsewhere."""

import uuid

from uuid_utils import compat


def random_uid() -> uuid.UUID:
    """A UUIDv4: says nothing about when or in what order."""
    return uuid.uuid4()


def ordered_uid() -> uuid.UUID:
    """A UUIDv7 (RFC 9562): later ones sort later, so exports read in order."""
    return compat.uuid7()
