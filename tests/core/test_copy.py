"""Rows by COPY: whatever a text holds comes back as it was."""

import json
import uuid
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core import copy
from apps.core.bulk import ids_reserve
from apps.core.ids import ordered_uid, ordered_uids
from apps.imports.models import KnownLine
from apps.prompts.models import Prompt

# What PostgreSQL can hold at all: neither NUL nor half characters.
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
awkward = st.sampled_from(
    ["\\N", "\\.", "\\", "a\\nb", "\n", "\r\n", "\t", '"', '""', "{}", "NULL", "null", ",", "é😀", ""]
)
some = st.one_of(texts, awkward)


@pytest.fixture
def table(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE copied (id int, t text, o text, a text[], n bigint[], j jsonb) ON COMMIT DROP"
        )


# Stands for a model: only its table's name is asked.
COPIED = SimpleNamespace(_meta=SimpleNamespace(db_table="copied"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(rows=st.lists(st.tuples(
    some, st.none() | some, st.lists(st.none() | some, max_size=3), st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3),
    st.none() | st.dictionaries(some, some, max_size=2),
), max_size=4))  # fmt: skip
def test_what_goes_in_comes_out(table, rows):
    written = (
        f"{at}\t{copy.text(t)}\t{copy.optional(o)}\t{copy.text_array(a)}\t{copy.number_array(n)}\t{copy.json_cell(j)}\n"
        for at, (t, o, a, n, j) in enumerate(rows)
    )
    assert copy.rows_copy(COPIED, ["id", "t", "o", "a", "n", "j"], written) == len(rows)
    with connection.cursor() as cursor:
        cursor.execute("SELECT t, o, a, n, j::text FROM copied ORDER BY id")
        found = [(t, o, a, n, None if j is None else json.loads(j)) for t, o, a, n, j in cursor.fetchall()]
        cursor.execute("TRUNCATE copied")
    assert found == rows


def test_rows_travel_in_pieces():
    pieces = copy._Pieces(f"{number}\n" for number in range(1000))
    read = list(iter(lambda: pieces.read(100), b""))
    assert len(read) > 30
    assert b"".join(read).split() == [str(number).encode() for number in range(1000)]


def test_a_row_that_is_there_is_a_violation(db):
    row = f"{uuid.uuid4()}\n"
    with pytest.raises(IntegrityError) as caught:
        copy.rows_copy(KnownLine, ["digest"], [row, row])
    assert caught.value.__cause__.pgcode == "23505"


def test_uids_in_bulk_are_ordered_and_of_this_moment():
    before = ordered_uid()
    made = list(ordered_uids(5000))
    assert made == sorted(made)
    assert len(set(made)) == 5000
    found = uuid.UUID(made[0])
    assert (found.version, found.variant) == (7, uuid.RFC_4122)
    assert abs((found.int >> 80) - (before.int >> 80)) < 10_000
    with pytest.raises(ValueError, match="too many"):
        next(ordered_uids(2**24))


def test_keys_are_reserved_once(db):
    first, second = ids_reserve(Prompt, 100), ids_reserve(Prompt, 3)
    assert len({*first, *second}) == 103
    assert list(first) == sorted(first)
    assert not ids_reserve(Prompt, 0)
