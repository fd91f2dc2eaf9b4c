"""How many words a judgment means reading: of the prompt and of all candidates."""

import numpy as np

from .columns import Rankings
from .intervals import Ints


def words_read(given: Rankings) -> Ints:
    """-1 where the words of the prompt are not known."""
    total = given.prompt_words.copy()
    for column in given.completion.T:
        there = column >= 0
        total[there] += given.features.words[column[there]]
    return np.where(given.prompt_words >= 0, total, -1)
