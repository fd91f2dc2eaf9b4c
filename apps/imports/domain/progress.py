"""How far an import is, how quick, and how long it will still take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """`share` is 0 to 1 of the file; each is None while it cannot be known."""

    share: float | None
    lines_per_second: float | None
    seconds_left: float | None


def progress_of(*, size: int | None, read: int, lines: int, lines_now: int, seconds: float | None) -> Progress:
    """Of a file of `size` bytes: `read` of them held its first `lines`, `lines_now` of which this run did in `seconds`.

    What is left takes as long as lines like those so far, at this run's speed: it may have begun in the middle.
    """
    share = min(1.0, read / size) if size and read else None
    rate = lines_now / seconds if seconds and lines_now else None
    left = lines * (1 - share) / share / rate if share and rate else None
    return Progress(share, rate, left)
