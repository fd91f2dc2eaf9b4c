"""The overlap sample: which tasks several labelers judge, so that agreement can be measured.

Systematic sampling by stratum (InstructGPT had most comparisons labeled once, and measured agreement on a sample). The
tasks of a stratum are numbered 0, 1, 2...; with a share p block b is the numbers from ceil(b/p) to ceil((b+1)/p) - 1,
and exactly one of each block is drawn, by a hash of the project's seed, the stratum and b. So the share holds within one
task after any number of them, in every stratum, and nobody can guess which task it is.
"""

import hashlib
from collections.abc import Iterator
from fractions import Fraction


def sampled(*, seed: int, stratum: str, share: float, first: int, count: int) -> Iterator[bool]:
    """Whether each of `count` tasks in a row of the stratum is one of its block's drawn, from number `first` (of 0)."""
    exact = _exact(share)
    for number in range(first, first + count):
        yield bool(exact) and _is_drawn(seed, stratum, exact, number)


def _exact(share: float) -> Fraction:
    """The share as people write it: 0.1 is a tenth, not the nearest binary number."""
    if not 0 <= share <= 1:
        raise ValueError(f"a share is 0 to 1, not {share}")
    return Fraction(repr(share))


def _is_drawn(seed: int, stratum: str, share: Fraction, number: int) -> bool:
    block = number * share.numerator // share.denominator
    start, end = _start(block, share), _start(block + 1, share)
    return number == start + _draw(seed, stratum, block) % (end - start)


def _start(block: int, share: Fraction) -> int:
    """ceil(block / share)"""
    return -(-block * share.denominator // share.numerator)


def _draw(seed: int, stratum: str, block: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:overlap:{block}:{stratum}".encode()).digest()[:8])
