"""Ties that teach: which are kept, what they weigh, and whether the learned parameter is the true one."""

import math

import numpy as np
import pytest
import torch

from tests.rlhf import planted
from tests.rlhf.make import failure, manifest, metrics, write
from tests.rlhf.reward_runs import WEIGHTS, fill, run
from tests.rlhf.test_reward import stopping_after
from workers.rlhf.preference.kwise import Pairs, kwise_loss, weigh, weigh_with_ties
from workers.rlhf.preference.ranked import (
    EQUAL_TEXTS,
    TIES_ONLY,
    Judged,
    RankedPrompt,
    count_comparisons,
    read_rankings,
)
from workers.rlhf.preference.ties import Davidson, RaoKupper, rule, tied_share


def read(folder, *records, **options):
    write(folder / "rankings.jsonl", records)
    return read_rankings(folder / "rankings.jsonl", **options)


def test_ties_are_kept_where_they_are_asked_for(tmp_path):
    records = (
        planted.ranking("p", "hello", ["a", "b", "c"], [1, 2, 2]),
        planted.ranking("q", "hi", ["a", "b", "a"], [1, 1, 1]),
    )
    prompts, left_out = read(tmp_path, *records, keep_ties=True)
    assert [[(one.pairs, one.ties) for one in prompt.rankings] for prompt in prompts] == [
        [([(0, 1), (0, 2)], [(1, 2)])],
        [([], [(0, 1), (1, 0)])],  # a text is no tie with itself
    ]
    assert not left_out
    assert count_comparisons(prompts) == 2
    assert tied_share(prompts) == 3 / 5

    prompts, left_out = read(tmp_path, *records)
    assert [prompt.uid for prompt in prompts] == ["p"]
    assert prompts[0].rankings[0].ties == []
    assert left_out == {TIES_ONLY: 1}


def test_equal_texts_in_different_tiers_are_counted_as_ever(tmp_path):
    _, left_out = read(tmp_path, planted.ranking("p", "hello", ["a", "a", "b"], [1, 2, 2]), keep_ties=True)
    assert left_out == {EQUAL_TEXTS: 1}


def test_a_rankings_weight_is_shared_by_its_pairs_of_either_kind():
    ordered, tied = weigh_with_ties([[([(0, 1)], [(1, 2), (0, 2)])], [([], [(3, 4)])], [([], [])]])
    assert ordered.weight.tolist() == pytest.approx([1 / 6])
    assert tied.weight.tolist() == pytest.approx([1 / 6, 1 / 6, 1 / 2])
    assert weigh([[[(0, 1)]]]).weight.tolist() == [1]


@pytest.mark.parametrize("name", ["davidson", "rao-kupper"])
def test_ties_draw_rewards_together_and_orders_push_them_apart(name):
    rewards = torch.tensor([0.0, 1.0, 3.0], requires_grad=True)
    ordered, tied = weigh_with_ties([[([(0, 1)], [(1, 2)])]])
    rule(name, [prompt_of(pairs=[(0, 1)], ties=[(1, 2)])]).loss(rewards, ordered, tied).backward()
    assert rewards.grad[0] < 0 < rewards.grad[2]  # descending, the first rises and the third falls


def test_dropping_is_the_loss_as_it_was():
    rewards = torch.tensor([0.3, -1.0, 2.0])
    ordered, tied = weigh_with_ties([[([(0, 1)], [(1, 2)])]])
    assert rule("drop", []).loss(rewards, ordered, tied) == kwise_loss(rewards, ordered)
    assert rule("drop", []).report([]) == {"rule": "drop"}


@pytest.mark.parametrize("share", [0.0, 1.0])
@pytest.mark.parametrize("name", ["davidson", "rao-kupper"])
def test_no_tie_or_nothing_else_leaves_a_finite_parameter(name, share):
    pairs, ties = ([(0, 1)], []) if share == 0 else ([], [(0, 1)])
    made = rule(name, [prompt_of(pairs, ties)])
    assert math.isfinite(made.value())
    assert made.value() > (1 if name == "rao-kupper" else 0)


@pytest.mark.parametrize(("kind", "true"), [(Davidson, 0.8), (RaoKupper, 1.7)])
def test_the_planted_parameter_is_found(kind, true):
    """20,000 pairs of known rewards, judged by the rule itself: learning finds its parameter again."""
    chance = np.random.default_rng(0)
    rewards = torch.tensor(chance.normal(0, 1.5, 400), dtype=torch.float32)
    first, second = (torch.tensor(chance.integers(0, 400, 20_000)) for _ in range(2))
    d = (rewards[first] - rewards[second]).double().numpy()
    if kind is Davidson:
        parts = np.stack([np.exp(d / 2), np.exp(-d / 2), np.full_like(d, true)])
        won, lost, _ = parts / parts.sum(0)
    else:
        won, lost = 1 / (1 + true * np.exp(-d)), 1 / (1 + true * np.exp(d))
    drawn = chance.random(20_000)
    said = np.where(drawn < won, 0, np.where(drawn < won + lost, 1, 2))
    ordered = pairs_of(
        torch.cat([first[said == 0], second[said == 1]]), torch.cat([second[said == 0], first[said == 1]])
    )
    tied = pairs_of(first[said == 2], second[said == 2])
    made = kind((said == 2).mean().item())
    optimiser = torch.optim.Adam(made.parameters(), lr=0.05)
    for _ in range(150):
        optimiser.zero_grad()
        made.loss(rewards, ordered, tied).backward()
        optimiser.step()
    assert made.value() == pytest.approx(true, rel=0.05)


def pairs_of(better, worse):
    return Pairs(better, worse, torch.full((len(better),), 1 / 20_000))


def prompt_of(pairs, ties):
    return RankedPrompt("p", "train", [], None, ["a", "b", "c"], [Judged("ann", "member", pairs, ties=ties)])


@pytest.fixture
def folder(tmp_path):
    return fill(tmp_path)


@pytest.mark.parametrize("name", ["davidson", "rao-kupper"])
def test_a_run_learns_from_ties_and_says_so(folder, name):
    assert run(folder, ties=name) == 0
    made = manifest(folder)
    told = made["report"]["ties"]
    prompts, _ = read_rankings(folder / "input/rankings.jsonl", keep_ties=True)
    train = [prompt for prompt in prompts if prompt.split == "train"]
    assert told["rule"] == name
    assert told["tied_pairs"] == sum(len(ranking.ties) for prompt in train for ranking in prompt.rankings) > 50
    assert told["share"] == pytest.approx(tied_share(train))
    assert told["value"] == pytest.approx(metrics(folder)[-1]["tie_parameter"])
    assert told["value"] != pytest.approx(rule(name, train).value(), abs=1e-4)  # it moved
    assert made["report"]["comparisons"] == count_comparisons(train)


def test_a_stopped_run_with_ties_goes_on_to_the_same_weights_and_parameter(folder, tmp_path_factory):
    other = fill(tmp_path_factory.mktemp("whole"))
    assert run(other, ties="davidson") == 0
    assert run(folder, stopping_after(2), ties="davidson") == 75
    assert run(folder, ties="davidson") == 0
    assert metrics(folder) == metrics(other)
    assert (folder / WEIGHTS).read_bytes() == (other / WEIGHTS).read_bytes()
    assert manifest(folder)["report"]["ties"] == manifest(other)["report"]["ties"]


def test_ties_alone_are_too_few_comparisons_whatever_the_rule(folder):
    write(
        folder / "input/rankings.jsonl",
        [planted.ranking(f"p{n}", "winter", ["a", "b", "c"], [1, 1, 1]) for n in range(30)],
    )
    assert run(folder, ties="davidson") == 64
    assert failure(folder)["text"] == (
        "rankings.jsonl: 0 comparisons on prompts of the train split, 20 are needed (min_comparisons). "
        "Ties are learned from, but are none."
    )


def test_batches_of_ties_only_log_no_accuracy(folder):
    records = [planted.ranking(f"p{n}", "winter", ["a", "b"], [1, 1] if n % 2 else [1, 2]) for n in range(12)]
    write(folder / "input/rankings.jsonl", records)
    assert run(folder, ties="rao-kupper", batch_size=1, epochs=1, min_comparisons=1) == 0
    assert sum("accuracy" in line for line in metrics(folder)) == 6
    assert all(math.isfinite(line["loss"]) for line in metrics(folder))
