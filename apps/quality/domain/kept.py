"""What a service keeps of a project's rankings, so that new ones cost what they touch and not what there is.

The rows themselves are kept beside their tallies: what was added of a task can then be taken out as it was, whatever has
changed in the database since.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from .table import Ints, Judgments, judgments
from .tally import NOTHING, Tally, tally

# The tallies that are kept: of everybody, and by these.
EVERYBODY = "everybody"
GROUPS = ("use_case", "guideline", "month")
TALLIES = (EVERYBODY, "cohort", *GROUPS)
_ID = "id"


def _no_rows() -> Judgments:
    none = np.zeros(0, np.int64)
    return judgments(
        task=none, labeler=none, tiers=np.zeros((0, 2), np.int8), groups=dict.fromkeys((*GROUPS, _ID), none)
    )


@dataclass(frozen=True)
class Kept:
    """The current judgment of each labeler and task, its id among the groups. `read_to`: all judgments up to this id have
    been seen; above it some may be seen already."""

    rows: Judgments = field(default_factory=_no_rows)
    tallies: Mapping[str, Tally] = field(default_factory=lambda: dict.fromkeys(TALLIES, NOTHING))
    read_to: int = 0

    def ids(self) -> Ints:
        return self.rows.groups[_ID]


def rows_of(ids: Ints, table: Judgments) -> Judgments:
    """`table` with its judgments' ids, as `refreshed` takes it: both in the same order."""
    return Judgments(
        table.task, table.prompt, table.labeler, table.tiers, table.cohort, table.person, {**table.groups, _ID: ids}
    )


def refreshed(kept: Kept, seen: Judgments, supersedes: Ints, read_to: int) -> Kept:
    """With `seen`, of which some may be kept already; `supersedes` is aligned with it: the id that a row corrects, or 0."""
    # Of all that is seen, not of what is new: what was corrected before may be seen once more.
    gone = supersedes[supersedes > 0]
    new = seen.where(~np.isin(seen.groups[_ID], np.union1d(kept.ids(), gone)))
    leaving = np.isin(kept.ids(), gone)
    if not len(new) and not leaving.any():
        return Kept(kept.rows, kept.tallies, read_to)
    touched = np.union1d(new.task, kept.rows.task[leaving])
    inside = np.isin(kept.rows.task, touched)
    before = kept.rows.where(inside)
    after = _together(kept.rows.where(inside & ~leaving), new)
    tallies = {
        name: kept.tallies[name] - tally(before, by) + tally(after, by)
        for name, by in ((name, None if name == EVERYBODY else name) for name in TALLIES)
    }
    return Kept(_together(kept.rows.where(~inside), after), tallies, read_to)


def _together(one: Judgments, other: Judgments) -> Judgments:
    """Of a labeler who is here twice on one task, what was said first: a second look is not a second opinion."""
    task, labeler = np.append(one.task, other.task), np.append(one.labeler, other.labeler)
    ids = np.append(one.groups[_ID], other.groups[_ID])
    order = np.lexsort((ids, labeler, task))
    first = np.ones(len(order), np.bool_)
    first[1:] = (np.diff(task[order]) != 0) | (np.diff(labeler[order]) != 0)
    chosen = order[first]
    return judgments(
        task=task[chosen],
        labeler=labeler[chosen],
        tiers=np.concatenate([one.tiers, other.tiers])[chosen],
        prompt=np.append(one.prompt, other.prompt)[chosen],
        cohort=np.append(one.cohort, other.cohort)[chosen],
        person=np.append(one.person, other.person)[chosen],
        groups={name: np.append(one.groups[name], other.groups[name])[chosen] for name in (*GROUPS, _ID)},
    )
