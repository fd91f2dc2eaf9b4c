"""A slope common to few clusters, tested and bounded by sign flips.

Each labeler gives sums xy and xx of deviations, and the slope is sum(xy) / sum(xx). If it is b, the scores xy - b xx are
as likely positive as negative, labeler by labeler, so flipping the signs of some of them gives a value as likely as the
one seen. The share of flips that go as far is the p of b, exactly, however few labelers there are and however much
their judgments hang together (R. A. Fisher, The Design of Experiments, 1935, section 21; I. Canay, J. Romano and
A. Shaikh, Randomization tests under an approximate symmetry assumption, 2017).

A flip parts the labelers into those it turns and those it leaves. It goes as far as what was seen exactly where b lies
between the slopes of the two parts, so the interval of all b that are not refused is a quantile of those slopes.
"""

import numpy as np
import numpy.typing as npt

from .estimate import Interval, Method
from .intervals import LEVEL, SEED, Bools, Floats

# With five labelers one flip in 16 is the one that changes nothing: no p is under 0.05.
FEWEST = 6
# Up to this many labelers all flips are tried: 2^12. With more, as many are drawn.
_ALL = 13
_DRAWN = 4095


def slope_of(xy: Floats, xx: Floats) -> tuple[float, Interval | None, float | None]:
    """The slope, its interval and the p of no slope; None for both with fewer than FEWEST labelers. At least one xx is
    above 0."""
    order = np.lexsort((xy, xx))
    xy, xx = xy[order], xx[order]
    xy, xx = xy[xx > 0], xx[xx > 0]
    slope = float(xy.sum() / xx.sum())
    if len(xx) < FEWEST:
        return slope, None, None
    low, high = _between(xy, xx, _flips(len(xx)))
    # Which b are not refused: those that more than 5 % of the flips let pass.
    passed = int(np.floor((1 - LEVEL) * len(low) + 1e-9))
    interval = Interval(float(np.sort(low)[passed]), float(np.sort(high)[::-1][passed]), LEVEL, Method.FLIPS)
    return slope, interval, float(((low <= 0) & (high >= 0)).mean())


def _flips(labelers: int) -> Bools:
    """(flips, labelers): who is turned. The first row turns nobody; a flip and its opposite are one, so the last labeler
    is never turned."""
    turned = np.zeros((1, labelers), np.bool_)
    if labelers <= _ALL:
        numbers = np.arange(1 << (labelers - 1))
        return np.asarray((numbers[:, None] >> np.arange(labelers)) & 1, np.bool_)
    drawn = np.random.default_rng(SEED).integers(0, 2, (_DRAWN, labelers), dtype=np.int8).astype(np.bool_)
    return np.concatenate([turned, drawn])


def _between(xy: Floats, xx: Floats, turned: Bools) -> tuple[Floats, Floats]:
    """For each flip, the slopes of the two parts, the smaller first. Turning nobody or everybody lets every b pass."""
    signs: npt.NDArray[np.float64] = turned.astype(np.float64)
    part_xy, part_xx = signs @ xy, signs @ xx
    rest_xy, rest_xx = xy.sum() - part_xy, xx.sum() - part_xx
    whole = ~turned.any(axis=1) | turned.all(axis=1)
    one = part_xy / np.where(whole, 1, part_xx)
    other = rest_xy / np.where(whole, 1, rest_xx)
    low, high = np.minimum(one, other), np.maximum(one, other)
    return np.where(whole, -np.inf, low), np.where(whole, np.inf, high)
