"""Agreement under one version of a guideline beside that under the next.

A prompt may have been judged under both, so whole prompts are drawn with what was said under either: the two numbers and
their difference see the same resamples. Labelers and tasks change with time, too: a difference does not say why.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .estimate import Counts, Estimate, Ties, Why
from .resampling import Bools, Bootstrap, Floats, ratio
from .sums import Ints
from .tally import KINDS, At, Tally

# Below this many prompts in either, the spread of prompts says too little.
FEWEST_PROMPTS = 20
METHOD = "Difference of pairwise agreement"
DEFAULT = Bootstrap()


@dataclass(frozen=True, slots=True)
class Change:
    """From group `before` to group `after` of a tally by version. The differences are after less before."""

    before: int
    after: int
    prompts_before: int
    prompts_after: int
    agreement: Estimate
    agreement_without_ties: Estimate


def changes(tally: Tally, steps: Iterable[tuple[int, int]], bootstrap: Bootstrap = DEFAULT) -> list[Change]:
    return [_change(tally, before, after, bootstrap) for before, after in steps]


def _change(tally: Tally, before: int, after: int, bootstrap: Bootstrap) -> Change:
    rows = [tally.prompts.of_group(group) for group in (before, after)]
    prompts = [np.unique(one.keys[:, 1]) for one in rows]
    every = np.union1d(*prompts)
    sums = [_sums(one.keys[:, 1], one.counts, every) for one in rows]
    counts = Counts(prompts=len(every), pairs=int(sum(part[:, 1].sum() for part in sums)))

    def difference(ties: Ties, alike: int, compared: int) -> Estimate:
        if min(len(one) for one in prompts) < FEWEST_PROMPTS:
            return Estimate(METHOD, ties, counts, why=Why.FEW_PROMPTS)
        columns = np.column_stack([part[:, at] for part in sums for at in (alike, compared)])
        value, defined = _apart(columns.sum(axis=0))
        if not defined:
            return Estimate(METHOD, ties, counts, why=Why.ALL_TIES)
        interval = bootstrap.interval(*_apart(bootstrap.drawn(columns)))
        why = None if interval else Why.NO_VARIATION
        return Estimate(METHOD, ties, counts, float(value), interval, why_no_interval=why)

    return Change(
        before, after, len(prompts[0]), len(prompts[1]), difference(Ties.OUTCOME, 0, 1), difference(Ties.LEFT_OUT, 2, 3)
    )


def _sums(prompt: Ints, rows: Ints, every: Ints) -> Floats:
    """A row a prompt of `every`: alike and compared, a tie being an outcome; the same without ties."""
    alike, compared = rows[:, At.SAME] + rows[:, At.BOTH_TIED], rows[:, KINDS].sum(axis=1)
    strict, decided = rows[:, At.SAME], rows[:, At.SAME] + rows[:, At.OPPOSITE]
    place = np.searchsorted(every, prompt)
    columns = [np.bincount(place, part, minlength=len(every)) for part in (alike, compared, strict, decided)]
    return np.column_stack(columns).astype(np.float64)


def _apart(sums: Floats) -> tuple[Floats, Bools]:
    one, defined = ratio(sums[..., :2])
    other, also = ratio(sums[..., 2:])
    return other - one, defined & also
