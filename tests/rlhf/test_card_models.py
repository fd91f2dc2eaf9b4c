"""What several models together say: folds over labelers, the learning curve, the ensemble, the former model."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rlhf.card_runs import draws_of, judged, pairs_table, prompt_of, values_of
from workers.rlhf.card.curve import Point, learning_curve, shares_of
from workers.rlhf.card.ensemble import ensemble
from workers.rlhf.card.folds import Fold, folds_report, groups_of, without_people
from workers.rlhf.card.previous import CUT, previous
from workers.rlhf.card.table import table_of


def noisy(table, noise, seed=0):
    """Rewards that order a pair rightly the more often the less noise."""
    chance = np.random.default_rng(seed)
    return values_of(table, 1 + noise * chance.normal(size=len(table)))


# Folds


@given(
    st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.integers(1, 30), min_size=1, max_size=12),
    st.integers(2, 6),
)
def test_every_labeler_is_in_one_group_and_no_group_is_empty(counts, folds):
    prompts = [
        prompt_of("ab", *[judged(name, [1, 2]) for name, count in counts.items() if n < count], uid=str(n))
        for n in range(max(counts.values()))
    ]
    groups = groups_of(prompts, folds, seed=3)
    assert len(groups) == min(folds, len(counts))
    assert sorted(name for group in groups for name in group) == sorted(counts)
    sizes = [sum(counts[name] for name in group) for group in groups]
    assert max(sizes) - min(sizes) <= max(counts.values())
    assert groups == groups_of(prompts[::-1], folds, seed=3)


def test_another_seed_deals_equals_otherwise():
    prompts = [prompt_of("ab", *[judged(f"L{n}", [1, 2]) for n in range(10)])]
    assert len({frozenset(groups_of(prompts, 5, seed)) for seed in range(5)}) > 1


def test_a_pool_is_one_labeler_and_left_out_rankings_are_gone():
    prompt = prompt_of(
        "ab", judged("x", [1, 2], kind="pool"), judged("y", [2, 1], kind="consensus"), judged("ann", [1, 2])
    )
    assert sorted(map(sorted, groups_of([prompt], 3, 0))) == [[""], ["ann"]]
    assert [one.labeler for one in without_people(prompt, frozenset([""])).rankings] == ["ann"]
    assert len(prompt.rankings) == 3


def test_folds_are_counted_by_hand():
    """Ann likes the first text, ben the second. Each fold's model has learned the other's taste."""
    prompts = [prompt_of("ab", judged("ann", [1, 2]), judged("ben", [2, 1]), uid=str(n)) for n in range(20)]
    table = table_of(prompts)
    first, second = (np.tile(one, 20) for one in ([1.0, 0.0], [0.0, 1.0]))
    folds = [Fold(frozenset(["ann"]), 9, 90, second), Fold(frozenset(["ben"]), 8, 80, first)]
    found = folds_report(table, first, folds, draws_of(table))
    json.dumps(found, allow_nan=False)
    assert (found["left_out"]["accuracy"], found["within"]["accuracy"], found["model"]["accuracy"]) == (0, 1, 0.5)
    assert (found["left_out"]["pairs"], found["within"]["pairs"]) == (40, 40)
    assert (found["gap"]["value"], found["shown"]) == (1, True)
    assert found["loss"]["value"] == 0.5
    ann, ben = found["rows"]
    assert (ann["names"], ann["trained_comparisons"], ann["model"]["accuracy"]) == (["ann"], 90, 1)
    assert (ben["names"], ben["left_out"]["accuracy"], ben["model"]["accuracy"]) == (["ben"], 0, 0)
    assert found["left_out_sem"] == 0


def test_a_pair_counts_once_however_many_models_heard_its_labeler():
    """Two of three models heard each labeler, and the one without ben is always wrong."""
    prompts = [
        prompt_of("ab", *[judged(name, [1, 2]) for name in ("ann", "ben", "dan")], uid=str(n)) for n in range(20)
    ]
    table = table_of(prompts)
    right, wrong = np.tile([1.0, 0.0], 20), np.tile([0.0, 1.0], 20)
    folds = [Fold(frozenset([name]), 9, 90, said) for name, said in (("ann", right), ("ben", wrong), ("dan", right))]
    found = folds_report(table, right, folds, draws_of(table))
    assert [row["within"]["pairs"] for row in found["rows"]] == [40, 40, 40]
    assert (found["within"]["pairs"], found["left_out"]["pairs"], found["model"]["pairs"]) == (60, 60, 60)
    assert found["within"]["accuracy"] == pytest.approx((1 / 2 + 1 + 1 / 2) / 3)  # of ann, ben, dan
    assert found["left_out"]["accuracy"] == pytest.approx(2 / 3)


def test_a_pair_that_no_model_heard_or_that_all_did_counts_where_it_can():
    """Of two folds the one without ben diverged: of ann's pairs nothing is known within, of ben's nothing left out."""
    prompts = [prompt_of("ab", judged("ann", [1, 2]), judged("ben", [1, 2]), uid=str(n)) for n in range(20)]
    table = table_of(prompts)
    right = np.tile([1.0, 0.0], 20)
    found = folds_report(table, right, [Fold(frozenset(["ann"]), 9, 90, right)], draws_of(table))
    assert (found["within"]["pairs"], found["left_out"]["pairs"]) == (20, 20)
    assert (found["within"]["accuracy"], found["within_sem"]) == (1, None)


def test_no_gap_is_shown_where_there_is_none():
    chance = np.random.default_rng(0)
    prompts = [
        prompt_of([f"{n}a", f"{n}b"], judged("ann", chance.permutation([1, 2]).tolist()),
                  judged("ben", chance.permutation([1, 2]).tolist()), uid=str(n))
        for n in range(100)
    ]  # fmt: skip
    table = table_of(prompts)
    folds = [Fold(frozenset([name]), 9, 90, chance.normal(size=200)) for name in ("ann", "ben")]
    found = folds_report(table, chance.normal(size=200), folds, draws_of(table))
    assert (found["shown"], found["loss_shown"]) == (False, False)


# Learning curve


def test_each_point_has_half_the_prompts_of_the_next():
    assert shares_of(3) == [0.125, 0.25, 0.5]


def curve(table, noises, seed=0):
    points = [Point(0.5**n, 64 // 2**n, 640 // 2**n, noisy(table, noise, seed + n)) for n, noise in enumerate(noises)]
    found = learning_curve(table, points[::-1], draws_of(table))
    json.dumps(found, allow_nan=False)
    return found


def test_a_curve_that_rises_says_what_a_doubling_gains():
    found = curve(pairs_table(300, 4), [0.8, 1.2, 2, 4])
    accuracies = [point["accuracy"] for point in found["points"]]
    assert accuracies == sorted(accuracies)
    assert [point["trained_prompts"] for point in found["points"]] == [8, 16, 32, 64]
    assert found["doubling"]["shown"]
    assert found["doubling"]["gain"]["value"] == pytest.approx(np.polyfit(range(4), accuracies, 1)[0])


def test_a_flat_curve_promises_nothing():
    assert not curve(pairs_table(300, 2), [2, 2, 2])["doubling"]["shown"]


def test_the_gain_s_interval_holds_none_about_as_often_as_it_says():
    table, held = pairs_table(60, 2), 0
    for seed in range(100):
        gain = curve(table, [2, 2, 2], seed=3 * seed)["doubling"]["gain"]
        held += gain["low"] <= 0 <= gain["high"]
    assert held >= 87


# Ensemble


def test_models_that_agree_have_no_spread_whatever_their_units():
    table = pairs_table(30, 2)
    values = noisy(table, 1)
    found = ensemble(table, [("the model", values), ("seed 1", 7 * values - 3)], draws_of(table))
    assert found["spread"]["mean"] == pytest.approx(0, abs=1e-9)
    assert found["disagree"]["accuracy"] == 0
    assert found["where_not"] is None
    assert found["members"] == [{"name": "the model"}, {"name": "seed 1"}]


def test_a_level_of_its_own_on_each_prompt_is_no_disagreement():
    """Only differences within a prompt are taught, so a model is free to lift all replies to one."""
    table = pairs_table(30, 2)
    values = noisy(table, 1)
    lifted = values + np.random.default_rng(1).normal(size=30)[table.text_prompt]
    found = ensemble(table, [("the model", values), ("seed 1", lifted)], draws_of(table))
    assert found["spread"]["mean"] == pytest.approx(0, abs=1e-9)


def test_where_models_disagree_the_model_is_right_less_often():
    table = pairs_table(300, 2)
    found = ensemble(table, [(str(n), noisy(table, 1.5, seed=n)) for n in range(4)], draws_of(table))
    json.dumps(found, allow_nan=False)
    assert found["where_agreed"]["low"] > found["where_not"]["high"]
    assert found["where_agreed"]["pairs"] + found["where_not"]["pairs"] == len(table)
    assert found["together"]["accuracy"] > 0.8


# The former model


def test_what_changed_is_counted_by_hand():
    table = pairs_table(10)
    new = values_of(table, np.array([1, 1, 1, 1, 1, 1, -1, -1, 1, 0.0]))
    old = values_of(table, np.array([1, 1, 1, -1, -1, -5, 1, -1, np.nan, 1.0]))
    found = previous(table, new, old, draws_of(table))
    json.dumps(found, allow_nan=False)
    counted = [found[name] for name in ("both_right", "only_new", "only_old", "both_wrong")]
    assert counted == [3, 3, 2, 1]  # what the former model could not read does not count
    assert (found["new"]["accuracy"], found["old"]["accuracy"]) == (6.5 / 9, 5 / 9)  # equal rewards are half right
    assert found["gain"]["value"] == pytest.approx(1.5 / 9)
    assert (found["prompts_better"], found["prompts_worse"], found["mcnemar_p"]) == (3, 2, 1)
    assert not found["shown"]
    largest = found["changes"][0]
    assert (largest["prompt_uid"], largest["old"], largest["new"]) == ("5", -5, 1)


def test_a_pair_that_changed_stands_once_as_most_labelers_ordered_it():
    prompt = prompt_of(["x" * 999, "b"], judged("ann", [2, 1]), judged("ben", [1, 2]), judged("cat", [1, 2]))
    table = table_of([prompt])
    (row,) = previous(table, np.array([1.0, 0.0]), np.array([0.0, 1.0]), draws_of(table))["changes"]
    assert (row["better"], row["worse"], row["labelers"], row["against"]) == ("x" * CUT, "b", 2, 1)


def test_a_better_model_is_shown_to_be_better():
    table = pairs_table(300)
    found = previous(table, noisy(table, 0.8), noisy(table, 3, seed=1), draws_of(table))
    assert found["shown"]
    assert found["mcnemar_p"] < 0.001
    same = previous(table, noisy(table, 0.8), 2 * noisy(table, 0.8), draws_of(table))
    assert (same["gain"]["value"], same["only_new"], same["mcnemar_p"]) == (0, 0, 1)
    assert same["correlation"]["value"] == pytest.approx(1)


def test_nothing_to_compare_is_none():
    table = pairs_table(3)
    assert previous(table, noisy(table, 1), np.full(6, np.nan), draws_of(table)) is None
