"""SQL that puts JSON together: pieces of a line, each an expression whose text stands after the one before.

`to_json` of a text escapes what `orjson` escapes; jsonb is not canonical as text (its keys are ordered otherwise, it has
spaces), so it stands between two MARKs and is put right on the way. Neither MARK nor GAP can be in a JSON text as they are.
"""

from collections.abc import Mapping

MARK, GAP, QUOTE = b"\x1e", b"\x1f", b"\x01"
_MARK = r"E'\x1e'"
# PostgreSQL takes 100 arguments.
_MOST_ARGUMENTS = 90


class Long(str):
    """An expression whose value is long: a column of its own, so that it is not copied once more."""


Value = list[str]


def word(column: str) -> Value:
    """A text, or null."""
    return [f"coalesce(to_json({column})::text, 'null')"]


def quoted(column: str) -> Value:
    """A value that needs no escapes: a uuid, one of a few known words."""
    return ["'\"'", column, "'\"'"]


def bare(column: str) -> Value:
    """A number or a boolean, or null."""
    return [f"coalesce({column}::text, 'null')"]


def array(column: str) -> Value:
    """An array, or null."""
    return [f"coalesce(array_to_json({column})::text, 'null')"]


def free(column: str) -> Value:
    """jsonb, or null."""
    return [_MARK, f"coalesce({column}::text, 'null')", _MARK]


def rarely(column: str) -> Value:
    """jsonb that mostly is null."""
    return [f"CASE WHEN {column} IS NULL THEN 'null' ELSE concat({_MARK}, {column}, {_MARK}) END"]


def json_object(fields: Mapping[str, Value]) -> Value:
    """A JSON object of these values: SQL expressions whose texts stand one after the other, in the order of the keys."""
    pieces: Value = []
    for number, name in enumerate(sorted(fields)):
        pieces += [f"""'{"," if number else "{"}"{name}":'""", *fields[name]]
    return [*pieces, "'}'"]


def joined(pieces: Value) -> str:
    return f"concat({', '.join(pieces)})"


def json_list(of: str, order: str) -> str:
    return f"'[' || coalesce(string_agg({of}, ',' ORDER BY {order}), '') || ']'"


def copy_of(fields: Mapping[str, Value], source: str) -> str:
    """The COPY that writes a line with these fields for each row of `source`, in the order of `item.place`."""
    columns = ", ".join(_columns(json_object(fields)))
    return (
        f"COPY (SELECT {columns} {source} ORDER BY item.place) TO STDOUT "
        r"(FORMAT csv, DELIMITER E'\x1f', QUOTE E'\x01', ESCAPE E'\x01')"
    )


def _columns(pieces: Value) -> Value:
    """The pieces as columns; what is short shares one."""
    columns: Value = []
    short: Value = []
    for piece in [*pieces, Long("")]:
        if isinstance(piece, Long) or len(short) == _MOST_ARGUMENTS:
            columns += [joined(short)] if short else []
            short = []
        if isinstance(piece, Long):
            columns += [piece] if piece else []
        else:
            short.append(piece)
    return columns
