"""What a reader yields."""

from dataclasses import dataclass
from typing import Any

from apps.core.domain.errors import RuleBroken

ROW_BYTES_MAX = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Row:
    """A line's JSON value, or why it has none. `size` is roughly its bytes."""

    number: int
    value: Any = None
    problem: RuleBroken | None = None
    size: int = 0


def bad_row(number: int, message: str, code: str, field: str = "line") -> Row:
    return Row(number, problem=RuleBroken(message, field=field, code=code))


def too_long(number: int) -> Row:
    return bad_row(number, f"line: longer than {ROW_BYTES_MAX // 1024**2} MB.", "line_too_long")
