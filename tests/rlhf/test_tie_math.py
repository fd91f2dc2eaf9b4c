"""Davidson's and Rao and Kupper's rules: by hand, as probabilities, and as what they are without ties."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from workers.rlhf.preference import tie_math

margins = st.floats(-30, 30)
RULES = {
    "davidson": (tie_math.davidson_win, tie_math.davidson_tie, st.floats(-6, 6), tie_math.davidson_start),
    "rao-kupper": (tie_math.rao_kupper_win, tie_math.rao_kupper_tie, st.floats(0.01, 6), tie_math.rao_kupper_start),
}


def at(number):
    return torch.tensor(number, dtype=torch.float64)


@pytest.mark.parametrize(
    ("rule", "parameter", "win", "loss", "tie"),
    [
        # strengths 4 and 1: Davidson with nu 1/2 gives 4 : 1/2 * 2 : 1 = 4/6, 1/6, 1/6
        ("davidson", 0.5, 4 / 6, 1 / 6, 1 / 6),
        # Rao and Kupper with theta 2: 4 / (4 + 2), 1 / (1 + 8), and (4 - 1) * 4 / (6 * 9) = 2/9
        ("rao-kupper", 2.0, 4 / 6, 1 / 9, 2 / 9),
    ],
)
def test_strengths_of_four_and_one_by_hand(rule, parameter, win, loss, tie):
    won, tied, _, _ = RULES[rule]
    d, logarithm = at(math.log(4)), at(math.log(parameter))
    assert won(d, logarithm).exp().item() == pytest.approx(win, rel=1e-12)
    assert won(-d, logarithm).exp().item() == pytest.approx(loss, rel=1e-12)
    assert tied(d, logarithm).exp().item() == pytest.approx(tie, rel=1e-12)


@pytest.mark.parametrize("rule", RULES)
@given(data=st.data(), d=margins)
def test_three_probabilities_sum_to_one(rule, data, d):
    won, tied, parameters, _ = RULES[rule]
    logarithm = at(data.draw(parameters))
    total = won(at(d), logarithm).exp() + won(at(-d), logarithm).exp() + tied(at(d), logarithm).exp()
    assert total.item() == pytest.approx(1, rel=1e-9)
    assert tied(at(d), logarithm).item() == pytest.approx(tied(at(-d), logarithm).item(), rel=1e-9)


@given(margins)
def test_without_ties_both_are_bradley_and_terrys(d):
    expected = torch.nn.functional.logsigmoid(at(d)).item()
    assert tie_math.davidson_win(at(d), at(-80.0)).item() == pytest.approx(expected, abs=1e-9)
    assert tie_math.rao_kupper_win(at(d), at(1e-12)).item() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("rule", RULES)
@given(st.floats(0.01, 0.9))
def test_the_start_expects_the_share_of_ties_of_equal_rewards(rule, share):
    _, tied, _, start = RULES[rule]
    assert tied(at(0.0), at(start(share))).exp().item() == pytest.approx(share, rel=1e-9)


@pytest.mark.parametrize("rule", RULES)
def test_rewards_far_apart_keep_losses_and_gradients_finite(rule):
    won, tied, _, start = RULES[rule]
    d = torch.tensor([1e4, -1e4], requires_grad=True)
    logarithm = torch.tensor(start(0.2), requires_grad=True)
    (won(d, logarithm) + tied(d, logarithm)).sum().backward()
    assert torch.isfinite(d.grad).all()
    assert torch.isfinite(logarithm.grad)
