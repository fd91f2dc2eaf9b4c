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
    reader = csv.reader(_lines(chunks), strict=True)
    names = _header(reader, ours=line_of is None)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield too_long(number) if "limit" in str(error) else bad_row(number, f"line: not CSV: {error}.", "not_csv")
            continue
        if cells is None:
            return
        if number > after and any(cells):
            yield _row(number, names, cells, line_of or line_of_row)


def _header(reader: Iterator[list[str]], *, ours: bool) -> list[str]:
    try:
        names = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise Unreadable(f"The header line is not CSV: {error}.") from error
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


def _lines(chunks: Iterator[bytes]) -> Iterator[str]:
    """Physical lines with their ends; bytes that are no UTF-8 as half characters, to be named by row."""
    rest, first = b"", True
    for chunk in chunks:
        *ended, rest = (rest + chunk).split(b"\n")
        for line in ended:
            yield _text(line.removeprefix(_BOM) if first else line) + "\n"
            first = False
        if len(rest) > ROW_BYTES_MAX:
            raise Unreadable(f"A line is longer than {ROW_BYTES_MAX // 1024**2} MB.")
    if rest:
        yield _text(rest.removeprefix(_BOM) if first else rest)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "surrogateescape")
