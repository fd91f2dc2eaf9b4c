"""From sums of each prompt to estimates: the value from their total, the interval from resamples of whole prompts."""

from dataclasses import dataclass

import numpy as np

from .estimate import Counts, Estimate, Ties, Why
from .resampling import Bootstrap, Floats, Statistic
from .sums import Ints, starts_of


@dataclass(frozen=True)
class Measure:
    """A statistic and the sums it is computed from, a row a key of the tally. `undefined` says why there may be none."""

    method: str
    ties: Ties
    columns: Floats
    statistic: Statistic
    undefined: Why
    left_out: int = 0


def evaluate(prompts: Ints, measures: list[Measure], counts: Counts, bootstrap: Bootstrap | None) -> list[Estimate]:
    """`prompts` is sorted, a row a key. All measures see the same resamples, so they can be held against each other."""
    starts = starts_of(prompts[:, None])
    sums = np.add.reduceat(np.concatenate([one.columns for one in measures], axis=1), starts, axis=0)
    draws = bootstrap.drawn(sums) if bootstrap and len(sums) > 1 else None
    found, at = [], 0
    for one in measures:
        here = slice(at, at := at + one.columns.shape[1])
        found.append(
            _estimate(one, sums[:, here].sum(axis=0), draws if draws is None else draws[:, here], counts, bootstrap)
        )
    return found


def _estimate(
    one: Measure, total: Floats, draws: Floats | None, counts: Counts, bootstrap: Bootstrap | None
) -> Estimate:
    value, defined = one.statistic(total)
    if not defined:
        return Estimate(one.method, one.ties, counts, why=one.undefined, left_out=one.left_out)
    interval, why = None, Why.ONE_PROMPT if bootstrap else None
    if bootstrap and draws is not None:
        interval = bootstrap.interval(*one.statistic(draws))
        why = None if interval else Why.NO_VARIATION
    return Estimate(one.method, one.ties, counts, float(value), interval, why_no_interval=why, left_out=one.left_out)
