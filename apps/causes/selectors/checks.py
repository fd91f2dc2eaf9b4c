"""What gold and silent retests say of labelers, as tests passed."""

from collections import defaultdict
from collections.abc import Mapping
from itertools import combinations

import numpy as np

from apps.gold.selectors import gold_scores, retests_of
from apps.projects.models import Project

from ..domain.given import Checks


def gold_of(project: Project) -> Checks:
    return _checks({2 * member: (one.passed, one.items) for member, one in gold_scores(project).items()})


def retests_as_checks(project: Project) -> Checks:
    """A ranking of K candidates is K - 1 tests, not K(K - 1) / 2: its pairs hang together."""
    same, of = defaultdict[int, float](float), defaultdict[int, float](float)
    for one in retests_of(project):
        pairs = [
            (one.first[b] - one.first[a]) * (one.again[b] - one.again[a])
            for a, b in combinations(range(len(one.first)), 2)
        ]
        strict = [pair > 0 for pair in pairs if pair]
        if strict:
            same[2 * one.labeler] += (len(one.first) - 1) * sum(strict) / len(strict)
            of[2 * one.labeler] += len(one.first) - 1
    return _checks({labeler: (round(same[labeler]), round(of[labeler])) for labeler in of})


def _checks(found: Mapping[int, tuple[int, int]]) -> Checks:
    rows = np.array([(labeler, *passed) for labeler, passed in sorted(found.items())], np.int64).reshape(-1, 3)
    return Checks(rows[:, 0], rows[:, 1], rows[:, 2])
