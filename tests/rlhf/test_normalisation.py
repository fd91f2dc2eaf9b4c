"""Zero and unit of a reward."""

import pytest
import torch

from workers.rlhf.normalisation import normalise

COMPLETIONS = torch.tensor([1.0, 3.0, 5.0, 7.0])


def test_zero_is_the_demonstrations_and_the_unit_the_completions_spread():
    made = normalise(COMPLETIONS, torch.tensor([4.0, 8.0]))
    assert (made.zero, made.n) == (6, 2)
    assert made.scale == pytest.approx(5**0.5)
    assert made.to_json()["from"] == (
        "Zero is the mean raw reward of 2 demonstrations on training prompts; "
        "the scale is the standard deviation over 4 training completions."
    )


def test_without_demonstrations_zero_is_the_completions():
    made = normalise(COMPLETIONS, torch.tensor([]))
    assert (made.zero, made.n) == (4, 4)
    assert made.origin.startswith("Zero is the mean raw reward of 4 training completions")


def test_rewards_that_do_not_differ_leave_the_scale_at_one():
    made = normalise(torch.full((9,), 2.5), torch.tensor([]))
    assert (made.zero, made.scale) == (2.5, 1)
    assert "do not differ, so the scale is 1" in made.origin
