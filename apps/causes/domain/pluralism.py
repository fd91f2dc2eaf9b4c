"""Whether stable groups of labelers prefer different things, and how many groups.

Groups are found on either half of the prompts and tried on the other: stable ones foretell what labelers say of prompts
they were not found on. Two questions are put to the half left out. Is what was said there likelier under two groups than
under one group of labelers who differ in reliability? And how much less would groups disagree if they preferred the
same: beside sqrt(w_g w_h), where w_g is how much two of group g agree beyond chance. Careless labelers have a w near 0, so
a group of them expects nothing and explains nothing. Both halves must show it; then their p-values are joined by S.
Stouffer's sum (1949).

There is a group more, up to MOST_GROUPS, where what was said in the halves left out is likelier with it (P. Smyth, 2000),
by more than a standard error over prompts (the rule of L. Breiman et al., 1984).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from apps.quality.domain.table import Ints

from .evidence import BOOTSTRAP, NOTHING, Evidence, Why
from .given import Bools, Floats
from .groups import Split, divided, split
from .laws import above, joined
from .meetings import Meetings, Pairs, pairs_of
from .reliability import likelihood, reliabilities

FEWEST_LABELERS = 4
MOST_GROUPS = 4
# Each half alone shows it at this level, or it is not stable.
_EITHER = 0.05


@dataclass(frozen=True, eq=False)
class Pluralism:
    """`split` is of all prompts."""

    evidence: Evidence
    split: Split | None = None


def pluralism(met: Meetings, chosen: Bools) -> Pluralism:
    """Of the `chosen` meetings; the share is of the disagreement of all."""
    if len(np.unique(np.concatenate([met.one[chosen], met.other[chosen]]))) < FEWEST_LABELERS:
        return Pluralism(Evidence(why=Why.FEW_LABELERS))
    pairs = pairs_of(met, chosen)
    whole = split(pairs)
    if whole is None:
        return Pluralism(Evidence(why=Why.FEW_LABELERS))
    halves = [_Half(met, chosen, number) for number in (0, 1)]
    tried = [half.tried(half.found) for half in halves]
    evidence = _joined(met, tried)
    if sum(float(one.gain.sum()) for one in tried) <= 0 or evidence.low is None:
        return Pluralism(NOTHING, whole)
    return _with_more(met, pairs, halves, tried, Pluralism(evidence, whole))


def _with_more(
    met: Meetings, pairs: Pairs, halves: Sequence["_Half"], tried: Sequence["_Tried"], found: Pluralism
) -> Pluralism:
    """With as many groups as foretell the halves left out."""
    splits = [half.found for half in halves]
    while found.split is not None and found.split.number < MOST_GROUPS:
        more = [None if one is None else divided(half.pairs, one) for half, one in zip(halves, splits, strict=True)]
        whole = divided(pairs, found.split)
        if whole is None or any(one is None for one in more):
            break
        retried = [half.tried(one) for half, one in zip(halves, more, strict=True)]
        gain = np.sum([one.gain for one in retried], axis=0) - np.sum([one.gain for one in tried], axis=0)
        evidence = _joined(met, retried)
        if not _surely(gain) or evidence.low is None:
            break
        splits, tried, found = more, retried, Pluralism(evidence, whole)
    return found


def _surely(gain: Floats) -> bool:
    """Whether the mean over prompts is above zero by more than its standard error."""
    return bool(gain.sum() > np.sqrt(len(gain)) * gain.std(ddof=1)) if len(gain) > 1 else False


# A meeting of nobody in two groups.
_NONE = -1


@dataclass(frozen=True, eq=False)
class _Tried:
    """On the half left out: the log-likelihood that groups add, a prompt; and of each meeting the ranks by size of its
    labelers' groups, the larger group first."""

    gain: Floats
    first: Ints
    second: Ints


class _Half:
    """Half of the prompts, and what is found on the other."""

    def __init__(self, met: Meetings, chosen: Bools, number: int) -> None:
        self.met = met
        self.here = chosen & (met.fold % 2 == number)
        self.pairs = pairs_of(met, chosen & ~self.here)
        self.found = split(self.pairs)
        self.alone = reliabilities(self.pairs)

    def tried(self, found: Split | None) -> _Tried:
        met, here = self.met, self.here
        first, second, gain = np.full(len(met), _NONE), np.full(len(met), _NONE), np.zeros(len(met))
        if found is not None:
            one, other = met.one[here], met.other[here]
            agreed, compared = met.agreed[here], met.compared[here]
            gain[here] = likelihood(agreed, compared, found.expected(one, other))
            gain[here] -= likelihood(agreed, compared, self.alone[one] * self.alone[other])
            rank = found.ranks()
            known = (found.group[one] >= 0) & (found.group[other] >= 0)
            low, high = np.minimum(rank[one], rank[other]), np.maximum(rank[one], rank[other])
            first[here], second[here] = np.where(known, low, _NONE), np.where(known, high, _NONE)
        return _Tried(met.by_prompt(gain), first, second)


def _joined(met: Meetings, tried: Sequence[_Tried]) -> Evidence:
    """Of both halves, with the p-value that both halves alone allow."""
    # A p-value so small that it is 0 is one all the same.
    p = [1.0 if one is None else one for one in (_measured(met, [half]).p for half in tried)]
    return replace(_measured(met, tried), p=joined(p) if max(p) < _EITHER else max(p))


def _measured(met: Meetings, tried: Sequence[_Tried]) -> Evidence:
    first, second = (np.max([getattr(one, name) for one in tried], axis=0) for name in ("first", "second"))
    number = int(second.max(initial=0)) + 1
    kinds = [(one, one) for one in range(number)] + list(combinations(range(number), 2))
    columns = [
        met.by_prompt(values * ((first == one) & (second == other)))
        for one, other in kinds for values in (met.agreed, met.compared)
    ]  # fmt: skip
    sums = np.column_stack([*columns, met.by_prompt(met.opposite)])
    share, defined = _share(sums.sum(axis=0), number)
    if not defined:
        return NOTHING
    draws, drawn = _share(BOOTSTRAP.drawn(sums), number)
    interval = BOOTSTRAP.interval(draws, drawn)
    error = float(draws[drawn].std()) if drawn.any() else 0.0
    if interval is None or not error:
        return NOTHING
    return Evidence(float(share), interval.low, interval.high, above(float(share) / error))


def _share(sums: Floats, number: int) -> tuple[Floats, Bools]:
    """Columns: agreed and compared within each group, then of every two groups; last all that was the opposite."""
    rates = [np.maximum(sums[..., 2 * at] / np.maximum(sums[..., 2 * at + 1], 1.0), 0.0) for at in range(number)]
    missed, across = np.zeros(sums.shape[:-1]), np.zeros(sums.shape[:-1])
    for place, (one, other) in enumerate(combinations(range(number), 2), start=number):
        agreed, compared = sums[..., 2 * place], sums[..., 2 * place + 1]
        missed, across = missed + np.sqrt(rates[one] * rates[other]) * compared - agreed, across + compared
    total = sums[..., -1]
    return missed / 2 / np.maximum(total, 1.0), (total > 0) & (across > 0)
