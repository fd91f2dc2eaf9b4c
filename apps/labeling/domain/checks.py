"""When a labeler gets a check: gold, or a task of their own again. `labeling_check_take` (migration 0013) does the same.

A labeler's judgments are divided into stretches of 1 / rate. In each, one drawn place is the check's.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

# Gold comes first where both are due.
SORTS = ("gold", "retest")


def draw(seed: int, member: int, sort: str, number: int) -> float:
    """From 0 up to 1: the first 32 bits of a hash with the project's seed, which no labeler knows."""
    digest = sha256(f"{seed}:{member}:{sort}:{number}".encode()).hexdigest()
    return int(digest[:8], 16) / 2**32


@dataclass(frozen=True, slots=True)
class Pace:
    """Where a labeler is in their stretches of one sort: how many were drawn, and the judgment the next one begins at.
    `left`: how many checks of the sort there still are for them."""

    rate: float
    drawn: int
    begins: float
    left: int


def checks_between(tasks: int, at: int, paces: Mapping[str, Pace], *, seed: int, member: int) -> int:
    """How many checks come before a queue of so many tasks is used up, when `at` judgments were given.

    What a labeler is told of their queue counts them in: so each task they take makes it one shorter, check or not.
    """
    pace = {sort: paces[sort] for sort in SORTS if sort in paces and paces[sort].rate}
    found = 0
    while True:
        given = False
        for sort, one in pace.items():
            if given or at < math.floor(one.begins + draw(seed, member, sort, one.drawn) / one.rate):
                continue
            given = one.left > 0
            begins = max(one.begins + 1 / one.rate, at)
            pace[sort] = Pace(one.rate, one.drawn + 1, begins, one.left - given)
        if given:
            found += 1
        elif tasks:
            tasks -= 1
        else:
            return found
        at += 1
