"""Rows of a file as checked import lines."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from apps.core.domain.errors import RuleBroken

from ..domain.line import ImportLine, parse_line
from ..domain.plain_line import plain_line
from ..readers import Row


@dataclass(slots=True)
class Lines:
    """By number, in the file's order: the good ones, and what is wrong with the others."""

    lines: list[tuple[int, ImportLine]] = field(default_factory=list)
    broken: list[tuple[int, RuleBroken]] = field(default_factory=list)

    def without(self, numbers: set[int]) -> "Lines":
        if not numbers:
            return self
        return Lines(
            [one for one in self.lines if one[0] not in numbers], [one for one in self.broken if one[0] not in numbers]
        )


def lines_of(rows: Iterable[Row]) -> Lines:
    found = Lines()
    for row in rows:
        try:
            if row.problem is not None:
                raise row.problem
            value = row.value
            found.lines.append((row.number, plain_line(value) or parse_line(value)))
        except RuleBroken as broken:
            # Without its frames: one of them is this, which holds `found`, and no collector opens the circle.
            found.broken.append((row.number, broken.with_traceback(None)))
    return found
