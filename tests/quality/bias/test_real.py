"""Length in other people's data: what is known of it comes out."""

from typing import Any

import numpy as np
import pytest

from apps.quality.domain.bias.columns import rankings
from apps.quality.domain.bias.features import features_of
from apps.quality.domain.bias.length import Length, length
from apps.quality.domain.bias.pairs import Table
from tests.real.files import lines_of, real_file


def length_in(name: str, limit: int | None = None) -> Length:
    rows: list[dict[str, Any]] = lines_of(real_file(name))[:limit]
    texts, tiers, completion, task, labeler, prompt = [], [], [], [], [], []
    for number, row in enumerate(rows):
        start = len(texts)
        texts += [one["text"] for one in row["completions"]]
        for ranking in row["rankings"]:
            pad = [0] * (9 - len(ranking["ranks"]))
            tiers.append([*ranking["ranks"], *pad])
            completion.append([*range(start, len(texts)), *[-1 for _ in pad]])
            task.append(number)
            prompt.append(str(row["messages"]))
            labeler.append(ranking["labeler"])
    return length(Table(rankings(
        task=task, prompt=np.unique(prompt, return_inverse=True)[1], labeler=np.unique(labeler, return_inverse=True)[1],
        tiers=np.array(tiers), completion=np.array(completion), features=features_of(texts, ["en"] * len(texts)),
    )))  # fmt: skip


def test_hh():
    """One judgment a pair, no ties, of a crowd: "longer is better" is right a little more often than a coin."""
    found = length_in("hh_helpful_kwise")
    assert found.rule.value == pytest.approx(0.5576, abs=5e-4)
    assert found.rule.interval is not None
    assert found.rule.interval.low < 0.55 < found.rule.interval.high
    assert found.agreement.value is None


def test_pandalm():
    """Three people a pair, with ties: the rule is better there, more so where lengths differ much, far below people."""
    found = length_in("pandalm_pairs")
    assert found.rule.value == pytest.approx(0.6589, abs=5e-4)
    assert found.rule.interval is not None
    assert found.rule.interval.low < 0.67 < found.rule.interval.high
    assert found.agreement.value == pytest.approx(0.956, abs=1e-3)
    assert found.bands[-1].longer.value > found.bands[0].longer.value
