"""One JSON array, item by item, and everything that can be wrong with it."""

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.imports.readers import BrokenOff, Unreadable
from apps.imports.readers.documents import document_rows
from apps.imports.readers.row import ROW_BYTES_MAX

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.sampled_from('ab"\\[]{},'), max_size=3), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def rows(data: bytes, size: int = 5, after: int = 0):
    return list(document_rows((data[start : start + size] for start in range(0, len(data), size)), after))


@given(st.lists(values, max_size=6), st.integers(1, 40), st.sampled_from([None, 2]), st.booleans())
def test_an_array_is_its_items_wherever_chunks_fall(items, size, indent, ascii):
    data = b" \n" + json.dumps(items, indent=indent, ensure_ascii=ascii).encode() + b"\n"
    assert [(row.number, row.value) for row in rows(data, size)] == list(enumerate(items, start=1))


def test_lines_are_lines():
    assert [(row.number, row.value) for row in rows(b'\xef\xbb\xbf{"a": 1}\n\n{"a": 2}')] == [
        (1, {"a": 1}),
        (3, {"a": 2}),
    ]


def test_items_up_to_the_last_are_left_out():
    assert [row.number for row in rows(b"[1, 2, 3]", after=2)] == [3]


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (b'{"a" 1}', "not_json"), (b"NaN", "not_json"), (b"", "not_json"), (b'"\xff"', "not_utf8"),
        (b"[" * 3000 + b"]" * 3000, "not_json"), (b'"a\x00b"', "not_json"), (b'{"a": 1]', "not_json"),
    ],
)  # fmt: skip
def test_a_broken_item_is_named_and_the_next_is_read(item, code):
    before, bad, after = rows(b"[0, " + item + b", 2]", size=1000)
    assert (before.value, bad.number, bad.problem.code, after.value) == (0, 2, code, 2)


@pytest.mark.parametrize("data", [b"[", b'[{"a": 1}', b'[{"a": 1},', b'[{"a": "x', b'[{"a": 1}, {"a": [1}]'])
def test_an_array_that_ends_too_early_gives_what_was_whole(data):
    whole = []

    def read_all():
        for row in document_rows(iter([data])):
            whole.append(row.value)

    with pytest.raises(BrokenOff, match="cut off"):
        read_all()
    assert whole == ([{"a": 1}] if data.startswith(b'[{"a": 1},') else [])


def test_something_after_the_array():
    with pytest.raises(Unreadable, match="follows"):
        rows(b"[1] [2]")


def test_an_item_that_is_too_long_is_dropped_as_it_arrives():
    def chunks():
        yield b'[1, {"a": "'
        for _ in range(ROW_BYTES_MAX // 2**20 + 40):
            yield b"x" * 2**20
        yield b'"}, 3]'

    tracemalloc.start()
    first, bad, last = document_rows(chunks())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (first.value, bad.number, bad.problem.code, last.value) == (1, 2, "line_too_long", 3)
    assert peak < 2 * ROW_BYTES_MAX + 4 * 2**20


def test_an_array_is_never_held_whole():
    def chunks():
        yield b"["
        for number in range(400):
            yield b'%s{"a": "%s"}' % (b"," if number else b"", b"x" * 100_000)
        yield b"]"

    tracemalloc.start()
    assert sum(1 for _ in document_rows(chunks())) == 400
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000  # of 40 MB
