"""What stands beside a reward model's accuracy, with the labelers' agreement: two rules that read little.

A reward model that does not beat the longer answer or a bag of words has learned no more than they know; one that
comes near the labelers' agreement has learned what there is to learn (InstructGPT: 72.4 % beside 72.6 %).
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression

from workers.rlhf.card.interval import Floats
from workers.rlhf.card.table import Values, laid_out, right, table_of
from workers.rlhf.preference.ranked import RankedPrompt

# No fitted vocabulary: a text of no words is a row of zeros, and memory stays bounded on any language.
WORDS = HashingVectorizer(n_features=2**18, alternate_sign=False, norm=None, token_pattern=r"(?u)\w+")  # noqa: S106


def tally(prompts: Sequence[RankedPrompt], values: Values) -> tuple[Floats, Floats]:
    """Right answers and pairs of each prompt, both (prompts,), where the higher value wins. Equal values: half right."""
    table = table_of(prompts)
    every = np.ones(len(table))
    found = table.by_prompt(right(table.margins(laid_out(values))), every)
    return found[:, 0], found[:, 1]


def lengths(prompts: Sequence[RankedPrompt]) -> Values:
    """The rule "the longer text wins", in characters."""
    return [np.array([len(text) for text in prompt.texts], dtype=np.float64) for prompt in prompts]


def bag_of_words(train: Sequence[RankedPrompt], prompts: Sequence[RankedPrompt]) -> Values | None:
    """A weight for each word, by logistic regression on the difference of the word counts of each training pair.

    No intercept: a pair has no first side. For the same reason half of the pairs are turned round, which gives the
    regression its two classes and leaves its loss as it is. Ties are no pairs. None where fewer than two pairs exist.
    """
    better, worse = _sides(train)
    if len(better) < 2:
        return None
    counts = WORDS.transform(text for prompt in train for text in prompt.texts)
    turn = np.where(np.arange(len(better)) % 2, -1.0, 1.0)
    differences = (counts[better] - counts[worse]).multiply(turn[:, None]).tocsr()
    # Every other word's weight stays 0, and each step would go through all of them. At least one: there may be none.
    known = np.union1d(differences.indices, [0])
    # lbfgs stops at a gradient of 1e-4; with the default penalty it gets there long before this many steps.
    rule = LogisticRegression(fit_intercept=False, max_iter=10_000).fit(differences[:, known], turn > 0)
    return [WORDS.transform(prompt.texts)[:, known] @ rule.coef_[0] for prompt in prompts]


def _sides(prompts: Sequence[RankedPrompt]) -> tuple[Any, Any]:
    """Rows of the better and of the worse text of each pair, in the prompts' texts laid end to end."""
    ends = np.cumsum([0, *(len(prompt.texts) for prompt in prompts)])
    rows = [
        (start + better, start + worse)
        for prompt, (start, _) in zip(prompts, pairwise(ends), strict=True)
        for ranking in prompt.rankings
        for better, worse in ranking.pairs
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]
