"""Identifiers seen outside: random where a labeler sees them, time-ordered elsewhere."""

import os
import time
import uuid
from collections.abc import Iterator

from uuid_utils import compat

_COUNTER_BITS = 24


def random_uid() -> uuid.UUID:
    """A UUIDv4: says nothing about when or in what order."""
    return uuid.uuid4()


def ordered_uid() -> uuid.UUID:
    """A UUIDv7 (RFC 9562): later ones sort later, so exports read in order."""
    return compat.uuid7()


def ordered_uids(count: int) -> Iterator[bytes]:
    """`count` of them at once, ascending, by their sixteen bytes: a tenth of the time, for rows that are copied.

    One time for all; a counter from a random start keeps their order (RFC 9562, 6.2, method 1), and the rest is noise.
    """
    if count > 1 << _COUNTER_BITS - 1:
        raise ValueError(f"{count} are too many for one moment")
    high, middle, low, *start = os.urandom(6)
    version_and_variant = bytes([0x70 | high & 0x0F, middle, 0x80 | low & 0x3F])
    same = (time.time_ns() // 1_000_000).to_bytes(6, "big") + version_and_variant
    first, noise = int.from_bytes(start, "big") >> 1, os.urandom(4 * count)
    for number, at in zip(range(first, first + count), range(0, 4 * count, 4), strict=True):
        yield same + number.to_bytes(3, "big") + noise[at : at + 4]
