"""Every two judgments of one task by two persons, and the sums of every two labelers."""

from dataclasses import dataclass

import numpy as np

from apps.quality.domain.outcomes import Rows, kinds, meetings, outcomes
from apps.quality.domain.table import Ints

from .given import QUICK, USE_CASE, Bools, Floats, Given

# Parts of the prompts: what is learned of the others is tried on each.
FOLDS = 6
_SEED = 20220304


@dataclass(frozen=True, eq=False)
class Meetings:
    """A row two judgments of one task. `one`, `other`, `task` and `prompt` are places in the sorted names; `agreed` is
    the pairs of candidates ordered alike less the opposite ones, `compared` both together."""

    labelers: Ints
    tasks: Ints
    prompts: Ints
    one: Ints
    other: Ints
    task: Ints
    prompt: Ints
    agreed: Floats
    compared: Floats
    ties: float
    quick: Bools
    use_case: Ints
    size: Ints
    fold: Ints

    @property
    def opposite(self) -> Floats:
        return (self.compared - self.agreed) / 2

    def __len__(self) -> int:
        return len(self.one)

    def by_prompt(self, values: Floats) -> Floats:
        """Sums of a value of the meetings, a row a prompt."""
        return np.bincount(self.prompt, values, minlength=len(self.prompts)).astype(np.float64)

    def by_task(self, values: Floats) -> Floats:
        return np.bincount(self.task, values, minlength=len(self.tasks)).astype(np.float64)


def meetings_of(data: Given) -> Meetings:
    """Of the tasks that two persons judged; `fold` and `use_case` are a row's, by its prompt."""
    rows = data.judged.where(data.judged.person)
    pairs = list(meetings(rows.task))
    first: Rows = np.concatenate([one for one, _ in pairs]) if pairs else np.zeros(0, np.intp)
    second: Rows = np.concatenate([two for _, two in pairs]) if pairs else np.zeros(0, np.intp)
    said = outcomes(rows.tiers)
    found = kinds(said, first, second)
    labelers, labeler = np.unique(rows.labeler, return_inverse=True)
    tasks, task = np.unique(rows.task[first], return_inverse=True)
    prompts, prompt = np.unique(rows.prompt[first], return_inverse=True)
    same, opposite = found.same.astype(np.float64), found.opposite.astype(np.float64)
    strict = np.bitwise_count(said.strict).sum()
    return Meetings(
        labelers=labelers, tasks=tasks, prompts=prompts,
        one=labeler[first], other=labeler[second], task=task, prompt=prompt,
        agreed=same - opposite, compared=same + opposite,
        ties=float(1 - strict / max(said.pairs.sum(), 1)),
        quick=_quick(rows.groups[QUICK], first, second),
        use_case=rows.groups[USE_CASE][first], size=rows.sizes()[first],
        fold=_folds(len(prompts))[prompt],
    )  # fmt: skip


def _quick(quick: Ints, first: Rows, second: Rows) -> Bools:
    """Where either judgment was too quick. Where most judgments are, as where a program hands them in, time sets nobody apart."""
    found: Bools = (quick[first] == 1) | (quick[second] == 1)
    return found if 2 * np.count_nonzero(quick) <= len(quick) else np.zeros(len(found), np.bool_)


def _folds(prompts: int) -> Ints:
    """Of each prompt in the order of its name: rows and labelers have no say in it."""
    fold = np.arange(prompts) % FOLDS
    np.random.default_rng(_SEED).shuffle(fold)
    return fold


@dataclass(frozen=True, eq=False)
class Pairs:
    """A row two labelers who met: what they agreed on and compared, together."""

    labelers: int
    one: Ints
    other: Ints
    agreed: Floats
    compared: Floats

    def where(self, chosen: Bools) -> "Pairs":
        return Pairs(self.labelers, self.one[chosen], self.other[chosen], self.agreed[chosen], self.compared[chosen])

    def sum_of(self, of_one: Floats, of_other: Floats) -> Floats:
        """For each labeler the sum over those they met."""
        found = np.bincount(self.one, of_one, minlength=self.labelers)
        return np.asarray(found + np.bincount(self.other, of_other, minlength=self.labelers), np.float64)


def pairs_of(met: Meetings, chosen: Bools) -> Pairs:
    low, high = np.minimum(met.one[chosen], met.other[chosen]), np.maximum(met.one[chosen], met.other[chosen])
    count = len(met.labelers)
    keys, place = np.unique(low * count + high, return_inverse=True)
    agreed = np.bincount(place, met.agreed[chosen], minlength=len(keys)).astype(np.float64)
    compared = np.bincount(place, met.compared[chosen], minlength=len(keys)).astype(np.float64)
    return Pairs(count, keys // max(count, 1), keys % max(count, 1), agreed, compared)
