"""Files as they should not be: a clear error, nothing half-visible, and the same file mended comes in."""

import gzip
import io
import json
import tracemalloc
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps.imports.models import Import
from apps.imports.readers import Unreadable, file_rows, stream_chunks
from apps.imports.readers.packed_columns import UNPACKED_MAX, packed_columns
from apps.imports.services.create import import_here
from apps.prompts.models import Completion, Prompt

GOOD = b'{"prompt": "Still there?"}\n'


def bring(project, data: bytes | Iterator[bytes], format: str = "jsonl", **fields) -> Import:
    chunks = stream_chunks(io.BytesIO(data)) if isinstance(data, bytes) else data
    return import_here(actor=None, project=project, chunks=chunks, format=format, **fields)


def wrong(imported: Import) -> list[tuple[int, str, str]]:
    return [(problem.line, problem.field, problem.code) for problem in imported.problems.order_by("line", "id")]


def prompts() -> list[str]:
    return [
        json.loads(messages)[-1]["content"]
        for messages in Prompt.objects.order_by("id").values_list("messages", flat=True)
    ]


def as_parquet(records: list[dict]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(records), out)
    return out.getvalue()


@pytest.mark.parametrize("from_disk", [False, True])
def test_a_line_of_200_mb_is_named_and_the_next_comes_in(project, from_disk):
    def endless() -> Iterator[bytes]:
        yield b'{"prompt": "'
        piece = b"x" * 1024 * 1024
        for _ in range(200):
            yield piece
        yield b'"}\n' + GOOD

    tracemalloc.start()
    imported = bring(project, endless(), from_disk=from_disk)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert wrong(imported) == [(1, "line", "line_too_long")]
    assert prompts() == ["Still there?"]
    assert peak < 60 * 1024 * 1024


def test_a_table_whose_cell_never_ends_is_refused_in_little_memory(project):
    def endless() -> Iterator[bytes]:
        yield b'prompt\nStill there?\n"'
        for _ in range(200):
            yield b"x" * 1024 * 1024

    tracemalloc.start()
    imported = bring(project, endless(), "csv")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (imported.state, wrong(imported), prompts()) == ("done", [(3, "line", "line_too_long")], ["Still there?"])
    assert peak < 60 * 1024 * 1024


LONG = b"x" * (17 * 1024 * 1024)


@pytest.mark.parametrize(
    "record",
    [b"%s,c\n", b'"%s",c\n', b'"a ""%s""",c\n', b'"a\n%s\nb, ",c\n', b'"%s\nb",c\n', b'"a\n%s",c\n'],
    ids=["bare", "quoted", "with quotes", "its second line", "its first line", "its last line"],
)
def test_a_line_of_a_table_that_is_too_long_is_named_and_the_next_comes_in(record):
    pieces = iter([b"prompt,completion_1\nHi?,a\n", *(record % LONG).partition(LONG), b"Still there?,b\n"])
    rows = list(file_rows("csv", pieces))
    assert [row.number for row in rows] == [2, 3, 3 + record.count(b"\n")]
    assert [row.problem.code if row.problem else row.value["prompt"] for row in rows] == [
        "Hi?", "line_too_long", "Still there?",
    ]  # fmt: skip


def test_a_header_that_is_too_long_is_no_table():
    with pytest.raises(Unreadable, match="The header line is longer than 16 MB"):
        list(file_rows("csv", iter([b"prompt,", LONG, b"\nHi?\n"])))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_another_unicode_is_not_guessed(project, encoding):
    imported = bring(project, '{"prompt": "Hé?"}\n'.encode(encoding))
    assert not Prompt.objects.exists()
    assert {code for _, _, code in wrong(imported)} <= {"not_utf8", "not_json"}
    assert wrong(imported)[0][0] == 1


def test_latin_1_is_named_by_its_byte_and_ascii_lines_come_in(project):
    imported = bring(project, '{"prompt": "Café?"}\n'.encode("latin-1") + GOOD)
    assert imported.problems.get().message == "line: not UTF-8 (byte 16)."
    assert prompts() == ["Still there?"]


@pytest.mark.parametrize("format", ["jsonl", "csv"])
def test_a_byte_order_mark_is_no_part_of_the_first_line(project, format):
    text = {"jsonl": b'{"prompt": "Hi?"}', "csv": b"prompt\nHi?\n"}[format]
    imported = bring(project, b"\xef\xbb\xbf" + text, format)
    assert (imported.errors_total, prompts()) == (0, ["Hi?"])


def test_nul_bytes(project):
    lines = [b'{"prompt": "a\\u0000b"}', b'{"prompt": "a\x00b"}', b'{"prompt": "c", "completions": [{"text": "\\u0000"}]}',
             b'{"prompt": "d", "metadata": {"\\u0000": 1}}', b"\x00" * 10, GOOD]  # fmt: skip
    imported = bring(project, b"\n".join(lines))
    assert wrong(imported) == [
        (1, "prompt", "rule_broken"), (2, "line", "not_json"), (3, "completions[0].text", "rule_broken"),
        (4, "metadata", "rule_broken"), (5, "line", "not_json"),
    ]  # fmt: skip
    assert prompts() == ["Still there?"]


@pytest.mark.parametrize("number", ["18446744073709551616", "-9223372036854775809", "1e30", "1" * 5000])
def test_a_number_that_would_change_is_refused(project, number):
    imported = bring(project, b'{"prompt": "Hi?", "metadata": {"n": %s}}\n' % number.encode())
    ((line, field, _),) = wrong(imported)
    assert (line, field in ("metadata.n", "line")) == (1, True)
    kept = bring(project, b'{"prompt": "Hi?", "metadata": {"n": [-9223372036854775808, 18446744073709551615]}}\n')
    assert kept.prompts == 1


def test_ids_that_every_line_repeats(project):
    """PandaLM's file names its two completions 1 and 2 on every line, and one prompt stands on several."""
    lines = [
        {"prompt_id": "1", "prompt": f"Question {at // 2}?", "completions": [{"id": "1", "text": f"a{at}"}, {"id": "2", "text": f"b{at}"}]}
        for at in range(6)
    ]  # fmt: skip
    imported = bring(project, "\n".join(map(json.dumps, lines)).encode())
    assert (imported.errors_total, imported.prompts, imported.completions, imported.tasks_created) == (0, 3, 12, 6)
    assert list(Prompt.objects.values_list("external_ids", flat=True)) == [["1"]] * 3


def test_a_parquet_of_other_types(project):
    records = [
        {"prompt": 7, "completion_1": "x"}, {"prompt": 8, "completion_1": "y"},
    ]  # fmt: skip
    imported = bring(project, as_parquet(records), "parquet")
    assert wrong(imported) == [(1, "prompt", "rule_broken"), (2, "prompt", "rule_broken")]
    mixed = [{"prompt": "Hi?", "sensitive": 3.5, "metadata": b"\xff", "completions": [{"text": "x", "model": 1}]}]
    imported = bring(project, as_parquet(mixed), "parquet")
    assert imported.errors_total == 1
    assert not Prompt.objects.exists()


def test_a_parquet_that_is_cut_off(project):
    data = as_parquet([{"prompt": f"{at}?"} for at in range(100)])
    imported = bring(project, data[:-50], "parquet")
    assert imported.state == "failed"
    assert imported.error.startswith("The file is not Parquet")
    assert not Prompt.objects.exists()


def test_a_parquet_of_one_row_group_is_never_held_whole(monkeypatch):
    out, asked = io.BytesIO(), []

    class Watched(io.BytesIO):
        def read(self, size=-1):
            asked.append(size)
            return super().read(size)

    pq.write_table(
        pa.table({"prompt": [f"{at:0100}" for at in range(100_000)]}), out, use_dictionary=False, compression="none"
    )
    assert pq.ParquetFile(out).num_row_groups == 1
    monkeypatch.setattr("apps.imports.readers.parquet.tempfile.TemporaryFile", Watched)
    assert sum(1 for _ in file_rows("parquet", iter([out.getvalue()]))) == 100_000
    assert 0 < max(asked) <= 2 * 1024 * 1024 < len(out.getvalue())


def repeated(text: str, times: int, *, nested: bool) -> bytes:
    """A Parquet file whose one column says a text again and again by its number, then another one."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * times + [1], pa.int32()), pa.array([text, "Still there?"]))
    column = texts
    if nested:
        messages = pa.StructArray.from_arrays([pa.array(["user"] * (times + 1)), texts], ["role", "content"])
        column = pa.ListArray.from_arrays(pa.array([0, times, times + 1], pa.int32()), messages)
    out = io.BytesIO()
    pq.write_table(
        pa.table({"messages" if nested else "prompt": column}), out, dictionary_pagesize_limit=2**30, store_schema=False
    )
    return out.getvalue()


@pytest.fixture
def arrow_memory() -> Iterator[pa.MemoryPool]:
    usual = pa.default_memory_pool()
    watched = pa.proxy_memory_pool(usual)
    pa.set_memory_pool(watched)
    yield watched
    pa.set_memory_pool(usual)


@pytest.mark.parametrize(("nested", "count"), [(False, 40), (True, 1)], ids=["rows", "messages of one row"])
def test_a_bomb_in_parquet_is_named_by_its_rows(arrow_memory, nested, count):
    bomb = repeated("x" * (17 * 1024 * 1024), 40, nested=nested)
    packed = arrow_memory.max_memory()
    rows = list(file_rows("parquet", iter([bomb])))
    assert [row.problem.code for row in rows[:-1]] == ["line_too_long"] * count
    assert "Still there?" in str(rows[-1].value)
    assert len(bomb) < 1024 * 1024
    assert arrow_memory.max_memory() < max(packed, 200 * 1024 * 1024)


def test_a_parquet_that_could_not_even_be_held_packed_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr("apps.imports.readers.packed_columns.PACKED_MAX", 1024 * 1024)
    with pytest.raises(Unreadable, match="Row 1: from here on the column prompt would unpack to more than 256 MB"):
        list(file_rows("parquet", iter([repeated("x" * (2 * 1024 * 1024), 150, nested=False)])))


def test_a_parquet_whose_texts_repeat_as_texts_do_is_read_as_usual():
    data = repeated("Hi?", 1000, nested=False)
    assert packed_columns(pq.ParquetFile(io.BytesIO(data)).metadata, io.BytesIO(data), 200) == []


def test_a_parquet_of_long_replies_is_read_as_usual():
    """Its writer begins with a dictionary and goes on with plain texts; packed, all of them would become a dictionary."""
    replies = [[{"text": f"{prompt} {reply} " + "so it goes " * 40} for reply in range(4)] for prompt in range(1000)]
    out = io.BytesIO()
    pq.write_table(pa.table({"prompt": ["Go on?"] * len(replies), "completions": replies}), out)
    metadata = pq.ParquetFile(out).metadata
    column = metadata.row_group(0).column(1)

    assert column.has_dictionary_page
    assert column.num_values * 1024**2 > UNPACKED_MAX
    assert packed_columns(metadata, out, 200) == []


def test_dates_in_nested_columns_are_texts(project):
    when = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)
    records = [
        {"prompt": "Hi?", "metadata": {"at": when, "days": [when.date()]}, "source": {"at": when.time()}, "log": [when]}
    ]
    imported = bring(project, as_parquet(records), "parquet")
    assert (imported.errors_total, imported.prompts) == (0, 1)
    kept = Prompt.objects.get()
    assert kept.metadata == {
        "at": "2026-11-22T04:30:00+00:00", "days": ["2026-11-22"], "log": ["2026-11-22T04:30:00+00:00"],
    }  # fmt: skip
    assert kept.source == {"at": "04:30:00"}


def test_csv_with_broken_quotes(project):
    imported = bring(project, b'prompt,completion_1\nHi?,"a"b"\nFine?,c\n', "csv")
    assert wrong(imported) == [(2, "line", "not_csv")]
    assert prompts() == ["Fine?"]


def test_csv_whose_last_quote_never_closes(project):
    imported = bring(project, b'prompt,completion_1\nFine?,c\nHi?,"a\nb,c\n', "csv")
    assert (imported.state, wrong(imported)) == ("done", [(3, "line", "not_csv")])
    assert prompts() == ["Fine?"]


@pytest.mark.parametrize(("format", "state"), [("jsonl", "done"), ("csv", "failed"), ("parquet", "failed")])
def test_a_file_of_nothing(project, format, state):
    imported = bring(project, b"", format)
    assert (imported.state, imported.lines, bool(imported.error)) == (state, 0, state == "failed")


def test_a_bomb_in_gzip(project, settings):
    settings.IMPORT_MAX_BYTES = 64 * 1024 * 1024
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = b"0" * (1024 * 1024)
    bomb = pack.compress(GOOD) + b"".join(pack.compress(zeros) for _ in range(512)) + pack.flush()
    assert len(bomb) < 1024 * 1024
    tracemalloc.start()
    imported = bring(project, bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (imported.state, prompts()) == ("partial", ["Still there?"])
    assert imported.error == f"The file holds more than {settings.IMPORT_MAX_BYTES} bytes; send it in parts."
    assert peak < 40 * 1024 * 1024


def test_a_truncated_gzip_is_made_whole_by_the_whole_file(project):
    whole = gzip.compress(b"".join(b'{"prompt": "%d?"}\n' % at for at in range(5000)), compresslevel=1)
    cut = bring(project, whole[: len(whole) // 2], gzipped=True)
    assert (cut.state, cut.error) == ("partial", "The gzip file is cut off: its end is missing.")
    there = Prompt.objects.count()
    assert 0 < there == cut.prompts < 5000
    again = bring(project, whole, gzipped=True)
    assert (again.state, again.duplicates, Prompt.objects.count()) == ("done", there, 5000)


def test_an_upload_that_is_cut_is_made_whole_by_sending_it_again(project):
    whole = b"".join(b'{"prompt": "%d?", "completions": [{"text": "x"}]}\n' % at for at in range(300))
    cut = import_here(
        actor=None, project=project, chunks=stream_chunks(io.BytesIO(whole[:9000]), expected=len(whole)), format="jsonl"
    )
    assert (cut.state, cut.last_line) == ("partial", cut.prompts)
    again = bring(project, whole)
    assert (again.state, again.duplicates, again.errors_total) == ("done", cut.prompts, 0)
    assert (Prompt.objects.count(), Completion.objects.count()) == (300, 300)
