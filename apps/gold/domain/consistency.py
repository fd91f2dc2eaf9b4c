"""Consistency with oneself: what a labeler said of a task, and what they said of it when it came again.

The two are compared as two labelers of a task are (`quality.domain`), so the numbers are of the same kind and may stand
beside agreement with others: pairs said alike, with a tie as an outcome of its own and without, and tau-b; intervals from
resampled prompts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from apps.quality.domain.estimate import Estimate
from apps.quality.domain.resampling import Bootstrap
from apps.quality.domain.section import DEFAULT, sections
from apps.quality.domain.table import judgments
from apps.quality.domain.tally import tally

EVERYBODY = 0
ESTIMATES = ("agreement", "agreement_without_ties", "tau_b")
_FIRST, _AGAIN = 0, 1


@dataclass(frozen=True, slots=True)
class Retest:
    """Tiers by the candidates' positions, the same in both."""

    labeler: int
    task: int
    prompt: int
    first: Sequence[int]
    again: Sequence[int]
    at: datetime = field(compare=False)
    gap_hours: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class Consistency:
    """`agreement`, ties an outcome; `agreement_without_ties`; `tau_b`."""

    retests: int
    agreement: Estimate
    agreement_without_ties: Estimate
    tau_b: Estimate


def consistency_by(
    retests: Sequence[Retest], groups: Sequence[int], bootstrap: Bootstrap | None = DEFAULT
) -> dict[int, Consistency]:
    """Of each group; `groups` names that of each retest (a labeler, a month, or EVERYBODY)."""
    if not retests:
        return {}
    place = np.arange(len(retests))
    table = judgments(
        # Each retest is compared with its own original alone, whoever else repeated that task.
        task=np.concatenate([place, place]),
        prompt=np.array([one.prompt for one in retests] * 2),
        labeler=np.repeat([_FIRST, _AGAIN], len(retests)),
        tiers=[one.first for one in retests] + [one.again for one in retests],
        groups={"group": np.array([*groups] * 2)},
    )
    return {
        group: Consistency(
            found.counts.meetings, found.agreement, found.agreement_without_ties, found.tau_b
        )
        for group, found in sections(tally(table, "group"), bootstrap).items()
    }  # fmt: skip


def month_of(moment: datetime) -> int:
    """A number of its month, UTC: twelve times the year, and the month from 0."""
    at = moment.astimezone(UTC)
    return at.year * 12 + at.month - 1
