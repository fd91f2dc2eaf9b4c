"""CSV for people, who open it in a spreadsheet."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

# What a spreadsheet would take for a formula; some look past spaces, and some read the full-width signs too.
_FORMULA = re.compile(r"^\s*[=+\-@＝＋－＠]|^[\t\r\n]")


class _Echo:
    """A file whose writes are its answers: one CSV line each."""

    def write(self, line: str) -> str:
        return line


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """A header and the rows, a line at a time; no text of theirs is a formula."""
    writer = csv.writer(_Echo())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow(
            [f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value for value in row]
        )
