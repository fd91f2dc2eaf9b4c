"""Sentinel pairs: the file is sound, what a model cannot read is left out, and counts have exact intervals."""

from collections import Counter

import numpy as np
import pytest
from scipy.stats import binomtest

from tests.rlhf import planted
from workers.rlhf.card.exact import binomial_interval, sign_test
from workers.rlhf.card.sentinels import (
    TOO_LONG,
    UNREADABLE,
    Readable,
    Sentinel,
    readable,
    sentinels,
    sentinels_report,
    sentinels_section,
)
from workers.rlhf.language.loading import load_tokenizer, locate
from workers.rlhf.language.render import Renderer
from workers.rlhf.preference.encoded import Limits

WIDE = Limits(100, 100, 200)
SOUP = Sentinel("s1", "season", "snow today", "some soup", "some ices", "ices are cold")
MELON = Sentinel("s2", "season", "sun today", "some melon", "some stew please with friends", "stew is hot")
FOREIGN = Sentinel("s3", "words", "snow", "some soup", "quarks and gluons", "unknown words")


def test_the_file_holds_pairs_of_every_kind():
    found = sentinels()
    assert len({one.id for one in found}) == len(found) >= 20
    assert all(one.better != one.worse and one.prompt and one.note for one in found)
    assert min(Counter(one.kind for one in found).values()) >= 3
    assert len({one.kind for one in found}) >= 5


def test_a_model_reads_what_has_tokens_and_room():
    renderer = Renderer(planted.tokenizer())
    found = readable([SOUP, MELON, FOREIGN], renderer, WIDE)
    assert found.sentinels == [SOUP, MELON]
    assert len(found.pairs) == 4
    assert found.left_out == {UNREADABLE: 1}
    small = readable([SOUP, MELON, FOREIGN], renderer, Limits(100, 4, 200))
    assert small.sentinels == [SOUP]
    assert small.left_out == {TOO_LONG: 1, UNREADABLE: 1}
    assert small.why_left_out == f"1 is {TOO_LONG}, 1 is {UNREADABLE}."


def test_every_pair_of_the_file_can_be_read_by_a_tokenizer_of_bytes(tiny_base):
    renderer = Renderer(load_tokenizer(locate("model", str(tiny_base), tiny_base)))
    found = readable(sentinels(), renderer, Limits(10_000, 10_000, 20_000))
    assert (len(found.sentinels), found.why_left_out) == (len(sentinels()), None)


def test_margins_are_counted_by_kind_the_worst_first():
    margins = np.array([1.0, -2.0, 0.0])
    found = sentinels_report(Readable([SOUP, MELON, FOREIGN], [], Counter()), margins)
    assert (found["right"], found["pairs"], found["accuracy"]) == (1.5, 3, 0.5)
    assert [(row["id"], row["right"]) for row in found["rows"]] == [("s2", False), ("s3", None), ("s1", True)]
    assert [(kind["kind"], kind["right"], kind["margin"]) for kind in found["kinds"]] == [
        ("season", 1, -0.5),
        ("words", 0.5, 0),
    ]


def test_nothing_readable_says_why():
    found = readable([FOREIGN], Renderer(planted.tokenizer()), WIDE)
    section, why = sentinels_section(found, None, 1.0)
    assert (section, why) == (None, f"1 is {UNREADABLE}.")


@pytest.mark.parametrize(("right", "trials"), [(0, 3), (3, 3), (5, 12), (40, 41), (700, 1000)])
def test_the_interval_is_clopper_and_pearson_s(right, trials):
    exact = binomtest(right, trials).proportion_ci(0.95, "exact")
    assert binomial_interval(right, trials) == (pytest.approx(exact.low, abs=1e-9), pytest.approx(exact.high, abs=1e-9))


def test_a_half_widens_the_interval_to_both_sides():
    low, high = binomial_interval(2.5, 5)
    assert (low, high) == (binomial_interval(2, 5)[0], binomial_interval(3, 5)[1])


@pytest.mark.parametrize(("one", "other"), [(0, 0), (5, 5), (1, 9), (30, 50), (2000, 2100)])
def test_the_sign_test_is_exact(one, other):
    expected = binomtest(one, one + other).pvalue if one + other else 1
    assert sign_test(one, other) == pytest.approx(expected, abs=1e-9)
