"""How much a Parquet column may hold once it is unpacked, told before it is.

A column of texts mostly is a dictionary and numbers into it. So a file of a kilobyte can say a megabyte a million times,
and reading a batch of rows would lay all of it down. Such a column is read as it is packed, and its rows are measured
one by one; a chunk that could not even be held packed is refused. What honest writers make of long texts, a dictionary
of about a megabyte with plain texts behind it, is read as usual: packed, all of it would become one dictionary. A
chunk that only looks so, numbers into a small dictionary for one endless row before plain texts, is not seen through.
"""

import re
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc

from .chunks import Unreadable

# What a batch of rows may take of memory, and a chunk of a column that is read as it is packed.
UNPACKED_MAX = 256 * 1024 * 1024
PACKED_MAX = 64 * 1024 * 1024
# Writers begin plain texts where a dictionary passes about a megabyte; the number of an entry takes four bytes at most,
# and where in its list a value is, less.
MIXED_MAX = 4 * 1024 * 1024
_NUMBER_BYTES = 8
_HEADERS_BYTES = 64 * 1024
_HEADER = 32  # the first fields of a page's header
# Each says that it is the next field and a 32-bit number, then the number.
_FIELDS = re.compile(rb"\x15([\x80-\xff]*[\x00-\x7f])\x15([\x80-\xff]*[\x00-\x7f])")
_DICTIONARY_PAGE = 2


def packed_columns(metadata: Any, file: IO[bytes], batch: int) -> list[str]:
    """The columns to read as they are packed. Raises Unreadable where no way of reading is small enough."""
    found = set[str]()
    first_row = 1
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for column in map(group.column, range(group.num_columns)):
            if column.physical_type != "BYTE_ARRAY":
                continue
            nested = "." in column.path_in_schema
            # One row of a list may hold all there is.
            values = column.num_values if nested else min(batch, column.num_values)
            dictionary = _dictionary_bytes(column, file)
            numbers = _NUMBER_BYTES * column.num_values + _HEADERS_BYTES
            has_plain_values = column.total_uncompressed_size > dictionary + numbers
            if values * dictionary <= UNPACKED_MAX or (has_plain_values and dictionary <= MIXED_MAX):
                continue
            if column.total_uncompressed_size <= PACKED_MAX and dictionary <= PACKED_MAX:
                found.add(column.path_in_schema)
            elif not nested or dictionary > PACKED_MAX:
                raise Unreadable(
                    f"Row {first_row}: from here on the column {column.path_in_schema} would unpack to more than "
                    f"{UNPACKED_MAX // 1024**2} MB at once; write the file anew, with smaller row groups."
                )
        first_row += group.num_rows
    return sorted(found)


def unpacked_bytes(values: Any) -> int:
    """How many bytes an array's values have unpacked, packed or not."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        if pa.types.is_primitive(kind.value_type):
            return int(values.nbytes)
        return pc.sum(pc.binary_length(values.dictionary).take(values.indices)).as_py() or 0
    if pa.types.is_struct(kind):
        return sum(unpacked_bytes(inner) for inner in values.flatten())
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return unpacked_bytes(values.flatten())
    return int(values.nbytes)


def _dictionary_bytes(column: Any, file: IO[bytes]) -> int:
    """The size of a column chunk's dictionary, unpacked, by the header of its first page; 0 where it has none."""
    starts = [column.data_page_offset, column.dictionary_page_offset if column.has_dictionary_page else None]
    file.seek(min(start for start in starts if start))
    kind, size = _first_numbers(file.read(_HEADER))
    return size if kind == _DICTIONARY_PAGE else 0


def _first_numbers(header: bytes) -> tuple[int, int]:
    """Of a page's header the kind and the size unpacked: its first two fields, in Thrift's compact protocol. One that
    does not begin so is held for the largest dictionary there can be."""
    fields = _FIELDS.match(header)
    if fields is None:
        return _DICTIONARY_PAGE, UNPACKED_MAX
    return _number(fields[1]), _number(fields[2])


def _number(varint: bytes) -> int:
    """Seven bits a byte, the lowest first, and the lowest of all is the sign."""
    found = sum((byte & 0x7F) << 7 * place for place, byte in enumerate(varint))
    return (found >> 1) ^ -(found & 1)
