"""The Range header of a download (RFC 9110, section 14): one range, or the whole file."""

import re

_ONE = re.compile(r"bytes=(\d*)-(\d*)")


class NotSatisfiable(Exception):
    """The range begins behind the file's end."""


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte (both included), or None where the whole file is the answer.

    Several ranges, other units and nonsense count as no range, as the RFC allows.
    """
    match = _ONE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:  # the last so many bytes
        length = min(int(last), size)
        if not length:
            raise NotSatisfiable
        return size - length, size - 1
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise NotSatisfiable
    return int(first), min(int(last), size - 1) if last else size - 1
