"""Texts as numbers: each is read once, a batch at a time, so that memory does not grow with how long they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
from django.db import connection

from ..domain.bias.features import Features, features_at, features_of, features_together, words_of
from ..domain.table import Ints

# Texts held at a time.
BATCH = 4_000
_COMPLETIONS = """
SELECT completion.id, completion.body, prompt.language FROM prompts_completion completion
JOIN prompts_prompt prompt ON prompt.id = completion.prompt_id WHERE completion.id = ANY(%s) ORDER BY completion.id
"""
_PROMPTS = "SELECT id, messages, coalesce(context, '') FROM prompts_prompt WHERE id = ANY(%s) ORDER BY id"


@dataclass(frozen=True, eq=False)
class Texts:
    """`completions` and `prompts` are ids in order; `features` has a row a completion, `words` one a prompt."""

    completions: Ints
    features: Features
    prompts: Ints
    words: npt.NDArray[np.int32]

    @property
    def first(self) -> int:
        return int(self.completions[0]) if len(self.completions) else 0

    def row_of(self, completions: Ints) -> npt.NDArray[np.intp]:
        """The rows of completions that are here."""
        return np.searchsorted(self.completions, completions)

    def words_of_prompts(self, prompts: Ints) -> Ints:
        return self.words[np.searchsorted(self.prompts, prompts)].astype(np.int64) if len(prompts) else prompts


def no_texts() -> Texts:
    none = np.zeros(0, np.int64)
    return Texts(none, features_of([], []), none, words_of([]))


def texts_with(known: Texts, completions: Ints, prompts: Ints) -> Texts:
    """`known` and what is not in it yet; texts never change, so what is known is not read again."""
    new = np.setdiff1d(completions, known.completions)
    ids, parts = [known.completions], [known.features]
    for rows in _read(_COMPLETIONS, new):
        ids.append(np.array([pk for pk, _, _ in rows], np.int64))
        parts.append(features_of([body for _, body, _ in rows], [language for _, _, language in rows]))
    asked, words = [known.prompts], [known.words]
    for rows in _read(_PROMPTS, np.setdiff1d(prompts, known.prompts)):
        asked.append(np.array([pk for pk, _, _ in rows], np.int64))
        words.append(words_of([_said(messages, context) for _, messages, context in rows]))
    if len(parts) == 1 and len(words) == 1:
        return known
    order, prompt_order = np.argsort(np.concatenate(ids)), np.argsort(np.concatenate(asked))
    return Texts(
        np.concatenate(ids)[order], features_at(features_together(parts), order),
        np.concatenate(asked)[prompt_order], np.concatenate(words)[prompt_order],
    )  # fmt: skip


def _read(statement: str, ids: Ints) -> Iterator[list[Any]]:
    for at in range(0, len(ids), BATCH):
        with connection.cursor() as cursor:
            cursor.execute(statement, [ids[at : at + BATCH].tolist()])
            yield cursor.fetchall()


def _said(messages: str, context: str) -> str:
    """All that a labeler reads before the candidates."""
    return "\n".join([context, *(str(message["content"]) for message in orjson.loads(messages))])
