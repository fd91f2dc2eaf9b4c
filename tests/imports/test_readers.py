"""Files as rows: formats, packing, and everything that can be wrong with bytes."""

import csv
import gzip
import io
import json
import tracemalloc
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.errors import RuleBroken
from apps.imports.domain.line import parse_line
from apps.imports.domain.upload import FileKind, kind_of_file
from apps.imports.readers import BrokenOff, Unreadable, file_rows, plain_chunks, stream_chunks
from apps.imports.readers.row import ROW_BYTES_MAX

GIGABYTE = 1024**3


def pieces(data: bytes, size: int = 7):
    return (data[start : start + size] for start in range(0, len(data), size))


def rows(data: bytes, format: str = "jsonl", *, size: int = 7, gzipped: bool = False, after: int = 0):
    plain = plain_chunks(pieces(data, size), gzipped=gzipped, limit=GIGABYTE)
    return list(file_rows(format, plain, after=after))


def table(*records: dict) -> bytes:
    out = io.StringIO()
    names = list(dict.fromkeys(name for record in records for name in record))
    writer = csv.DictWriter(out, names)
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue().encode()


def test_jsonl_lines_are_numbered_and_blank_ones_left_out():
    found = rows(b'\xef\xbb\xbf{"a": 1}\r\n\n  \n{"a": 2}')
    assert [(row.number, row.value) for row in found] == [(1, {"a": 1}), (4, {"a": 2})]


@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3), max_size=6), st.integers(1, 50))
def test_chunks_may_fall_anywhere(values, size):
    data = b"\n".join(json.dumps(value).encode() for value in values)
    assert [row.value for row in rows(data, size=size)] == values
    assert [row.value for row in rows(gzip.compress(data), size=size)] == values


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'{"a": ', "not_json"),
        (b"nonsense", "not_json"),
        (b'{"a": NaN}', "not_json"),
        (b'{"a": "\xff\xfe"}', "not_utf8"),
        (b"[" * 5000, "not_json"),
    ],
)
def test_a_broken_line_is_named_and_the_next_is_read(line, code):
    bad, good = rows(line + b'\n{"a": 1}', size=1000)
    assert (bad.number, bad.problem.code) == (1, code)
    assert (good.number, good.value) == (2, {"a": 1})


def test_a_broken_line_says_where_in_it():
    """The parser counts lines too, and its "line 1" would stand beside the file's own number."""
    (bad,) = rows(b'\n\n{"prompt": "oops"\n')
    assert (bad.number, str(bad.problem)) == (3, "line: not JSON: unexpected end of data, at character 18.")


def test_a_file_that_is_one_array_says_what_it_needs():
    (row,) = rows(b'[{"prompt": "Hi"}]\n')
    with pytest.raises(RuleBroken, match="not an array; where the whole file is one array, say its format"):
        parse_line(row.value)


def test_half_a_character_reaches_the_check_that_names_its_field():
    (row,) = rows(b'{"prompt": "\\ud800"}')
    assert row.value == {"prompt": "\ud800"}


def test_a_line_that_is_too_long_is_dropped_as_it_arrives():
    long = b'{"a": "' + b"x" * (ROW_BYTES_MAX + 1) + b'"}\n{"a": 1}\n'
    bad, good = rows(long, size=1 << 20)
    assert bad.problem.code == "line_too_long"
    assert good.number == 2


def test_reading_keeps_no_more_than_a_row_in_memory():
    def endless():
        for _ in range(200):
            yield b'{"a": "' + b"x" * 100_000 + b'"}\n'

    tracemalloc.start()
    assert sum(1 for _ in file_rows("jsonl", endless())) == 200
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000  # of 20 MB


def test_gzip_by_its_magic_alone_and_in_several_members():
    packed = gzip.compress(b'{"a": 1}\n') + gzip.compress(b'{"a": 2}\n') + b"\0\0"
    assert [row.value["a"] for row in rows(packed)] == [1, 2]


def test_a_truncated_gzip_gives_what_came_and_then_says_so():
    packed = gzip.compress(b"".join(b'{"a": %d}\n' % n for n in range(5000)))
    stream = file_rows("jsonl", plain_chunks(pieces(packed[: len(packed) // 2], 500), gzipped=True, limit=GIGABYTE))
    found = []

    def read_all():
        for row in stream:
            found.append(row.value["a"])

    with pytest.raises(BrokenOff, match="cut off"):
        read_all()
    assert found
    assert found == list(range(len(found)))


def test_damaged_gzip():
    packed = bytearray(gzip.compress(b'{"a": 1}\n' * 1000))
    packed[20:40] = b"\xff" * 20
    with pytest.raises(BrokenOff, match="damaged"):
        rows(bytes(packed))


def test_said_to_be_gzip_but_is_not():
    with pytest.raises(Unreadable, match="not"):
        rows(b'{"a": 1}', gzipped=True)


def test_a_bomb_meets_the_limit():
    bomb = gzip.compress(b"\n" * 10_000_000)
    with pytest.raises(BrokenOff, match="more than"):
        list(plain_chunks(pieces(bomb, 1000), gzipped=True, limit=1_000_000))


def test_an_upload_that_ends_early():
    stream = stream_chunks(io.BytesIO(b"abc"), expected=10)
    assert next(stream) == b"abc"
    with pytest.raises(BrokenOff, match="3 of 10"):
        next(stream)


def test_rows_up_to_the_last_line_are_left_out():
    data = b'{"a": 1}\n{"a": 2}\n{"a": 3}\n'
    assert [row.number for row in rows(data, after=2)] == [3]


def test_csv_columns():
    data = table(
        {"prompt_id": "p", "prompt": "Hi,\n\"you\"?", "completion_1": "x", "model_1": "a", "completion_2": "", "model_2": "b",
         "completion_3": "", "labeler": "ann", "ranks": "1,2", "source": '{"row": 1}', "sensitive": "true", "notes": "n"},
        {"prompt": "Bye?", "completion_1": "one"},
    )  # fmt: skip

    first, second = rows(data, "csv")

    assert first.value == {
        "prompt_id": "p", "prompt": "Hi,\n\"you\"?", "sensitive": True, "source": {"row": 1}, "notes": "n",
        "completions": [{"text": "x", "model": "a", "id": None}, {"text": "", "model": "b", "id": None}],
        "rankings": [{"labeler": "ann", "ranks": [1, 2]}],
    }  # fmt: skip
    assert second.value["completions"] == [{"text": "one", "model": None, "id": None}]
    assert (first.number, second.number) == (2, 4)
    assert parse_line(first.value).metadata == {"notes": "n"}


def test_csv_with_json_cells():
    data = table(
        {"messages": '[{"role": "user", "content": "Hi"}]', "completions": '[{"text": "x"}]', "metadata": '{"a": 1}'}
    )
    (row,) = rows(data, "csv", size=1000)
    assert parse_line(row.value).completions[0].text == "x"


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ({"prompt": "a", "ranks": "one,two", "labeler": "x"}, "ranks"),
        ({"prompt": "a", "completions": "{"}, "completions"),
        ({"prompt": "a", "completions": "[]", "completion_1": "x"}, "completions"),
        ({"prompt": "a", "rankings": "[]", "ranks": "1", "labeler": "x"}, "rankings"),
    ],
)
def test_cells_that_make_no_line(cells, field):
    (row,) = rows(table(cells), "csv")
    assert row.problem.field == field


def test_csv_bytes_that_are_no_utf8_and_too_many_cells():
    bad, wide, good = rows(b"prompt\n\xff\na,b\nok\n", "csv")
    assert bad.problem.code == "not_utf8"
    assert wide.problem.code == "not_csv"
    assert good.value == {"prompt": "ok"}


@pytest.mark.parametrize("data", [b"", b"question\nHi\n", b"prompt,prompt\na,b\n"])
def test_csv_without_its_columns(data):
    with pytest.raises(Unreadable, match="header"):
        rows(data, "csv")


def parquet(records: list[dict]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(records), out)
    return out.getvalue()


def test_parquet_nested_and_flat():
    nested = {
        "messages": [{"role": "user", "content": "Hi"}],
        "completions": [{"id": None, "model": "a", "text": ""}],
        "n": 1,
    }
    (row,) = rows(parquet([nested]), "parquet", size=1000)
    assert parse_line(row.value).completions[0].text == ""
    assert parse_line(row.value).metadata == {"n": 1}
    (flat,) = rows(parquet([{"prompt": "Hi", "completion_1": "x"}]), "parquet", size=1000)
    assert parse_line(flat.value).completions[0].text == "x"


def test_parquet_ids_and_flags_may_be_whole_numbers():
    record = {"prompt_id": 17, "source_key": 4, "sensitive": 1, "prompt": "Hi", "labeler": 5, "ranks": [1, 2]}
    (row,) = rows(
        parquet([record | {f"{name}_{n}": n for name in ("id", "model") for n in (1, 2)}]), "parquet", size=1000
    )
    line = parse_line(row.value)
    assert (line.external_id, line.source_key, line.sensitive, line.rankings[0].labeler) == ("17", "4", True, "5")
    assert [(each.id, each.model) for each in line.completions] == [("1", "1"), ("2", "2")]


def test_a_parquet_text_that_is_a_number_is_no_text():
    (row,) = rows(parquet([{"prompt": 1, "completion_1": 2}]), "parquet", size=1000)
    with pytest.raises(RuleBroken, match="prompt: a text is needed"):
        parse_line(row.value)


def test_a_parquet_date_is_metadata_but_no_prompt():
    day, moment = date(2026, 1, 2), datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    (row,) = rows(parquet([{"prompt": "Hi", "day": day, "asked_at": moment}]), "parquet", size=1000)
    assert parse_line(row.value).metadata == {"day": "2026-01-02", "asked_at": "2026-01-02T03:04:00+00:00"}
    (row,) = rows(parquet([{"prompt": day}]), "parquet", size=1000)
    with pytest.raises(RuleBroken, match="prompt: a text is needed"):
        parse_line(row.value)


def test_parquet_rows_can_be_resumed():
    data = parquet([{"prompt": f"Question {n}"} for n in range(500)])
    assert [row.number for row in rows(data, "parquet", size=1000, after=450)] == list(range(451, 501))


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_a_parquet_time_that_python_cannot_hold_is_a_bad_row(unit):
    times = pa.array([None, 2**63 - 1], pa.int64()).cast(pa.timestamp(unit))
    out = io.BytesIO()
    pq.write_table(pa.table({"prompt": ["Hi", "Bye"], "at": times}), out)
    good, bad = rows(out.getvalue(), "parquet", size=1000)
    assert good.value == {"prompt": "Hi"}
    assert (bad.number, bad.problem.code) == (2, "unreadable_value")


@pytest.mark.parametrize("data", [b"PAR1 not really", parquet([{"question": "a"}])])
def test_no_parquet(data):
    with pytest.raises(Unreadable):
        rows(data, "parquet")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"filename": "a.jsonl.gz"}, FileKind("jsonl", True)),
        ({"filename": "A.CSV"}, FileKind("csv", False)),
        ({"media_type": "text/csv", "encoding": "gzip"}, FileKind("csv", True)),
        ({"filename": "a.jsonl", "media_type": "application/octet-stream"}, FileKind("jsonl", False)),
        ({"format": "parquet", "filename": "a.csv"}, FileKind("parquet", False)),
        ({"filename": "a.txt", "media_type": "text/plain"}, None),
    ],
)
def test_what_a_sender_says(said, kind):
    assert kind_of_file(**said) == kind
