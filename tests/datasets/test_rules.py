"""Filters and byte ranges: pure rules."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.errors import RuleBroken
from apps.datasets.domain.byte_range import NotSatisfiable, parse_range
from apps.datasets.domain.filters import SnapshotFilter, parse_filter, parse_licence, told


def test_no_filter_takes_all():
    assert parse_filter("rankings", {}) == SnapshotFilter()


def test_a_whole_filter():
    parsed = parse_filter("rankings", {
        "split": ["train", "test"], "use_case": "chat", "cohort": "held-out", "labeler": ["b", "a"], "imported": False,
        "from": "2026-11-01", "to": "2026-11-30", "include_surplus": False, "include_superseded": True,
        "language": "en", "without_labeler": "c", "guideline": ["evaluation/2", "collection"], "schema": [2, 1, 2],
        "task_purpose": "adjudication", "origin": ["model", "member"], "model": "sft 2", "min_active_seconds": 0,
        "max_active_seconds": 600,
    })  # fmt: skip
    assert parsed == SnapshotFilter(
        split=("test", "train"), use_case=("chat",), cohort=("held-out",), labeler=("a", "b"), imported=False,
        begin=datetime(2026, 11, 1, tzinfo=UTC), end=datetime(2026, 12, 1, tzinfo=UTC),
        include_surplus=False, include_superseded=True, language=("en",), without_labeler=("c",),
        guideline=(("collection", None), ("evaluation", 2)), schema=(1, 2), task_purpose=("adjudication",),
        origin=("member", "model"), model=("sft 2",), min_active_seconds=0, max_active_seconds=600,
    )  # fmt: skip


def test_a_time_is_a_moment_and_utc_unless_it_says():
    parsed = parse_filter("prompts", {"from": "2026-11-01T05:00:00", "to": "2026-11-01T08:00:00+02:00"})
    assert parsed.begin == datetime(2026, 11, 1, 5, tzinfo=UTC)
    assert parsed.end == datetime(2026, 11, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "value", "field"),
    [
        ("rankings", [], "filter"),
        ("rankings", {"colour": "red"}, "filter.colour"),
        ("prompts", {"labeler": "a"}, "filter.labeler"),
        ("rankings", {"split": "training"}, "filter.split"),
        ("rankings", {"split": []}, "filter.split"),
        ("rankings", {"cohort": ["training", 1]}, "filter.cohort"),
        ("rankings", {"use_case": {"a": 1}}, "filter.use_case"),
        ("rankings", {"labeler": "\x00"}, "filter.labeler"),
        ("rankings", {"labeler": "\ud800"}, "filter.labeler"),
        ("rankings", {"imported": "yes"}, "filter.imported"),
        ("rankings", {"include_surplus": 1}, "filter.include_surplus"),
        ("rankings", {"from": "yesterday"}, "filter.from"),
        ("rankings", {"to": 5}, "filter.to"),
        ("rankings", {"to": "9999-12-31"}, "filter.to"),
        ("rankings", {"from": "0001-01-01T00:00:00+23:59"}, "filter.from"),
        ("rankings", {"to": "9999-12-31T23:59:59-23:59"}, "filter.to"),
        ("rankings", {"from": "2026-11-02", "to": "2026-11-01"}, "filter.to"),
        ("demonstrations", {"origin": "model"}, "filter.origin"),
        ("demonstrations", {"model": "a"}, "filter.model"),
        ("prompts", {"guideline": "collection"}, "filter.guideline"),
        ("ratings", {"limit": 3}, "filter.limit"),
        ("ratings", {"origin": "web"}, "filter.origin"),
        ("rankings", {"guideline": "collection/"}, "filter.guideline"),
        ("rankings", {"guideline": "collection/x"}, "filter.guideline"),
        ("rankings", {"guideline": "collection/" + "9" * 5000}, "filter.guideline"),
        ("rankings", {"guideline": "truth/1"}, "filter.guideline"),
        ("rankings", {"schema": 0}, "filter.schema"),
        ("rankings", {"schema": ["1"]}, "filter.schema"),
        ("rankings", {"schema": []}, "filter.schema"),
        ("rankings", {"schema": 2**31}, "filter.schema"),
        ("rankings", {"min_active_seconds": -1}, "filter.min_active_seconds"),
        ("rankings", {"min_active_seconds": True}, "filter.min_active_seconds"),
        ("rankings", {"min_active_seconds": 9, "max_active_seconds": 8}, "filter.max_active_seconds"),
        ("rankings", {"task_purpose": "gold"}, "filter.task_purpose"),
    ],
)
def test_what_is_no_filter(kind, value, field):
    with pytest.raises(RuleBroken) as caught:
        parse_filter(kind, value)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("header", "answer"),
    [
        ("", None),
        ("bytes=0-0", (0, 0)),
        ("bytes=0-99", (0, 9)),
        ("bytes=4-", (4, 9)),
        ("bytes=-3", (7, 9)),
        ("bytes=-99", (0, 9)),
        ("bytes=-" + "9" * 5000, (0, 9)),
        ("bytes=2-" + "9" * 5000, (2, 9)),
        ("bytes=" + "0" * 5000 + "2-5", (2, 5)),
        ("bytes=\u0662-\u0665", None),
        ("bytes=5-4", None),
        ("bytes=0-1,3-4", None),
        ("bytes=-", None),
        ("items=0-1", None),
        ("bytes=a-b", None),
    ],
)
def test_ranges_of_ten_bytes(header, answer):
    assert parse_range(header, 10) == answer


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=" + "9" * 5000 + "-"])
def test_ranges_behind_the_end(header):
    with pytest.raises(NotSatisfiable):
        parse_range(header, 10)


@given(st.integers(1, 1000), st.integers(0, 2000), st.integers(0, 2000))
def test_a_range_lies_in_the_file(size, first, last):
    try:
        found = parse_range(f"bytes={first}-{last}", size)
    except NotSatisfiable:
        assert first >= size
    else:
        assert found is None or 0 <= found[0] <= found[1] < size


@pytest.mark.parametrize("limit", [0, -1, True, "5", 1.5, 2**31])
def test_a_limit_is_a_whole_number_of_prompts(limit):
    with pytest.raises(RuleBroken) as caught:
        parse_filter("prompts", {"limit": limit})
    assert caught.value.field == "filter.limit"


def test_judgments_have_no_limit():
    with pytest.raises(RuleBroken, match=r"filter\.limit: not a filter of rankings"):
        parse_filter("rankings", {"limit": 3})


@pytest.mark.parametrize("licence", ["CC BY", "-", "x" * 61, "é", "a\n", None, 3])
def test_what_is_no_licence(licence):
    with pytest.raises(RuleBroken) as caught:
        parse_licence(licence)
    assert caught.value.field == "licence"


@pytest.mark.parametrize("licence", ["", "cc-by-4.0", "other"])
def test_what_is_a_licence(licence):
    assert parse_licence(licence) == licence


def test_a_filter_told_to_people():
    assert told({"split": ["test", "train"], "imported": False, "limit": 3, "schema": [1, 2]}) == [
        ("imported", "no"), ("limit", "3"), ("schema", "1, 2"), ("split", "test, train"),
    ]  # fmt: skip
