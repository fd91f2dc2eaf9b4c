"""Exact binomial answers for counts too small to resample."""

from collections.abc import Callable
from math import exp, lgamma, log

STEPS = 60  # halvings of an interval between 0 and 1


def binomial_interval(right: float, trials: int) -> tuple[float, float]:
    """The 95 % interval of Clopper and Pearson (1934) of a share; a half counts against either end."""
    low, high = int(right), -int(-right // 1)
    return (
        0.0 if low == 0 else _where(lambda share: 1 - _at_most(low - 1, trials, share) < 0.025),
        1.0 if high == trials else _where(lambda share: _at_most(high, trials, share) > 0.025),
    )


def sign_test(one: int, other: int) -> float:
    """The two-sided p-value of so many votes for either side, were both as likely: McNemar's exact test."""
    return min(1.0, 2 * _at_most(min(one, other), one + other, 0.5))


def _at_most(most: int, trials: int, share: float) -> float:
    """The probability of at most so many of `trials`."""
    if share <= 0:
        return 1.0
    if share >= 1:
        return 1.0 if most >= trials else 0.0
    return min(
        1.0, sum(exp(_log_ways(trials, n) + n * log(share) + (trials - n) * log(1 - share)) for n in range(most + 1))
    )


def _log_ways(trials: int, n: int) -> float:
    return lgamma(trials + 1) - lgamma(n + 1) - lgamma(trials - n + 1)


def _where(still: Callable[[float], bool]) -> float:
    """The share up to which `still` holds."""
    low, high = 0.0, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if still(middle) else (low, middle)
    return (low + high) / 2
