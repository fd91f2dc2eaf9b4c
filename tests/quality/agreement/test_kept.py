"""What is kept of rankings is what all of them say, in whatever portions they came."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.quality.domain.kept import EVERYBODY, GROUPS, TALLIES, Kept, refreshed, rows_of
from apps.quality.domain.section import section
from apps.quality.domain.table import Judgments, judgments
from apps.quality.domain.tally import tally


def said(rows):
    """(task, labeler, tiers), with the row's number as its id and some groups that depend on it."""
    ids = np.arange(1, len(rows) + 1)
    columns = [np.array([row[at] for row in rows], np.int64) for at in (0, 1)]
    tiers = [row[2] for row in rows]
    wide = np.zeros((len(rows), 9), np.int8)
    for place, one in enumerate(tiers):
        wide[place, : len(one)] = one
    groups = {"use_case": columns[0] % 2, "guideline": ids // 3, "month": ids // 4}
    person = columns[1] != 9
    table = Judgments(columns[0], columns[0] // 2, columns[1], wide, columns[1] % 2, person, groups)
    return rows_of(ids, table)


RANKINGS = st.sampled_from([[1, 2, 3], [3, 2, 1], [1, 1, 2], [1, 1, 1], [2, 1, 1]])
ROW = st.tuples(st.integers(0, 5), st.integers(0, 9), RANKINGS)


@st.composite
def portions(draw):
    """Rows in portions, and which earlier row of the same task and labeler each one corrects, or 0."""
    rows, corrects, current = [], [], {}
    for task, labeler, tiers in draw(st.lists(ROW, max_size=24)):
        earlier = current.get((task, labeler), 0)
        corrects.append(earlier)
        rows.append((task, labeler, tiers))
        current[task, labeler] = len(rows)
    cuts = sorted(draw(st.lists(st.integers(0, len(rows)), max_size=4)))
    return rows, corrects, [*cuts, len(rows)], current


@settings(max_examples=60)
@given(portions())
def test_portions_are_the_same_as_all_at_once(given):
    rows, corrects, cuts, current = given
    table, corrects = said(rows), np.array(corrects, np.int64)
    kept, start = Kept(), 0
    for cut in cuts:
        low = max(0, start - 2)  # some of them were seen before
        kept = refreshed(kept, table.where(np.arange(low, cut)), corrects[low:cut], cut)
        start = cut
    last = table.where(np.isin(table.groups["id"], list(current.values())))
    whole = judgments(
        task=last.task, labeler=last.labeler, tiers=last.tiers, prompt=last.prompt, cohort=last.cohort,
        person=last.person, groups=last.groups,
    )  # fmt: skip
    assert sorted(kept.ids()) == sorted(current.values())
    for name in TALLIES:
        by = None if name == EVERYBODY else name
        assert same(kept.tallies[name], tally(whole, by)), name


def same(one, other):
    return all(
        np.array_equal(getattr(one, part).keys, getattr(other, part).keys)
        and np.array_equal(getattr(one, part).counts, getattr(other, part).counts)
        for part in ("prompts", "labelers", "judged")
    )


def test_a_second_look_at_the_same_candidates_is_no_second_opinion():
    table = said([(0, 0, [1, 2, 3]), (0, 2, [1, 2, 3]), (0, 0, [3, 2, 1])])
    kept = refreshed(Kept(), table, np.zeros(3, np.int64), 3)
    assert sorted(kept.ids()) == [1, 2]
    assert section(kept.tallies[EVERYBODY]).agreement.value == 1


def test_a_correction_takes_the_place_of_what_it_corrects():
    table = said([(0, 0, [1, 2, 3]), (0, 2, [1, 2, 3]), (0, 0, [3, 2, 1])])
    first = refreshed(Kept(), table.where(np.arange(2)), np.zeros(2, np.int64), 2)
    kept = refreshed(first, table.where(np.array([2])), np.array([1]), 3)
    assert sorted(kept.ids()) == [2, 3]
    assert section(first.tallies[EVERYBODY]).agreement.value == 1
    assert section(kept.tallies[EVERYBODY]).agreement.value == 0


@pytest.mark.parametrize("name", GROUPS)
def test_nothing_seen_is_nothing_kept(name):
    kept = refreshed(Kept(), said([]), np.zeros(0, np.int64), 7)
    assert (len(kept.rows), kept.read_to, len(kept.rows.groups[name])) == (0, 7, 0)
