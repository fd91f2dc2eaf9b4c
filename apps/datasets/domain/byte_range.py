"""The Range header of a download (RFC 9110, section 14): one range, or the whole file."""

import re

_ONE = re.compile(r"bytes=([0-9]*)-([0-9]*)")
# Longer than the size of any file; Python refuses to read numbers of thousands of digits.
_DIGITS = 20


class NotSatisfiable(Exception):
    """The range begins behind the file's end."""


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte (both included), or None where the whole file is the answer.

    Several ranges, other units and nonsense count as no range, as the RFC allows.
    """
    match = _ONE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = (_number(digits) for digits in match.groups())
    if first is None:  # the last so many bytes
        length = min(last or 0, size)
        if not length:
            raise NotSatisfiable
        return size - length, size - 1
    if last is not None and last < first:
        return None
    if first >= size:
        raise NotSatisfiable
    return first, size - 1 if last is None else min(last, size - 1)


def _number(digits: str) -> int | None:
    """None where nothing stands; one that is longer than any file's size is only that."""
    return int(digits.lstrip("0")[:_DIGITS] or "0") if digits else None
