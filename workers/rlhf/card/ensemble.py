"""How far models that were trained alike differ: where they do, the reward says little.

T. Coste et al., "Reward Model Ensembles Help Mitigate Overoptimization" (arXiv 2310.02743), train against such spreads; here
they are only shown.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from workers.rlhf.card.interval import Accuracy, Floats, Resamples
from workers.rlhf.card.table import Table, right


def ensemble(table: Table, members: Sequence[tuple[str, Floats]], resamples: Resamples) -> dict[str, Any]:
    """`members`: names with raw rewards of all texts, at least two; the first is the model that the report is about."""
    rewards = np.stack([_comparable(table, values) for _, values in members])
    margins = np.stack([table.margins(one) for one in rewards])
    spread = rewards.std(axis=0, ddof=1)
    signs = np.sign(margins)
    differ = (signs.min(axis=0) != signs.max(axis=0)).astype(np.float64)
    of_first, together, every = right(margins[0]), right(margins.mean(axis=0)), np.ones(len(table))
    disagree, agreed, differed, mean = resamples.accuracies(
        table.by_prompt(differ, of_first * (1 - differ), of_first * differ, together),
        table.by_prompt(every, 1 - differ, differ, every),
    )
    return {
        "members": [{"name": name} for name, _ in members],
        "spread": {
            "mean": float(spread.mean()), "median": float(np.median(spread)), "p90": float(np.quantile(spread, 0.9)),
            "completions": len(spread),
        },
        "disagree": _json(disagree),
        "where_agreed": _json(agreed),
        "where_not": _json(differed),
        "together": _json(mean),
    }  # fmt: skip


def _comparable(table: Table, values: Floats) -> Floats:
    """Rewards less their prompt's mean, over their spread: only differences within a prompt were ever taught."""
    counts = np.bincount(table.text_prompt, minlength=len(table.prompts))
    means = np.bincount(table.text_prompt, values, len(table.prompts)) / np.maximum(counts, 1)
    centred = values - means[table.text_prompt]
    scale = float(np.sqrt((centred**2).mean()))
    found: Floats = centred / scale if scale > 0 else centred
    return found


def _json(share: Accuracy | None) -> dict[str, Any] | None:
    return asdict(share) if share else None
