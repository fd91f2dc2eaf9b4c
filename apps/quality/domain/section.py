"""How well the labelers of one group agree: every statistic of rankings, from a tally.

Each compared pair counts once: two candidates of a task, on which two labelers are compared. That is the number
InstructGPT's appendix speaks of (arXiv 2203.02155, 3.4 and B): of all that was compared, how much was said alike. A
task with more labelers or candidates says more, and counts for more; `agreement_by_task` weighs each task the same.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .alpha import alpha_of_pairs
from .estimate import Counts, Estimate, Interval, Ties, Why
from .kappa import FLEISS, fleiss_of_pairs
from .kendall import TAU_B, Floats, W
from .resampling import Bootstrap, Statistic, ratio
from .sums import Ints, starts_of
from .tally import ACROSS, UNIT, At, Tally

AGREEMENT = "Pairwise agreement"
BY_TASK = "Pairwise agreement, each task the same weight"
ALPHA = "Krippendorff's alpha, nominal, over pairs in both orientations"
DEFAULT = Bootstrap()
KINDS = [At.SAME, At.OPPOSITE, At.BOTH_TIED, At.FIRST_TIED, At.SECOND_TIED]


@dataclass(frozen=True, slots=True)
class Section:
    """`labelers_a_task` is the most common number of labelers a task; Fleiss' kappa and W are over such tasks alone, and
    `left_out` of them counts the others. `left_out` of agreement without ties counts pairs, that of tau-b meetings."""

    judgments: int
    counts: Counts
    labelers_a_task: int
    agreement: Estimate
    agreement_without_ties: Estimate
    agreement_by_task: Estimate
    alpha: Estimate
    fleiss: Estimate
    tau_b: Estimate
    concordance: Estimate


def sections(tally: Tally, bootstrap: Bootstrap | None = DEFAULT) -> dict[int, Section]:
    """Of each group of a tally. Without a bootstrap there are no intervals."""
    return {group: section(tally, group, bootstrap) for group in tally.groups()}


def section(tally: Tally, group: int = 0, bootstrap: Bootstrap | None = DEFAULT) -> Section:
    """Of one group; 0 is everybody in a tally by nothing."""
    part = tally.of(group)
    writer = _Writer(part, group, bootstrap)
    common, others = _most_common(part)
    at_common = part.prompts.counts[part.prompts.keys[:, 2] == _meetings(common)]
    undefined = int(part.prompts.counts[:, At.MEETINGS].sum() - part.prompts.counts[:, At.TAUS].sum())
    tied = int(part.prompts.counts[:, [At.BOTH_TIED, At.FIRST_TIED, At.SECOND_TIED]].sum())
    without_w = common and others + int(at_common[:, At.MEETINGS].sum()) // _meetings(common) - int(
        at_common[:, At.WS].sum()
    )
    say = writer.say
    return Section(
        judgments=int(part.judged.counts.sum()),
        counts=writer.counts,
        labelers_a_task=common,
        agreement=say(AGREEMENT, Ties.OUTCOME, _agreement, ratio, Why.NO_OVERLAP),
        agreement_without_ties=say(AGREEMENT, Ties.LEFT_OUT, _without_ties, ratio, Why.ALL_TIES, left_out=tied),
        agreement_by_task=say(BY_TASK, Ties.OUTCOME, _by_task, ratio, Why.NO_OVERLAP),
        alpha=say(ALPHA, Ties.CATEGORY, _alpha, alpha_of_pairs, Why.NO_VARIATION, together=True),
        fleiss=say(FLEISS, Ties.CATEGORY, _fleiss, fleiss_of_pairs, Why.NO_VARIATION, left_out=others, labelers=common),
        tau_b=say(TAU_B, Ties.TAU_B, _tau, ratio_of_fixed, Why.TIES_ONLY, left_out=undefined),
        concordance=say(W, Ties.MID_RANKS, _w, ratio_of_fixed, Why.TIES_ONLY, left_out=without_w, labelers=common),
    )  # fmt: skip


def ratio_of_fixed(sums: Floats) -> tuple[Floats, np.ndarray]:
    value, defined = ratio(sums)
    return value / UNIT, defined


@dataclass(frozen=True)
class _Writer:
    """Turns sums into estimates, all of them over the same tally of one group."""

    tally: Tally
    group: int
    bootstrap: Bootstrap | None

    @property
    def counts(self) -> Counts:
        return counts_of(self.tally)

    def say(
        self, method: str, ties: Ties, columns: Callable[[Ints, Ints], Floats], statistic: Statistic, undefined: Why,
        *, left_out: int = 0, labelers: int = 0, together: bool = False,
    ) -> Estimate:  # fmt: skip
        """`columns` makes the sums of the statistic from rows of the tally. `labelers`: over tasks with that many only."""
        counts = self.counts
        if not counts.meetings:
            return Estimate(method, ties, counts, why=self._nothing())
        if self.group == ACROSS and (together or labelers):
            return Estimate(method, ties, counts, why=Why.TWO_GROUPS)
        keys, rows = self.tally.prompts.keys, self.tally.prompts.counts
        if labelers:
            chosen = keys[:, 2] == _meetings(labelers)
            keys, rows = keys[chosen], rows[chosen]
        sums = np.add.reduceat(columns(keys, rows), starts_of(keys[:, [1]]), axis=0)
        value, defined = statistic(sums.sum(axis=0))
        if not defined:
            return Estimate(method, ties, counts, why=undefined, left_out=left_out)
        interval: Interval | None = None
        why: Why | None = None
        if self.bootstrap is not None:
            interval, why = self.bootstrap.interval(sums, statistic)
        return Estimate(method, ties, counts, float(value), interval, why_no_interval=why, left_out=left_out)

    def _nothing(self) -> Why:
        judged = self.tally.judged
        total = int(judged.counts.sum())
        if self.group == ACROSS:
            return Why.NO_OVERLAP
        if total < 2:
            return Why.ONE_JUDGMENT if total else Why.NO_JUDGMENTS
        return Why.ONE_LABELER if len(judged.keys) == 1 else Why.NO_OVERLAP


def counts_of(tally: Tally) -> Counts:
    """Of the meetings: who never met anybody is not counted among the labelers."""
    rows, keys = tally.prompts.counts, tally.prompts.keys
    return Counts(
        tasks=int((rows[:, At.MEETINGS] // np.maximum(keys[:, 2], 1)).sum()),
        prompts=len(np.unique(keys[:, 1])),
        labelers=len(np.unique(tally.labelers.keys[:, 1:])),
        meetings=int(rows[:, At.MEETINGS].sum()),
        pairs=int(rows[:, KINDS].sum()),
    )


def _meetings(labelers: int) -> int:
    return labelers * (labelers - 1) // 2


def _most_common(tally: Tally) -> tuple[int, int]:
    """The number of labelers that most tasks have (of equals the larger), and how many tasks have another."""
    made = tally.prompts.keys[:, 2]
    if not len(made):
        return 0, 0
    meetings, place = np.unique(made, return_inverse=True)
    tasks = np.bincount(place, weights=tally.prompts.counts[:, At.MEETINGS] / made)
    best = len(tasks) - 1 - int(np.argmax(tasks[::-1]))
    return int(_labelers(meetings[best : best + 1])[0]), round(float(tasks.sum() - tasks[best]))


def _labelers(meetings: Ints) -> Ints:
    """m of m(m-1)/2."""
    return np.rint((1 + np.sqrt(1 + 8 * meetings)) / 2).astype(np.int64)


def _agreement(_: Ints, rows: Ints) -> Floats:
    return np.column_stack([rows[:, At.SAME] + rows[:, At.BOTH_TIED], rows[:, KINDS].sum(axis=1)]).astype(np.float64)


def _without_ties(_: Ints, rows: Ints) -> Floats:
    return np.column_stack([rows[:, At.SAME], rows[:, At.SAME] + rows[:, At.OPPOSITE]]).astype(np.float64)


def _by_task(keys: Ints, rows: Ints) -> Floats:
    meetings, size = keys[:, 2], keys[:, 3]
    agreeing = (rows[:, At.SAME] + rows[:, At.BOTH_TIED]) / (meetings * (size * (size - 1) // 2))
    return np.column_stack([agreeing, rows[:, At.MEETINGS] // meetings])


def _alpha(keys: Ints, rows: Ints) -> Floats:
    """A comparison is two ordered pairs of values, of 1 / (m - 1) each, in either of two orientations."""
    each = 4 / (_labelers(keys[:, 2]) - 1)
    one_tied = rows[:, At.FIRST_TIED] + rows[:, At.SECOND_TIED]
    return np.column_stack(
        [each * (rows[:, At.OPPOSITE] + one_tied), each * (rows[:, At.BOTH_TIED] + one_tied / 2),
         each * rows[:, KINDS].sum(axis=1)]
    )  # fmt: skip


def _fleiss(_: Ints, rows: Ints) -> Floats:
    ties = 2 * rows[:, At.BOTH_TIED] + rows[:, At.FIRST_TIED] + rows[:, At.SECOND_TIED]
    agreeing = rows[:, At.SAME] + rows[:, At.BOTH_TIED]
    return np.column_stack([agreeing, ties, rows[:, KINDS].sum(axis=1)]).astype(np.float64)


def _tau(_: Ints, rows: Ints) -> Floats:
    return rows[:, [At.TAU, At.TAUS]].astype(np.float64)


def _w(_: Ints, rows: Ints) -> Floats:
    return rows[:, [At.W, At.WS]].astype(np.float64)
