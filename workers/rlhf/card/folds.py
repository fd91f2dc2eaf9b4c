"""Does it hold for people it never heard? One training a group of labelers, without that group's rankings.

InstructGPT, section 3.5 and C.2: 72.4 +- 0.4 % within groups, 69.6 +- 0.9 % on the group left out.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from random import Random
from typing import Any

import numpy as np

from workers.rlhf.card.interval import Accuracy, Floats, Resamples, Statistic
from workers.rlhf.card.table import Table, right
from workers.rlhf.preference.ranked import Judged, RankedPrompt

SHOWN_NAMES = 50


@dataclass(frozen=True)
class Fold:
    """A model that was trained without the rankings of `people`, and its raw rewards of all held-out texts."""

    people: frozenset[str]
    trained_prompts: int
    trained_comparisons: int
    rewards: Floats


def who(ranking: Judged) -> str:
    """Whom a ranking counts for. All that is nobody's (a pool's, made of several) is one."""
    return ranking.labeler if ranking.by_one else ""


def groups_of(prompts: Iterable[RankedPrompt], folds: int, seed: int) -> list[frozenset[str]]:
    """The labelers in `folds` groups of about as many comparisons each; fewer groups where there are fewer labelers.

    Those with most come first, each into the group with fewest so far; the seed decides between equals.
    """
    counted: Counter[str] = Counter()
    for prompt in prompts:
        for ranking in prompt.rankings:
            counted[who(ranking)] += len(ranking.pairs)
    dice = Random(f"{seed} folds")  # noqa: S311
    people = sorted(counted)
    dice.shuffle(people)
    groups: list[set[str]] = [set() for _ in range(min(folds, len(people)))]
    sizes = [0] * len(groups)
    for one in sorted(people, key=lambda name: -counted[name]):
        smallest = sizes.index(min(sizes))
        groups[smallest].add(one)
        sizes[smallest] += counted[one]
    return [frozenset(group) for group in groups]


def without_people(prompt: RankedPrompt, people: frozenset[str]) -> RankedPrompt:
    """The prompt as the others ranked it. Its texts stay: what nobody compared has no part in the loss."""
    return replace(prompt, rankings=[one for one in prompt.rankings if who(one) not in people])


KINDS = ("left_out", "within", "model")  # of each fold: the group's pairs, the others', the group's by the whole model


def folds_report(table: Table, whole: Floats, folds: Sequence[Fold], resamples: Resamples) -> dict[str, Any]:
    """`whole`: raw rewards of the model that heard everybody, for the same pairs of the groups that were left out.

    A row counts each pair once. So do the numbers of all folds together: a pair has one model that did not hear its
    labeler, and for `within` the mean answer of those that did.
    """
    by_whole = right(table.margins(whole))
    answers = np.stack([right(table.margins(fold.rewards)) for fold in folds])  # (folds, comparisons), as all below
    theirs = np.stack([_ordered_by(table, fold.people) for fold in folds])
    heard = 1 - theirs
    once = heard / np.maximum(1, heard.sum(axis=0))
    rights, pairs = [], []
    for answer, left, others in zip(answers, theirs, heard, strict=True):
        rights += [answer * left, answer * others, by_whole * left]
        pairs += [left, others, left]
    rights += [one.sum(axis=0) for one in (answers * theirs, answers * once, by_whole * theirs)]
    pairs += [one.sum(axis=0) for one in (theirs, once, theirs)]
    counted_right, counted = table.by_prompt(*rights), table.by_prompt(*pairs)
    found = resamples.accuracies(counted_right, counted)
    together = np.hstack([counted_right[:, -3:], counted[:, -3:]])
    gap, loss = resamples.numbers(together, _less("within"), _less("model"))
    return {
        "folds": len(folds),
        "rows": [_row(n, fold, found[3 * n : 3 * n + 3]) for n, fold in enumerate(folds)],
        **_named(found[-3:]),
        "gap": asdict(gap) if gap else None,
        "shown": bool(gap and gap.side),
        "loss": asdict(loss) if loss else None,
        "loss_shown": bool(loss and loss.side),
        "left_out_sem": _sem(found[:-3:3]),
        "within_sem": _sem(found[1:-3:3]),
    }


def _ordered_by(table: Table, people: frozenset[str]) -> Floats:
    """(comparisons,): 1 where one of these people said it."""
    return np.array([who(table.rankings[n]) in people for n in table.ranking], dtype=np.float64)


def _less(kind: str) -> Statistic:
    """The accuracy of this kind less that on the groups left out."""
    n = KINDS.index(kind)

    def difference(sums: Floats) -> Floats:
        found: Floats = sums[..., n] / sums[..., 3 + n] - sums[..., 0] / sums[..., 3]
        return found

    return difference


def _named(shares: Sequence[Accuracy | None]) -> dict[str, Any]:
    return {kind: asdict(share) if share else None for kind, share in zip(KINDS, shares, strict=True)}


def _row(n: int, fold: Fold, shares: Sequence[Accuracy | None]) -> dict[str, Any]:
    return {
        "fold": n + 1,
        "labelers": len(fold.people),
        "names": sorted(fold.people)[:SHOWN_NAMES],
        "trained_prompts": fold.trained_prompts,
        "trained_comparisons": fold.trained_comparisons,
        **_named(shares),
    }


def _sem(shares: Sequence[Accuracy | None]) -> float | None:
    """The standard error of the folds' mean, as the paper's +-."""
    known = [share.accuracy for share in shares if share]
    return float(np.std(known, ddof=1)) / math.sqrt(len(known)) if len(known) > 1 else None
