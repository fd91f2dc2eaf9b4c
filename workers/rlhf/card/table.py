"""The comparisons of some prompts as columns: what every part of a report card counts in."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from workers.rlhf.card.interval import Floats
from workers.rlhf.preference.ranked import Judged, RankedPrompt

Ints = NDArray[np.int64]
Values = list[Floats]  # a value for each text of each prompt, in their order


@dataclass(frozen=True)
class Table:
    """A row a comparison, in the order of prompts, rankings, pairs.

    `better` and `worse` are places in all the prompts' texts laid end to end; `prompt` and `ranking` count from 0.
    """

    prompts: Sequence[RankedPrompt]
    rankings: Sequence[Judged]
    of: Ints  # (rankings,) whose prompt
    prompt: Ints  # (rows,)
    ranking: Ints
    better: Ints
    worse: Ints

    def __len__(self) -> int:
        return len(self.prompt)

    def by_prompt(self, *columns: Floats) -> Floats:
        """(prompts, columns): each prompt's sums of columns (rows,)."""
        return np.column_stack([np.bincount(self.prompt, one, len(self.prompts)) for one in columns])

    def margins(self, values: Floats) -> Floats:
        """The better text's value minus the worse one's, (rows,), from values of all texts."""
        found: Floats = values[self.better] - values[self.worse]
        return found

    @cached_property
    def text_prompt(self) -> Ints:
        """(texts,) the prompt of each text."""
        return np.repeat(np.arange(len(self.prompts)), [len(one.texts) for one in self.prompts])

    @cached_property
    def texts(self) -> list[str]:
        return [text for one in self.prompts for text in one.texts]


def table_of(prompts: Sequence[RankedPrompt]) -> Table:
    rankings: list[Judged] = []
    of, rows = [], []
    start = 0
    for place, prompt in enumerate(prompts):
        for one in prompt.rankings:
            rows += [(place, len(rankings), start + better, start + worse) for better, worse in one.pairs]
            rankings.append(one)
            of.append(place)
        start += len(prompt.texts)
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    return Table(prompts, rankings, np.array(of, dtype=np.int64), columns[0], columns[1], columns[2], columns[3])


def laid_out(values: Values) -> Floats:
    """The values of all texts, end to end, as a table's rows count them."""
    return np.concatenate([np.zeros(0), *values])


def right(margins: Floats) -> Floats:
    """1 where the better text has the higher value, 1/2 where both have the same, else 0."""
    found: Floats = (np.sign(margins) + 1) / 2
    return found
