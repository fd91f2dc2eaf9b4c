"""A judgment in a view that nobody knows counts in neither."""

import numpy as np
import pytest

from apps.quality.domain.bias.estimate import Why
from apps.quality.domain.bias.rendering import rendering

from .make import Crowd


def crowd(views: np.ndarray | None) -> Crowd:
    found = Crowd(5)
    found.more = {"bold": found.rng.integers(0, 3, found.characters.size)}
    found.columns = {} if views is None else {"raw": views}
    return found


def test_unknown_views_are_left_out():
    known = np.resize([0, 1], 320)
    one = rendering(crowd(known).table())
    half = known.copy()
    half[160:] = -1
    other = rendering(crowd(half).table())
    assert one.rendered.counts.judgments + one.raw.counts.judgments > 160
    assert other.rendered.counts.judgments + other.raw.counts.judgments <= 160
    assert other.difference.value is not None


@pytest.mark.parametrize(
    ("views", "why"), [(None, Why.NO_VIEW), (np.full(320, -1), Why.NO_VIEW), (np.zeros(320, np.int64), Why.ONE_VIEW)]
)
def test_without_two_views_there_is_a_sentence(views, why):
    assert rendering(crowd(views).table()).difference.why.words is why
