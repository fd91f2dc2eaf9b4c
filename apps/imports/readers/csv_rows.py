"""CSV: comma, double quotes, UTF-8, a header line. `table.py` says what the columns mean."""

import csv
from collections.abc import Iterator

from apps.core.domain.errors import RuleBroken

from .chunks import Unreadable
from .row import ROW_BYTES_MAX, Row, bad_row, too_long
from .table import LineOf, line_of_row

# The module's own limit of 128 kB is smaller than a long conversation.
csv.field_size_limit(ROW_BYTES_MAX)
_BOM = b"\xef\xbb\xbf"


def csv_rows(chunks: Iterator[bytes], after: int = 0, line_of: LineOf | None = None) -> Iterator[Row]:
    """One row for each record under the header that is not blank. `line_of` reads other columns than ours."""
    lines = _Lines(chunks)
    reader = csv.reader(lines, strict=True)
    names = _header(reader, lines, ours=line_of is None)
    while True:
        number = reader.line_num + 1
        lines.begin_record()
        try:
            cells = next(reader, None)
        except csv.Error as error:
            if lines.dropped or "limit" in str(error):
                yield too_long(number)
            else:
                yield bad_row(number, f"line: not CSV: {error}.", "not_csv")
            continue
        if cells is None:
            return
        if number <= after:
            continue
        if lines.dropped:
            yield too_long(number)
        elif any(cells):
            yield _row(number, names, cells, line_of or line_of_row)


def _header(reader: Iterator[list[str]], lines: "_Lines", *, ours: bool) -> list[str]:
    try:
        names = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise Unreadable(f"The header line is not CSV: {error}.") from error
    if lines.dropped:
        raise Unreadable(f"The header line is longer than {ROW_BYTES_MAX // 1024**2} MB.")
    if ours and not {"prompt", "messages"} & set(names):
        raise Unreadable("The header line names no column prompt or messages.")
    if len(set(names)) < len(names):
        raise Unreadable("The header line names a column twice.")
    return names


def _row(number: int, names: list[str], cells: list[str], line_of: LineOf) -> Row:
    size = sum(map(len, cells))
    if size > ROW_BYTES_MAX:
        return too_long(number)
    if len(cells) > len(names):
        return bad_row(number, f"line: {len(cells)} cells under {len(names)} columns.", "not_csv")
    if any("\udc80" <= character <= "\udcff" for cell in cells for character in cell if character >= "\ud800"):
        return bad_row(number, "line: not UTF-8.", "not_utf8")
    try:
        return Row(number, line_of(dict(zip(names, cells, strict=False))), size=size)
    except RuleBroken as broken:
        return Row(number, problem=broken)


class _Lines:
    """Physical lines with their ends; bytes that are no UTF-8 as half characters, to be named by row.

    One that is too long is dropped as it arrives. In its place comes a line that leaves the reader inside or outside
    of quotes as that one would have, and `dropped` says that the record is not whole.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._lines = _ended_lines(chunks)
        self._first = True
        self.dropped = False

    def begin_record(self) -> None:
        self.dropped = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line, quotes = next(self._lines)
        first, self._first = self._first, False
        if line is not None:
            return (line.removeprefix(_BOM) if first else line).decode("utf-8", "surrogateescape")
        self.dropped = True
        return '"\n' if quotes % 2 else "\n"


def _ended_lines(chunks: Iterator[bytes]) -> Iterator[tuple[bytes | None, int]]:
    """Each line with its end; None, and how many quotes it held, for one that is too long."""
    pieces, size, quotes = list[bytes](), 0, 0
    for chunk in chunks:
        *ended, last = chunk.split(b"\n")
        for piece in (*(piece + b"\n" for piece in ended), last):
            size += len(piece)
            pieces.append(piece)
            if size > ROW_BYTES_MAX:
                quotes += sum(one.count(b'"') for one in pieces)
                pieces = []
            if piece.endswith(b"\n"):
                yield (None if size > ROW_BYTES_MAX else b"".join(pieces)), quotes
                pieces, size, quotes = [], 0, 0
    if size:
        yield (None if size > ROW_BYTES_MAX else b"".join(pieces)), quotes
