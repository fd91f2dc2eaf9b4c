"""Rows by COPY: whatever a text holds comes back as it was."""

import json
import uuid
from datetime import UTC
from types import SimpleNamespace

import pytest
from django.db import DataError, IntegrityError, connection
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
            "CREATE TEMPORARY TABLE copied (id bigint, t text, o text, a varchar[], n bigint[], s smallint[], j jsonb,"
            " b boolean, u uuid, m timestamptz) ON COMMIT DROP"
        )


# Stands for a model: only its table's name is asked.
COPIED = SimpleNamespace(_meta=SimpleNamespace(db_table="copied"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(rows=st.lists(st.tuples(
    some, st.none() | some, st.lists(st.none() | some, max_size=3), st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3),
    st.lists(st.integers(-(2**15), 2**15 - 1), max_size=3), st.none() | st.dictionaries(some, some, max_size=2),
    st.booleans(), st.uuids(), st.datetimes(timezones=st.just(UTC)),
), max_size=4))  # fmt: skip
def test_what_goes_in_comes_out(table, rows):
    written = (
        copy.row_of(
            copy.bigint(at), copy.text(t), copy.optional(o), copy.text_array(a), copy.bigint_array(n),
            copy.smallint_array(s), copy.json_cell(j), copy.boolean(b), copy.uuid(u.bytes), copy.moment(m),
        )
        for at, (t, o, a, n, s, j, b, u, m) in enumerate(rows)
    )  # fmt: skip
    assert copy.rows_copy(COPIED, ["id", "t", "o", "a", "n", "s", "j", "b", "u", "m"], written) == len(rows)
    with connection.cursor() as cursor:
        cursor.execute("SELECT t, o, a, n, s, j::text, b, u, m FROM copied ORDER BY id")
        found = [
            (t, o, a, n, s, None if j is None else json.loads(j), b, uuid.UUID(str(u)), m)
            for t, o, a, n, s, j, b, u, m in cursor.fetchall()
        ]
        cursor.execute("TRUNCATE copied")
    assert found == rows


def test_keys_lead_a_row():
    uid = uuid.uuid4().bytes
    cells = copy.bigint(1), copy.uuid(uid), copy.bigint(2), copy.label("a"), copy.smallint(3)
    assert copy.keyed_row_of(1, uid, 2, *cells[3:]) == copy.row_of(*cells)


def test_rows_travel_in_pieces():
    rows = [copy.row_of(copy.bigint(number)) for number in range(1000)]
    pieces = copy._Pieces(iter(rows))
    read = list(iter(lambda: pieces.read(100), b""))
    assert len(read) > 30
    assert b"".join(read) == copy._BEGIN + b"".join(rows) + copy._END


def test_no_rows_are_whole_too(table):
    assert copy.rows_copy(COPIED, ["id"], []) == 0


def test_a_cell_of_another_type_is_refused(table):
    with pytest.raises(DataError):
        copy.rows_copy(COPIED, ["b"], [copy.row_of(copy.bigint(1))])


def test_a_row_that_is_there_is_a_violation(db):
    row = copy.row_of(copy.uuid(uuid.uuid4().bytes))
    with pytest.raises(IntegrityError) as caught:
        copy.rows_copy(KnownLine, ["digest"], [row, row])
    assert caught.value.__cause__.pgcode == "23505"


def test_uids_in_bulk_are_ordered_and_of_this_moment():
    before = ordered_uid()
    made = list(ordered_uids(5000))
    assert made == sorted(made)
    assert len(set(made)) == 5000
    found = uuid.UUID(bytes=made[0])
    assert (found.version, found.variant) == (7, uuid.RFC_4122)
    assert abs((found.int >> 80) - (before.int >> 80)) < 10_000
    with pytest.raises(ValueError, match="too many"):
        next(ordered_uids(2**24))


def test_keys_are_reserved_once(db):
    first, second = ids_reserve(Prompt, 100), ids_reserve(Prompt, 3)
    assert len({*first, *second}) == 103
    assert list(first) == sorted(first)
    assert not ids_reserve(Prompt, 0)
