"""How often replies of one model were ranked above those of another: of every two models, prompt by prompt."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from apps.quality.domain.sums import Ints, Sums

# Rankings counted at a time, so that memory does not grow with their number.
PIECE = 100_000


@dataclass(frozen=True, eq=False)
class Ranked:
    """A row a ranking, a column a place of its task. `model` wrote the reply there; 0 is nobody of the registry, or no
    reply. `tier` is the reply's rank, 1 the best."""

    prompt: Ints
    model: Ints
    tier: Ints

    def __len__(self) -> int:
        return len(self.prompt)

    def of(self, rows: Ints) -> "Ranked":
        return Ranked(self.prompt[rows], self.model[rows], self.tier[rows])


def outcomes(ranked: Ranked, piece: int = PIECE) -> Sums:
    """Keys: two models, the lower first, and how many pairs of their replies to one prompt were ranked above, tied and
    below. Counts: of how many prompts that is so."""
    parts = [_of_prompts(_by_prompt(ranked.of(rows))) for rows in _pieces(ranked.prompt, piece)]
    return Sums.total([Sums.none(5, 1), *parts])


def _pieces(prompt: Ints, piece: int) -> Iterator[Ints]:
    """Rows that belong together: all of a prompt's are in one piece."""
    order = np.argsort(prompt, kind="stable")
    sorted_prompts = prompt[order]
    starts = np.unique(np.searchsorted(sorted_prompts, sorted_prompts[::piece]))
    yield from np.split(order, starts[1:])


def _by_prompt(ranked: Ranked) -> Sums:
    """Keys: two models, the lower first, and a prompt; counts: above, tied, below."""
    places = range(ranked.model.shape[1])
    return Sums.total([Sums.none(3, 3), *(_of_places(ranked, one, other) for one, other in combinations(places, 2))])


def _of_places(ranked: Ranked, first: int, second: int) -> Sums:
    one, other = ranked.model[:, first], ranked.model[:, second]
    there = np.flatnonzero((one > 0) & (other > 0) & (one != other))
    one, other = one[there], other[there]
    ahead = np.sign(ranked.tier[there, second] - ranked.tier[there, first]) * np.sign(other - one)
    keys = np.column_stack([np.minimum(one, other), np.maximum(one, other), ranked.prompt[there]])
    return Sums.of(keys, np.column_stack([ahead == 1, ahead == 0, ahead == -1]).astype(np.int64))


def _of_prompts(sums: Sums) -> Sums:
    keys = np.column_stack([sums.keys[:, :2], sums.counts])
    return Sums.of(keys, np.ones((len(keys), 1), np.int64))
