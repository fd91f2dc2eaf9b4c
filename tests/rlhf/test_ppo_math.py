"""PPO's maths against numbers worked out by hand."""

import math

import pytest
import torch
from torch import tensor
from torch.testing import assert_close

from workers.rlhf.policy import ppo_math

LN2 = math.log(2)
# Two completions: three tokens, and one token with two places of padding that hold rubbish.
MASK = tensor([[1.0, 1, 1], [1, 0, 0]])
NAN = math.nan


def test_mean_and_sum_ignore_padding():
    values = tensor([[1.0, 2, 3], [6, NAN, 99]])
    assert_close(ppo_math.masked_mean(values, MASK), tensor(3.0))
    assert_close(ppo_math.masked_sum(values, MASK), tensor([6.0, 6]))


def test_whitened_values_have_mean_0_and_variance_1_on_tokens_only():
    whitened = ppo_math.masked_whiten(tensor([[1.0, 2, 3], [6, 50, 99]]), MASK)
    deviation = math.sqrt((4 + 1 + 0 + 9) / 4)
    assert_close(whitened, tensor([[-2.0, -1, 0], [3, 0, 0]]) / deviation)


def test_one_token_alone_whitens_to_zero():
    assert_close(ppo_math.masked_whiten(tensor([[5.0]]), tensor([[1.0]])), tensor([[0.0]]))


def test_k1_is_the_sum_of_log_ratios_of_each_completion():
    logprobs = tensor([[-1.0, -2, -3], [-1, NAN, NAN]])
    reference = tensor([[-2.0, -2, -2.5], [-0.5, NAN, NAN]])
    assert_close(ppo_math.kl_k1(logprobs, reference, MASK), tensor([0.5, -0.5]))


def test_k3_is_never_negative_and_known_by_hand():
    logprobs = tensor([[0.0, 0, 0], [0, 0, 0]])
    reference = tensor([[-LN2, 0, LN2], [LN2, 7, 7]])  # q/p of 1/2, 1, 2; and 2
    assert_close(ppo_math.kl_k3(logprobs, reference, MASK), tensor([(0.5 - 1 + LN2) + (1 - LN2), 1 - LN2]))


def test_both_estimates_agree_with_the_exact_kl_on_average():
    p, q = tensor([0.5, 0.3, 0.2]), tensor([0.2, 0.3, 0.5])
    exact = (p * (p / q).log()).sum()
    ones = torch.ones(3, 1)
    assert_close((p * ppo_math.kl_k1(p.log()[:, None], q.log()[:, None], ones)).sum(), exact)
    assert_close((p * ppo_math.kl_k3(p.log()[:, None], q.log()[:, None], ones)).sum(), exact)


def test_entropy_of_uniform_certain_and_half():
    logits = tensor([[0.0, 0, 0, 0], [0, -math.inf, -math.inf, -math.inf], [3, 3, -math.inf, -math.inf]])
    assert_close(ppo_math.entropy(logits), tensor([2 * LN2, 0, LN2]))


def test_the_score_belongs_to_the_last_token_and_every_token_pays_for_its_kl():
    logprobs = tensor([[-1.0, -1, -1], [-1, NAN, 8]])
    reference = tensor([[-2.0, -1, -0.5], [-3, 8, NAN]])
    rewards = ppo_math.token_rewards(logprobs, reference, tensor([10.0, -4]), MASK, beta=0.1)
    assert_close(rewards, tensor([[-0.1, 0, 0.05 + 10], [-0.2 - 4, 0, 0]]))


def test_gae_by_hand():
    rewards, values = tensor([[1.0, 0, 2], [3, 0, 0]]), tensor([[0.5, 1, 1.5], [1, 77, NAN]])
    advantages, returns = ppo_math.gae(rewards, values, MASK, gamma=0.5, lam=0.5)
    # deltas: 1 + .5*1 - .5 = 1; 0 + .5*1.5 - 1 = -.25; 2 + 0 - 1.5 = .5; and 3 + 0 - 1 = 2
    expected = tensor([[1 + 0.25 * -0.125, -0.25 + 0.25 * 0.5, 0.5], [2, 0, 0]])
    assert_close(advantages, expected)
    assert_close(returns, expected + tensor([[0.5, 1, 1.5], [1, 0, 0]]))


def test_gae_with_gamma_and_lambda_1_is_what_is_still_to_come():
    rewards, values = tensor([[1.0, 2, 4]]), tensor([[10.0, 20, 30]])
    advantages, returns = ppo_math.gae(rewards, values, torch.ones(1, 3), gamma=1, lam=1)
    assert_close(returns, tensor([[7.0, 6, 4]]))
    assert_close(advantages, tensor([[-3.0, -14, -26]]))


def test_a_completion_cut_at_the_limit_expects_nothing_beyond_it():
    _, returns = ppo_math.gae(tensor([[0.0, 1]]), tensor([[5.0, 5]]), torch.ones(1, 2), gamma=1, lam=0)
    assert_close(returns, tensor([[5.0, 1]]))


def test_policy_loss_clips_what_moved_too_far_the_profitable_way():
    ratio = tensor([[1.5, 0.5, 1.1], [1.5, 1, 1]])
    advantages = tensor([[1.0, -1, 2], [-1, 50, 50]])
    old = torch.full((2, 3), -1.0)
    made = ppo_math.policy_loss(old + ratio.log(), old, advantages, MASK, clip=0.2)
    # clipped to 1.2; clipped to .8; as it is; moved the costly way: as it is.
    assert_close(made.loss, tensor((-1.2 + 0.8 - 2.2 + 1.5) / 4))
    assert_close(made.clip_fraction, tensor(0.5))
    assert_close(made.ratio, tensor((1.5 + 0.5 + 1.1 + 1.5) / 4))
    assert_close(made.approx_kl, (ratio - 1 - ratio.log())[MASK.bool()].mean())


def test_a_clipped_token_has_no_gradient():
    logprobs = tensor([[math.log(1.5), math.log(1.1)]], requires_grad=True)
    ppo_math.policy_loss(logprobs, torch.zeros(1, 2), torch.ones(1, 2), torch.ones(1, 2), clip=0.2).loss.backward()
    assert_close(logprobs.grad, tensor([[0.0, -1.1 / 2]]))


def test_at_ratio_1_the_gradient_is_the_policy_gradient():
    logprobs = tensor([[-1.0, -2]], requires_grad=True)
    advantages = tensor([[3.0, -5]])
    made = ppo_math.policy_loss(logprobs, logprobs.detach(), advantages, torch.ones(1, 2), clip=0.2)
    made.loss.backward()
    assert (made.ratio.item(), made.clip_fraction.item(), made.approx_kl.item()) == (1, 0, 0)
    assert_close(logprobs.grad, -advantages / 2)


def test_rubbish_on_padding_gives_no_gradient():
    logprobs = tensor([[0.0, NAN]], requires_grad=True)
    made = ppo_math.policy_loss(logprobs, torch.zeros(1, 2), torch.ones(1, 2), tensor([[1.0, 0]]), clip=0.2)
    made.loss.backward()
    assert_close(logprobs.grad, tensor([[-1.0, 0]]))


@pytest.mark.parametrize(
    ("value", "old", "target", "loss"),
    [
        (1.0, 1.0, 3.0, 2.0),  # not moved: half of 2 squared
        (2.0, 1.0, 3.0, 0.5 * 1.8**2),  # moved too far the right way: the clipped one, 1.2, counts
        (0.0, 1.0, 3.0, 4.5),  # moved the wrong way: the value itself is worse
    ],
)
def test_value_loss_takes_the_worse_of_new_and_clipped(value, old, target, loss):
    one = torch.ones(1, 1)
    assert_close(ppo_math.value_loss(one * value, one * old, one * target, one, clip=0.2), tensor(loss))


def test_value_loss_is_a_mean_over_tokens():
    values = tensor([[1.0, 2, 3], [4, NAN, NAN]])
    assert_close(ppo_math.value_loss(values, values, values + 2, MASK, clip=0.2), tensor(2.0))
