"""How well the labelers of one group agree: every statistic of rankings, from a tally.

Each compared pair counts once: two candidates of a task, on which two labelers are compared. InstructGPT's number (arXiv
2203.02155, section 3.4) is of this kind: of what was compared, the share that was said alike. A task with more labelers
or candidates says more, and counts for more; `agreement_by_task` weighs each task the same.
"""

from dataclasses import dataclass

import numpy as np

from .alpha import alpha_of_pairs
from .estimate import Counts, Estimate, Ties, Why
from .evaluate import Measure, evaluate
from .kappa import FLEISS, fleiss_of_pairs
from .kendall import TAU_B, W
from .resampling import Bools, Bootstrap, Floats, ratio
from .sums import Ints
from .tally import ACROSS, KINDS, UNIT, At, Tally

AGREEMENT = "Pairwise agreement"
BY_TASK = "Pairwise agreement, each task the same weight"
ALPHA = "Krippendorff's alpha, nominal, over pairs in both orientations"
DEFAULT = Bootstrap()


@dataclass(frozen=True, slots=True)
class Section:
    """`labelers_a_task` is the most common number of labelers a task; Fleiss' kappa and W are over such tasks alone, and
    their `left_out` counts the other tasks (of W, also those in which everything is tied). `left_out` of agreement without
    ties counts pairs, that of tau-b meetings."""

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
    counts = counts_of(part)
    common, others = _most_common(part)
    measures = [*_of_meetings(part), *_of_whole_tasks(part, common, others)]
    if not counts.meetings:
        found = [Estimate(one.method, one.ties, counts, why=_nothing(part, group)) for one in measures]
    else:
        found = evaluate(part.prompts.keys[:, 1], measures, counts, bootstrap)
    if group == ACROSS and counts.meetings:
        found[4:] = [Estimate(one.method, one.ties, counts, why=Why.TWO_GROUPS) for one in measures[4:]]
    agreement, without_ties, by_task, tau_b, alpha, fleiss, w = found
    return Section(
        int(part.judged.counts.sum()), counts, common if group != ACROSS else 0,
        agreement, without_ties, by_task, alpha, fleiss, tau_b, w,
    )  # fmt: skip


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


def _of_meetings(tally: Tally) -> list[Measure]:
    """What compares two judgments at a time."""
    rows, meetings, size = tally.prompts.counts, tally.prompts.keys[:, 2], tally.prompts.keys[:, 3]
    alike, compared = rows[:, At.SAME] + rows[:, At.BOTH_TIED], rows[:, KINDS].sum(axis=1)
    decided = rows[:, At.SAME] + rows[:, At.OPPOSITE]
    tasks, in_a_task = rows[:, At.MEETINGS] // meetings, meetings * (size * (size - 1) // 2)
    undefined = int((rows[:, At.MEETINGS] - rows[:, At.TAUS]).sum())
    return [
        Measure(AGREEMENT, Ties.OUTCOME, columns_of(alike, compared), ratio, Why.NO_OVERLAP),
        Measure(AGREEMENT, Ties.LEFT_OUT, columns_of(rows[:, At.SAME], decided), ratio, Why.ALL_TIES,
                int((compared - decided).sum())),
        Measure(BY_TASK, Ties.OUTCOME, columns_of(alike / in_a_task, tasks), ratio, Why.NO_OVERLAP),
        Measure(TAU_B, Ties.TAU_B, columns_of(rows[:, At.TAU], rows[:, At.TAUS]), _ratio_of_units, Why.TIES_ONLY, undefined),
    ]  # fmt: skip


def _of_whole_tasks(tally: Tally, common: int, others: int) -> list[Measure]:
    """What looks at all labelers of a task together; kappa and W at tasks with `common` of them."""
    rows, meetings = tally.prompts.counts, tally.prompts.keys[:, 2]
    one_tied = rows[:, At.FIRST_TIED] + rows[:, At.SECOND_TIED]
    ties, compared = 2 * rows[:, At.BOTH_TIED] + one_tied, rows[:, KINDS].sum(axis=1)
    # A comparison is two ordered pairs of values, of 1 / (m - 1) each, in either of two orientations.
    each = 4 / (_labelers(meetings) - 1)
    chosen = (meetings == common * (common - 1) // 2).astype(np.int64)
    judged = int((chosen * rows[:, At.MEETINGS] // meetings).sum())
    all_tied = judged - int((chosen * rows[:, At.WS]).sum())
    return [
        Measure(ALPHA, Ties.CATEGORY, columns_of(each * (rows[:, At.OPPOSITE] + one_tied), each * ties / 2, each * compared),
                alpha_of_pairs, Why.NO_VARIATION),
        Measure(FLEISS, Ties.CATEGORY,
                columns_of(*(chosen * one for one in (rows[:, At.SAME] + rows[:, At.BOTH_TIED], ties, compared))),
                fleiss_of_pairs, Why.NO_VARIATION, others),
        Measure(W, Ties.MID_RANKS, columns_of(chosen * rows[:, At.W], chosen * rows[:, At.WS]), _ratio_of_units,
                Why.TIES_ONLY, others + all_tied),
    ]  # fmt: skip


def _nothing(tally: Tally, group: int) -> Why:
    total = int(tally.judged.counts.sum())
    if group == ACROSS or (total > 1 and len(tally.judged.keys) > 1):
        return Why.NO_OVERLAP
    return (Why.NO_JUDGMENTS, Why.ONE_JUDGMENT, Why.ONE_LABELER)[min(total, 2)]


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


def columns_of(*columns: Ints | Floats) -> Floats:
    return np.column_stack(columns).astype(np.float64)


def _ratio_of_units(sums: Floats) -> tuple[Floats, Bools]:
    value, defined = ratio(sums)
    return value / UNIT, defined
