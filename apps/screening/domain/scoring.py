"""What a candidate's answers are worth, part by part (docs/screening.md). A number, or the reason why there is none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from statistics import fmean

import numpy as np

from apps.core.domain.ranking import K_MAX
from apps.quality.domain.outcomes import kinds, outcomes


class Why(StrEnum):
    """Why a score has no value. Stable; the sentences are `words.WHY`."""

    NOT_ASKED = "not_asked"
    NOT_SEEN = "not_seen"
    NO_STRICT_PAIR = "no_strict_pair"
    NOT_GRADED = "not_graded"


@dataclass(frozen=True, slots=True)
class Score:
    """`value` is None exactly where `why` is set. `of` is what it is a share or mean of, `out_of` what there would be."""

    value: float | None
    why: Why | None
    of: int
    out_of: int
    items: int


def _score(total: float, of: int, out_of: int, items: int, why: Why) -> Score:
    return Score(total / of, None, of, out_of, items) if of else Score(None, why, 0, out_of, items)


def flag_score(said: Sequence[tuple[Mapping[str, str], Mapping[str, str]]]) -> Score:
    """The share of flags answered as the researchers did, of every flag of every item: (theirs, the candidate's)."""
    cells = [(key[name], own.get(name)) for key, own in said for name in key]
    return _score(sum(one == other for one, other in cells), len(cells), len(cells), len(said), Why.NOT_ASKED)


@dataclass(frozen=True, slots=True)
class PairCounts:
    """Pairs of texts on which two rankings were compared, as `quality.domain.outcomes` tells their kinds."""

    same: int = 0
    opposite: int = 0
    both_tied: int = 0
    one_tied: int = 0

    @property
    def pairs(self) -> int:
        return self.same + self.opposite + self.both_tied + self.one_tied

    def __add__(self, other: "PairCounts") -> "PairCounts":
        return PairCounts(
            self.same + other.same, self.opposite + other.opposite,
            self.both_tied + other.both_tied, self.one_tied + other.one_tied,
        )  # fmt: skip


def pair_counts(one: Sequence[int], others: Iterable[Sequence[int]]) -> PairCounts:
    """The pairs of `one` beside each of `others`, which rank the same texts."""
    rows = [one, *others]
    table = np.zeros((len(rows), K_MAX), np.int8)
    for row, tiers in zip(table, rows, strict=True):
        row[: len(tiers)] = tiers
    theirs = np.arange(1, len(rows), dtype=np.intp)
    found = kinds(outcomes(table), np.zeros_like(theirs), theirs)
    return PairCounts(
        int(found.same.sum()), int(found.opposite.sum()), int(found.both_tied.sum()),
        int(found.first_tied.sum() + found.second_tied.sum()),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class RankingScore:
    """`with_ties` is what the cut-off is set against: a tie is an answer of its own. `strict` leaves out the pairs
    that either of the two tied."""

    with_ties: Score
    strict: Score


def ranking_score(counted: Sequence[PairCounts]) -> RankingScore:
    """Of the counts of each item; every pair beside every researcher counts once."""
    total = sum(counted, PairCounts())
    strict = total.same + total.opposite
    return RankingScore(
        _score(total.same + total.both_tied, total.pairs, total.pairs, len(counted), Why.NOT_ASKED),
        _score(total.same, strict, total.pairs, len(counted), Why.NO_STRICT_PAIR if total.pairs else Why.NOT_ASKED),
    )


def among_researchers(references: Iterable[Sequence[Sequence[int]]]) -> RankingScore:
    """How far the researchers agree with each other: what nobody can be expected to exceed."""
    met = [tiers for tiers in references if len(tiers) > 1]
    return ranking_score([sum((pair_counts(a, [b]) for a, b in combinations(tiers, 2)), PairCounts()) for tiers in met])


def demonstration_score(grades: Sequence[Sequence[int]]) -> Score:
    """The mean over texts of the mean of a text's grades: each text counts once, however many graded it."""
    graded = [fmean(of_text) for of_text in grades if of_text]
    why = Why.NOT_GRADED if grades else Why.NOT_ASKED
    return _score(sum(graded), len(graded), len(grades), len(grades), why)
