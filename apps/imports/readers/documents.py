"""Objects out of a file of JSON: one array of them, or one a line, whichever the file begins with.

Other programs export an array, and people turn it into lines. An array's items are numbered by their place,
from 1; lines by their line. An item is cut out of the array and read as a line is: one that is broken or too
long is named and left, and the next is read.
"""

import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from apps.core.domain.errors import RuleBroken

from .chunks import BrokenOff, Unreadable
from .jsonl import json_row, jsonl_rows
from .row import ROW_BYTES_MAX, Row, bad_row, too_long

_BOM = b"\xef\xbb\xbf"
_TOKEN = re.compile(rb'["\[\]{},]')
# Inside a string: all before its end, or before a backslash that is the chunk's last byte.
_TO_THE_QUOTE = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
# Inside an item: whole strings and all else up to a bracket, or to a string that the chunk does not end.
_TO_A_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+', re.DOTALL)
_QUOTE, _BACKSLASH = b'"\\'
_OPEN, _CLOSE = frozenset(b"[{"), frozenset(b"]}")


# What an object means: import lines, and between them what had to be left out of it.
Shape = Callable[[Any], Iterator[dict[str, Any] | RuleBroken]]


def shaped_rows(chunks: Iterator[bytes], after: int, shape: Shape) -> Iterator[Row]:
    """The rows that each object becomes, all under the object's number. One that is refused stays refused whole."""
    for row in document_rows(chunks, after):
        if row.problem is not None:
            yield row
            continue
        try:
            found = list(shape(row.value))
        except RuleBroken as broken:
            found = [broken]
        for index, one in enumerate(found):
            if isinstance(one, RuleBroken):
                yield Row(row.number, problem=one)
            else:
                yield Row(row.number, one, size=0 if index else row.size)


def object_of(value: Any, where: str = "line") -> dict[str, Any]:
    """`value` itself when it is a JSON object. Raises RuleBroken that names `where`."""
    if not isinstance(value, dict):
        raise RuleBroken(f"{where}: a JSON object is needed.", field=where)
    return value


def document_rows(chunks: Iterator[bytes], after: int = 0) -> Iterator[Row]:
    """One row for each object.

    Raises BrokenOff where an array ends too early, Unreadable where something follows it.
    """
    first, chunks = _first_byte(chunks)
    return _array_rows(chunks, after) if first == b"[" else jsonl_rows(chunks, after)


def _first_byte(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first byte that is no space, and all chunks: from that byte on when it opens an array."""
    for index, chunk in enumerate(chunks):
        text = (chunk if index else chunk.removeprefix(_BOM)).lstrip()
        if text:
            first = text[:1]
            return first, chain([text if first == b"[" else chunk], chunks)
    return b"", iter(())


def _array_rows(chunks: Iterator[bytes], after: int) -> Iterator[Row]:
    number = 0
    for number, item in enumerate(_items(chunks), start=1):
        if number <= after:
            continue
        if item is None:
            yield too_long(number)
        elif item:
            yield json_row(number, item)
        else:
            yield bad_row(number, "line: nothing stands between two commas.", "not_json")


def _items(chunks: Iterator[bytes]) -> Iterator[bytes | None]:
    """What stands between the array's own commas, stripped; None for what is too long, dropped as it arrives."""
    pieces, size, number, last = list[bytes](), 0, 0, False
    for piece, ends, last in _pieces(chunks):
        size += len(piece)
        if size <= ROW_BYTES_MAX:
            pieces.append(piece)
        else:
            pieces.clear()
        if ends:
            item = None if size > ROW_BYTES_MAX else b"".join(pieces).strip()
            if item or not last or number:  # [] has no item at all
                yield item
            pieces, size, number = [], 0, number + 1
    if not last:
        raise BrokenOff(f"The JSON array is cut off, or a bracket is missing, in item {number + 1}.")


def _pieces(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, bool, bool]]:
    """Bytes inside the array, whether an item ends with them, and whether the array does.

    Brackets are only counted: what does not fit together is found when the item is read.
    """
    depth, quoted, escaped = 0, False, False
    for chunk in chunks:
        begin, at = 0, int(escaped and bool(chunk))
        escaped = escaped and not chunk
        while True:
            if quoted:
                at = _TO_THE_QUOTE.match(chunk, at).end()  # type: ignore[union-attr]  # it matches nothing, too
                if at == len(chunk):
                    break
                quoted, escaped, at = False, chunk[at] == _BACKSLASH, at + 1
                if escaped:  # the chunk's last byte
                    quoted = True
                    break
            if depth > 1:
                at = _TO_A_BRACKET.match(chunk, at).end()  # type: ignore[union-attr]
            found = _TOKEN.search(chunk, at)
            if found is None:
                break
            token, at = chunk[found.start()], found.end()
            if token == _QUOTE:
                quoted = True
            elif token in _OPEN:
                depth += 1
                if depth == 1:
                    begin = at
            elif token in _CLOSE:
                depth -= 1
                if not depth:
                    yield chunk[begin : at - 1], True, True
                    _nothing_more(chain([chunk[at:]], chunks))
                    return
            elif depth == 1:
                yield chunk[begin : at - 1], True, False
                begin = at
        yield chunk[begin:], False, False


def _nothing_more(chunks: Iterator[bytes]) -> None:
    if any(chunk.strip() for chunk in chunks):
        raise Unreadable("Something follows the end of the JSON array.")
