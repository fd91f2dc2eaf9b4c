"""The numbers beside a reward model's accuracy, on rankings whose answers can be counted by hand."""

import json
from random import Random

import numpy as np
import pytest

from tests.rlhf import planted
from workers.rlhf.card.agreement import agreement
from workers.rlhf.card.baselines import bag_of_words, lengths, tally
from workers.rlhf.card.interval import accuracy
from workers.rlhf.card.report import NO_BASELINES, NO_PAIR_TWICE, NO_VALIDATION, TOO_FEW_WORDS, reward_report
from workers.rlhf.preference.ranked import Judged, RankedPrompt, read_rankings


def prompt(texts, *rankings, split="train", uid="p"):
    """A prompt with rankings given as (labeler, pairs) or (labeler, kind, pairs)."""
    judged = [Judged(one[0], one[1] if len(one) == 3 else "member", one[-1]) for one in rankings]
    return RankedPrompt(uid, split, [{"role": "user", "content": "hi"}], None, list(texts), judged)


def report(train, held_out, **fields):
    zeros = tuple([np.zeros(len(one.texts)) for one in prompts] for prompts in (train, held_out))
    given = {"train": train, "held_out": held_out, "rewards": zeros, "left_out": {}, "resamples": 100, "seed": 0}
    made = reward_report(**{**given, **fields})
    json.dumps(made, allow_nan=False)
    return made


def test_a_tally_counts_every_ranking_and_ties_by_half():
    one = prompt("abc", ("ann", [(0, 1), (0, 2), (1, 2)]), ("ben", [(2, 0)]))
    right, pairs = tally([one], [np.array([2.0, 2.0, 1.0])])
    assert (right.tolist(), pairs.tolist()) == ([2.5], [4])


def test_the_length_rule_says_which_way_it_points():
    shorter = [prompt(["a", "long text"], ("ann", [(0, 1)]), uid=str(n)) for n in range(3)]
    made = report(shorter, shorter)["baselines"]["length"]
    assert (made["accuracy"], made["more_often_better"]) == (0, "shorter")
    assert (
        report(shorter, [prompt(["ab", "cd"], ("ann", [(1, 0)]))])["baselines"]["length"]["more_often_better"]
        == "neither"
    )


def test_a_bag_of_words_learns_a_keyword_and_not_on_held_out_prompts():
    train = [prompt([f"w{n} thanks", f"w{n + 1} no"], ("ann", [(0, 1)])) for n in range(10)]
    held_out = [prompt(["x no", "x thanks"], ("ann", [(1, 0)])), prompt(["no", "yes thanks"], ("ann", [(0, 1)]))]
    right, _ = tally(held_out, bag_of_words(train, held_out))
    assert right.tolist() == [1, 0]


def test_a_bag_of_words_stands_words_it_never_saw_and_texts_of_none():
    train = [prompt(["", "?!"], ("ann", [(0, 1)]))] * 2
    right, _ = tally(train, bag_of_words(train, train))
    assert right.tolist() == [0.5, 0.5]
    assert bag_of_words(train[:1], train) is None


def test_agreement_is_of_different_people_on_pairs_that_both_ordered():
    one = prompt(
        "abc",
        ("ann", [(0, 1), (0, 2)]),  # 1 and 2 tied
        ("ben", [(0, 1), (2, 0), (2, 1)]),
        ("ann", [(1, 0)]),  # ann again: compared with ben, not with herself
        ("crowd", "pool", [(0, 1)]),
    )
    same, both = agreement([one])
    assert (same.tolist(), both.tolist()) == ([1], [3])


def test_agreement_says_on_which_prompts():
    twice = prompt("ab", ("ann", [(0, 1)]), ("ben", [(0, 1)]))
    once = prompt("ab", ("ann", [(0, 1)]))
    assert report([twice], [twice])["agreement"]["on"] == "held-out prompts"
    everywhere = report([twice], [once])["agreement"]
    assert (everywhere["on"], everywhere["accuracy"], everywhere["pairs"], everywhere["prompts"]) == (
        "all prompts",
        1,
        1,
        1,
    )


@pytest.mark.parametrize(
    ("rankings", "why"),
    [
        ([("ann", [(0, 1)])], "One labeler made every ranking."),
        ([("crowd", "pool", [(0, 1)])], "Every ranking is a pool's or made of several, and neither is one labeler."),
        ([("", "consensus", [(0, 1)])], "Every ranking is a pool's or made of several, and neither is one labeler."),
        ([("ann", [(0, 1)]), ("ben", [(1, 2)])], NO_PAIR_TWICE),
    ],
)
def test_a_number_that_cannot_be_had_says_why(rankings, why):
    made = report([prompt("abc", *rankings)], [])
    assert (made["agreement"], made["why_no_agreement"]) == (None, why)
    assert (made["held_out"], made["why_no_held_out"]) == (None, NO_VALIDATION)
    assert (made["baselines"], made["why_no_baselines"]) == ({"length": None, "bag_of_words": None}, NO_BASELINES)


def test_one_comparison_is_too_few_for_words():
    one = [prompt("ab", ("ann", [(0, 1)]))]
    made = report(one, one)
    assert made["baselines"]["length"] is not None
    assert (made["baselines"]["bag_of_words"], made["why_no_baselines"]) == (None, TOO_FEW_WORDS)


def test_words_and_length_know_nothing_of_the_planted_preference(tmp_path):
    planted.write_rankings(tmp_path, train=600, validation=200, seed=3)
    prompts, _ = read_rankings(tmp_path / "rankings.jsonl")
    train = [one for one in prompts if one.split == "train"]
    held_out = [one for one in prompts if one.split == "validation"]
    for values in (lengths(held_out), bag_of_words(train, held_out)):
        found = accuracy(*tally(held_out, values), resamples=500, seed=0)
        assert 0.4 < found.accuracy < 0.6
        assert found.contains(0.5)


def test_the_planted_truth_is_agreement_of_two_words():
    assert planted.utility("some snow today", "the soup and salad") == 0.5
    assert planted.utility("some snow today", "the soup and stew") == 1
    assert planted.utility("some sun today", "the soup and stew") == 0
    chance = Random(0)
    assert {planted.utility(planted.prompt_text(chance), planted.completion_text(chance)) for _ in range(200)} == {
        0,
        0.5,
        1,
    }


def test_held_out_prompts_with_ties_only_have_no_comparison():
    tied = RankedPrompt("p", "validation", [], None, ["a", "b"], [Judged("ann", "member", [], ties=[(0, 1)])])
    made = report([prompt("ab", ("ann", [(0, 1)]))], [tied])
    assert (made["held_out"], made["why_no_held_out"]) == (None, NO_VALIDATION)
    assert made["why_no_baselines"] == NO_BASELINES
    assert made["held_out_comparisons"] == 0
