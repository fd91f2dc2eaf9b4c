"""Zero and unit of a reward."""

import pytest
import torch

from workers.rlhf.preference.normalisation import normalise

COMPLETIONS = torch.tensor([1.0, 3.0, 5.0, 7.0])
SAMPLES = torch.tensor([0.0, 2.0])
NONE = torch.tensor([])


def test_zero_is_the_demonstrations_and_the_unit_the_spread_of_the_sft_models_replies():
    made = normalise(COMPLETIONS, torch.tensor([4.0, 8.0, 12.0]), SAMPLES)
    assert (made.zero, made.n) == (8, 3)
    assert made.scale == pytest.approx(1)
    assert made.to_json()["from"] == (
        "Zero is the mean raw reward of 3 demonstrations on training prompts; "
        "the scale is the standard deviation over 2 replies of the SFT model."
    )


def test_without_demonstrations_the_sft_models_replies_score_zero():
    made = normalise(COMPLETIONS, NONE, SAMPLES)
    assert (made.zero, made.scale, made.n) == (1, 1, 2)
    assert made.origin.startswith("Zero is the mean raw reward of 2 replies of the SFT model")


@pytest.mark.parametrize("samples", [NONE, torch.tensor([9.0])])
def test_without_replies_the_unit_is_the_training_completions(samples):
    made = normalise(COMPLETIONS, torch.tensor([4.0, 8.0]), samples)
    assert made.zero == 6
    assert made.scale == pytest.approx(5**0.5)
    assert made.origin.endswith("the scale is the standard deviation over 4 training completions.")


def test_without_either_the_training_completions_stand_in():
    made = normalise(COMPLETIONS, NONE, NONE)
    assert (made.zero, made.n) == (4, 4)
    assert made.origin.startswith("Zero is the mean raw reward of 4 training completions")


def test_rewards_that_do_not_differ_leave_the_scale_at_one():
    made = normalise(COMPLETIONS, NONE, torch.full((9,), 2.5))
    assert (made.zero, made.scale) == (2.5, 1)
    assert "9 replies of the SFT model do not differ, so the scale is 1" in made.origin
