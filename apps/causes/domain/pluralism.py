"""Whether two stable groups of labelers prefer different things.

Groups are found on either half of the prompts and tried on the other: stable ones foretell what labelers say of prompts
they were not found on. Two questions are put to the half left out. Is what was said there likelier under two groups than
under one group of labelers who differ in reliability? And how much less would groups disagree if they preferred the
same: beside sqrt(w0 w1), where w is how much two of one group agree beyond chance. Careless labelers have a w near 0, so
a group of them expects nothing and explains nothing. Both halves must show it; then their p-values are joined by S.
Stouffer's sum (1949).
"""

from dataclasses import dataclass, replace

import numpy as np

from apps.quality.domain.table import Ints

from .evidence import BOOTSTRAP, NOTHING, Evidence, Why
from .given import Bools, Floats
from .groups import Split, split
from .laws import above, joined
from .meetings import Meetings, pairs_of
from .reliability import likelihood, reliabilities

FEWEST_LABELERS = 4
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
    whole = split(pairs_of(met, chosen))
    if whole is None:
        return Pluralism(Evidence(why=Why.FEW_LABELERS))
    first, second = (_tried(met, chosen, half) for half in (0, 1))
    kind = np.where(met.fold % 2 == 0, first.kind, second.kind)
    evidence = _measured(met, kind)
    if first.gain + second.gain <= 0 or evidence.low is None:
        return Pluralism(NOTHING, whole)
    # A p-value so small that it is 0 is one all the same.
    p = [1.0 if one is None else one for one in (_measured(met, half.kind).p for half in (first, second))]
    return Pluralism(replace(evidence, p=joined(p) if max(p) < _EITHER else max(p)), whole)


# What a meeting is of: two of the larger group, two of the smaller, one of each; or of no group.
_LARGER, _SMALLER, _ACROSS, _NONE = range(4)


@dataclass(frozen=True, eq=False)
class _Tried:
    """On one half: the log-likelihood that two groups add, and the kind of each meeting."""

    gain: float
    kind: Ints


def _tried(met: Meetings, chosen: Bools, half: int) -> _Tried:
    kind = np.full(len(met), _NONE)
    tried = chosen & (met.fold % 2 == half)
    pairs = pairs_of(met, chosen & ~tried)
    found = split(pairs)
    if found is None:
        return _Tried(0.0, kind)
    one, other, agreed, compared = met.one[tried], met.other[tried], met.agreed[tried], met.compared[tried]
    alone = reliabilities(pairs)
    gain = float(likelihood(agreed, compared, found.expected(one, other)).sum())
    gain -= float(likelihood(agreed, compared, alone[one] * alone[other]).sum())
    inside = np.where(found.group[one] == _larger(found), _LARGER, _SMALLER)
    known = (found.group[one] >= 0) & (found.group[other] >= 0)
    kind[tried] = np.where(known, np.where(found.across(one, other), _ACROSS, inside), _NONE)
    return _Tried(gain, kind)


def _larger(found: Split) -> int:
    return int((found.group == 1).sum() > (found.group == 0).sum())


def _measured(met: Meetings, kind: Ints) -> Evidence:
    columns = [met.by_prompt(values * (kind == one)) for one in (_LARGER, _SMALLER, _ACROSS) for values in (met.agreed, met.compared)]  # fmt: skip
    sums = np.column_stack([*columns, met.by_prompt(met.opposite)])
    share, defined = _share(sums.sum(axis=0))
    if not defined:
        return NOTHING
    draws, drawn = _share(BOOTSTRAP.drawn(sums))
    interval = BOOTSTRAP.interval(draws, drawn)
    error = float(draws[drawn].std()) if drawn.any() else 0.0
    if interval is None or not error:
        return NOTHING
    return Evidence(float(share), interval.low, interval.high, above(float(share) / error))


def _share(sums: Floats) -> tuple[Floats, Bools]:
    rates = [np.maximum(sums[..., at] / np.maximum(sums[..., at + 1], 1.0), 0.0) for at in (0, 2)]
    wanted = np.sqrt(rates[0] * rates[1]) * sums[..., 5]
    total = sums[..., 6]
    return (wanted - sums[..., 4]) / 2 / np.maximum(total, 1.0), (total > 0) & (sums[..., 5] > 0)
