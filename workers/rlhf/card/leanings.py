"""What goes with a higher reward, beside what goes with the labelers' choice.

Everything is counted within prompts, on the differences of the two replies of each labeled pair. The model's choice (its
order of the two) is compared with the labelers' choice on the same pairs: where the model leans further to a feature
than the people whom it learned from, it has learned a short cut, as length often is (P. Singhal et al., "A Long Way to Go:
Investigating Length Correlations in RLHF", arXiv 2310.03716).
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from workers.rlhf.card.interval import Floats, Number, Resamples
from workers.rlhf.card.style import FEATURES
from workers.rlhf.card.table import Table, right

FEWEST_PAIRS = 20  # that differ in a feature
SHOWN_FIRST = ("shown_first", "places earlier")


def leanings(table: Table, margins: Floats, resamples: Resamples) -> dict[str, Any]:
    """`margins`: reward of the better minus reward of the worse reply, of each comparison."""
    rows, absent = [], []
    for name, unit, difference in _differences(table):
        row = _row(table, difference, margins, resamples)
        if row is None:
            absent.append(name)
        else:
            rows.append({"feature": name, "unit": unit, **row})
    return {"rows": rows, "absent": absent}


def _differences(table: Table) -> Iterator[tuple[str, str, Floats]]:
    """Each feature's name, unit, and how much more of it the better reply has; NaN where that is not known."""
    for feature in FEATURES:
        measured = np.array([feature.measure(text) for text in table.texts], dtype=np.float64)
        yield feature.name, feature.unit, table.margins(measured)
    yield *SHOWN_FIRST, _earlier(table)


def _earlier(table: Table) -> Floats:
    """By how many places the better reply was shown before the worse one."""
    start = np.cumsum([0, *(len(one.texts) for one in table.prompts)])[table.prompt]
    found = np.full(len(table), np.nan)
    for row, (ranking, better, worse) in enumerate(
        zip(table.ranking, table.better - start, table.worse - start, strict=True)
    ):
        shown = table.rankings[ranking].shown
        if better in shown and worse in shown:
            found[row] = shown[worse] - shown[better]
    return found


def _row(table: Table, difference: Floats, margins: Floats, resamples: Resamples) -> dict[str, Any] | None:
    """None where too few pairs differ, or on too few prompts."""
    differ = np.isfinite(difference) & (difference != 0)
    if differ.sum() < FEWEST_PAIRS:
        return None
    one = differ.astype(np.float64)
    more, choice, margin = np.where(differ, difference, 0), np.sign(margins) * one, margins * one
    columns = table.by_prompt(more**2, one, more * margin, margin**2, more * choice, choice**2, more)
    found = resamples.numbers(columns, _reward, _model, _labelers, lambda sums: _model(sums) - _labelers(sums))
    shares = resamples.accuracies(
        table.by_prompt(right(np.sign(more) * choice) * one, right(more) * one), table.by_prompt(one, one)
    )
    if found[2] is None:
        return None
    return {
        **dict(zip(("reward", "model", "labelers", "difference"), map(_json, found), strict=True)),
        **{name: asdict(share) if share else None for name, share in zip(("model_more", "labelers_more"), shares, strict=True)},
        "pairs": int(one.sum()),
        "prompts": int(np.count_nonzero(columns[:, 1])),
    }  # fmt: skip


def _reward(sums: Floats) -> Floats:
    return _correlation(sums[..., 2], sums[..., 0], sums[..., 3])


def _model(sums: Floats) -> Floats:
    return _correlation(sums[..., 4], sums[..., 0], sums[..., 5])


def _labelers(sums: Floats) -> Floats:
    """Rows are turned the labelers' way, so their choice is 1 in each."""
    return _correlation(sums[..., 6], sums[..., 0], sums[..., 1])


def _correlation(product: Floats, square: Floats, other: Floats) -> Floats:
    """Of differences, whose mean is 0 since a pair may be turned round; 0 where the model prefers neither anywhere."""
    found: Floats = np.where(other > 0, product / np.sqrt(square * np.where(other > 0, other, 1)), 0.0)
    return found


def _json(number: Number | None) -> dict[str, float] | None:
    return asdict(number) if number else None
