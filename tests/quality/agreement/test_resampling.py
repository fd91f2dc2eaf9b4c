"""Intervals are drawn over prompts, from a seed, in whatever order the prompts come."""

import numpy as np
import pytest

from apps.quality.domain.kinds import kinds_of
from apps.quality.domain.resampling import Bootstrap, ratio
from apps.quality.domain.section import section
from apps.quality.domain.table import Judgments, judgments
from apps.quality.domain.tally import tally


def prompts(count: int, tasks: int, seed: int = 3) -> Judgments:
    """Two labelers who agree on all tasks of a prompt or on none: whatever the number of tasks, a prompt says one thing."""
    agree = np.random.default_rng(seed).random(count) < 0.7
    prompt = np.repeat(np.arange(count), tasks)
    first = np.tile([1, 2], (count * tasks, 1))
    second = np.where(agree[prompt][:, None], first, first[:, ::-1])
    task = np.arange(count * tasks)
    return judgments(
        task=np.tile(task, 2), prompt=np.tile(prompt, 2), labeler=np.repeat([0, 1], len(task)),
        tiers=np.concatenate([first, second]),
    )  # fmt: skip


def width(table: Judgments, bootstrap: Bootstrap) -> float:
    interval = section(tally(table), bootstrap=bootstrap).agreement.interval
    assert interval is not None
    return interval.high - interval.low


def test_more_tasks_of_the_same_prompts_do_not_narrow_the_interval():
    bootstrap = Bootstrap(resamples=2000)
    one, ten, rows = prompts(300, 1), prompts(300, 10), prompts(3000, 1)

    assert width(ten, bootstrap) == pytest.approx(width(one, bootstrap), rel=0.1)
    assert width(ten, bootstrap) > 2.5 * width(rows, bootstrap)


def test_the_width_is_that_of_a_share():
    expected = 2 * 1.96 * np.sqrt(0.7 * 0.3 / 2000)

    assert width(prompts(2000, 1), Bootstrap(resamples=4000)) == pytest.approx(expected, rel=0.1)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    found = [section(tally(prompts(200, 2, seed)), bootstrap=Bootstrap(400)).agreement.interval for seed in range(200)]
    covered = sum(one is not None and one.low <= 0.7 <= one.high for one in found)

    assert 0.89 * 200 <= covered <= 0.99 * 200


def test_the_same_seed_gives_the_same_interval_in_any_order():
    rng = np.random.default_rng(5)
    sums = rng.integers(0, 50, (300, 2)).astype(float)
    draw = Bootstrap().drawn

    assert np.array_equal(draw(sums), draw(rng.permutation(sums)))
    assert not np.array_equal(draw(sums), Bootstrap(seed=1).drawn(sums))


def test_few_kinds_of_prompts_are_drawn_from_the_same_distribution():
    """By a multinomial of the kinds, or prompt by prompt where all differ (here by a thousandth of nothing)."""
    kinds = np.repeat([[1.0, 2.0], [2.0, 2.0], [0.0, 4.0]], [500, 300, 200], axis=0)
    each = kinds + np.arange(1000)[:, None] * 1e-9
    drawn = [ratio(Bootstrap(4000).drawn(sums))[0] for sums in (kinds, each)]

    assert drawn[0].mean() == pytest.approx(drawn[1].mean(), abs=0.002)
    assert drawn[0].std() == pytest.approx(drawn[1].std(), rel=0.06)
    for share in (0.025, 0.5, 0.975):
        assert np.quantile(drawn[0], share) == pytest.approx(np.quantile(drawn[1], share), abs=0.003)


def test_kinds_are_the_different_rows():
    rng = np.random.default_rng(2)
    for high in (3, 10**6, 10**12):
        sums = rng.integers(-2, high, (200, 4)) // (high // 3)
        kinds, number = kinds_of(sums)
        wanted, times = np.unique(sums, axis=0, return_counts=True)
        assert np.array_equal(kinds, wanted)
        assert np.array_equal(number, times)


def test_kinds_of_real_numbers_are_the_different_rows():
    rng = np.random.default_rng(2)
    sums = rng.integers(0, 3, (400, 3)) / 7
    kinds, number = kinds_of(sums)
    wanted, times = np.unique(sums, axis=0, return_counts=True)
    order = np.lexsort(kinds.T[::-1])
    assert np.array_equal(kinds[order], wanted)
    assert np.array_equal(number[order], times)


def test_very_many_prompts_are_drawn_in_groups_as_wide_and_in_any_order():
    rng = np.random.default_rng(4)
    below = rng.integers(1, 40, 9000) / 3
    sums = np.column_stack([below * rng.beta(2, 3, 9000), below])
    found = Bootstrap().interval(*ratio(Bootstrap().drawn(sums)))
    value = sums[:, 0].sum() / below.sum()
    half = 1.96 * np.sqrt(((sums[:, 0] - value * below) ** 2).sum()) / below.sum()
    assert found is not None
    assert (found.high - found.low) / (2 * half) == pytest.approx(1, abs=0.1)
    assert np.array_equal(Bootstrap().drawn(sums), Bootstrap().drawn(rng.permutation(sums)))
