"""What the causes of disagreement are sought in, as columns. Indexes are the caller's; names stay outside.

Ties: a pair of candidates that either of two labelers calls a tie is left out. What is left is ordered the same or the
opposite way, and "disagreement" is the opposite pairs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as of_none

import numpy as np
import numpy.typing as npt

from apps.quality.domain.table import Ints, Judgments, Tiers, judgments

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
NOBODY = np.zeros(0, np.int64)
USE_CASE, QUICK = "use_case", "quick"


@dataclass(frozen=True, eq=False)
class Complaints:
    """A row a labeler and prompt: the prompt was flagged as ambiguous, or skipped as unclear or broken."""

    prompt: Ints = of_none(default_factory=lambda: NOBODY)
    labeler: Ints = of_none(default_factory=lambda: NOBODY)


@dataclass(frozen=True, eq=False)
class Checks:
    """A row a labeler: of `of` tests `right` were passed. Pairs of candidates of silent retests said as before, or gold."""

    labeler: Ints = of_none(default_factory=lambda: NOBODY)
    right: Ints = of_none(default_factory=lambda: NOBODY)
    of: Ints = of_none(default_factory=lambda: NOBODY)


@dataclass(frozen=True, eq=False)
class Marks:
    """A row a yes or no of a labeler: on a field of the schema, of a target (a candidate) in a task of a prompt."""

    field: Ints = of_none(default_factory=lambda: NOBODY)
    target: Ints = of_none(default_factory=lambda: NOBODY)
    task: Ints = of_none(default_factory=lambda: NOBODY)
    prompt: Ints = of_none(default_factory=lambda: NOBODY)
    labeler: Ints = of_none(default_factory=lambda: NOBODY)
    value: Ints = of_none(default_factory=lambda: NOBODY)


@dataclass(frozen=True, eq=False)
class Given:
    """`judged` has the groups `use_case` (of the prompt) and `quick` (1: quicker than anybody reads; 0: not, or not
    known). Whoever builds it bounds the labelers of a task: work grows with every two of them."""

    judged: Judgments
    retests: Checks = of_none(default_factory=Checks)
    gold: Checks = of_none(default_factory=Checks)
    complaints: Complaints = of_none(default_factory=Complaints)
    marks: Marks = of_none(default_factory=Marks)


def given(
    *,
    task: npt.ArrayLike,
    prompt: npt.ArrayLike,
    labeler: npt.ArrayLike,
    tiers: Tiers,
    use_case: npt.ArrayLike,
    quick: npt.ArrayLike | None = None,
    retests: Checks | None = None,
    gold: Checks | None = None,
    complaints: Complaints | None = None,
    marks: Marks | None = None,
) -> Given:
    """Checked columns of persons. Raises ValueError that names what is wrong."""
    count = len(np.asarray(task))
    groups: Mapping[str, npt.ArrayLike] = {
        USE_CASE: use_case,
        QUICK: np.zeros(count, np.int64) if quick is None else quick,
    }
    table = judgments(task=task, labeler=labeler, tiers=tiers, prompt=prompt, groups=groups)
    return Given(table, retests or Checks(), gold or Checks(), complaints or Complaints(), marks or Marks())
