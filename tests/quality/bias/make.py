"""Simulated labelers with one planted habit, and reports as plain values."""

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from apps.quality.domain.bias.columns import Rankings, rankings
from apps.quality.domain.bias.estimate import Sentence
from apps.quality.domain.bias.features import Features
from apps.quality.domain.bias.intervals import Bootstrap
from apps.quality.domain.bias.marks import PATTERNS, Mark
from apps.quality.domain.bias.pairs import Table

QUICK = Bootstrap(resamples=300)


def features(characters: Any, words: Any = None, **marks: Any) -> Features:
    """`marks` by their names in small letters; what is not given is 0."""
    length = np.asarray(characters, np.int32)
    counts = {mark: np.zeros(len(length), np.uint16) for mark in PATTERNS}
    counts |= {Mark[name.upper()]: np.asarray(values, np.uint16) for name, values in marks.items()}
    read = length // 5 if words is None else np.asarray(words, np.int32)
    return Features(length, read, np.ones(len(length), np.bool_), counts)


def dense(scores: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Tiers from scores, the least first, equal tied; of each row as many candidates as `size` says."""
    width = scores.shape[1]
    there = np.arange(width) < size[:, None]
    # Of equal scores the first one counts, so that tiers are dense.
    new = there.copy()
    for place in range(width):
        new[:, place] &= ~((scores[:, :place] == scores[:, [place]]) & there[:, :place]).any(axis=1)
    above = ((scores[:, None, :] < scores[:, :, None]) & new[:, None, :]).sum(axis=2)
    return np.where(there, above + 1, 0).astype(np.int8)


class Crowd:
    """Judgments of tasks with 2 to 4 candidates: every third task by two labelers, in shuffled orders, at random but for
    what a test plants."""

    def __init__(self, seed: int, tasks: int = 240, labelers: int = 12) -> None:
        self.rng = rng = np.random.default_rng(seed)
        twice = np.arange(0, tasks, 3)
        self.task = np.concatenate([np.arange(tasks), twice])
        self.labeler = np.concatenate([np.arange(tasks) % labelers, (twice + 1) % labelers])
        n, width = len(self.task), 4
        self.size = rng.integers(2, 5, tasks)[self.task]
        self.completion = np.where(
            np.arange(width) < self.size[:, None], width * self.task[:, None] + np.arange(width), -1
        )
        self.characters = rng.permutation(np.arange(100, 100 + width * tasks))
        self.shown = np.zeros((n, width), np.int8)
        for row, k in enumerate(self.size):
            self.shown[row, :k] = rng.permutation(k) + 1
        self.scores = rng.integers(0, 4, (n, width)).astype(float)
        self.more: dict[str, Any] = {}
        self.columns: dict[str, Any] = {}

    def length(self) -> np.ndarray:
        return self.characters[np.maximum(self.completion, 0)]

    def some(self, share: float) -> np.ndarray:
        return self.rng.random(len(self.task)) < share

    def given(self) -> Rankings:
        return rankings(
            task=self.task, prompt=self.task // 2, labeler=self.labeler, tiers=dense(self.scores, self.size),
            features=features(self.characters, **self.more), completion=self.completion, shown=self.shown,
            **self.columns,
        )  # fmt: skip

    def table(self) -> Table:
        return Table(self.given(), QUICK)


def flat(report: Any, path: str = "") -> dict[str, Any]:
    """Every value of a report by its path: sentences as texts, reals to nine digits."""
    if isinstance(report, Sentence):
        return {path: str(report)}
    if is_dataclass(report):
        parts = [(field.name, getattr(report, field.name)) for field in fields(report)]
    elif isinstance(report, tuple):
        parts = [(str(at), part) for at, part in enumerate(report)]
    else:
        return {path: round(report, 9) if isinstance(report, float) else report}
    return {name: value for at, part in parts for name, value in flat(part, f"{path}.{at}").items()}
