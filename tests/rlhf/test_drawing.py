"""Drawing tokens: the nucleus, and dice that are fair."""

import pytest
import torch

from workers.rlhf.candidates.drawing import RowDice, nucleus
from workers.rlhf.frame.errors import Diverged


def test_the_nucleus():
    logits = torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]).log()

    torch.testing.assert_close(nucleus(logits, 1.0, 1.0), logits.exp())
    torch.testing.assert_close(nucleus(logits, 1.0, 0.6), torch.tensor([[0.5, 0.3, 0.0], [0.0, 0.0, 0.7]]))
    torch.testing.assert_close(nucleus(logits, 1.0, 1e-6), torch.tensor([[0.5, 0.0, 0.0], [0.0, 0.0, 0.7]]))
    squared = torch.tensor([[0.25, 0.09, 0.04]])
    torch.testing.assert_close(nucleus(logits[:1], 0.5, 1.0), squared / squared.sum())


def test_tokens_are_drawn_as_often_as_they_are_likely():
    wanted = torch.tensor([0.5, 0.3, 0.2, 0.0])
    scores = wanted.log().repeat(4_000, 1)
    drawn = RowDice(list(range(4_000)), 1.0, 1.0).draw(scores, range(4_000))
    shares = torch.bincount(drawn, minlength=4) / 4_000

    assert shares[3] == 0
    assert torch.allclose(shares, wanted, atol=4 * 0.5 / 4_000**0.5)


def test_a_distribution_that_is_none_is_told():
    with pytest.raises(Diverged):
        RowDice([1], 1.0, 1.0).draw(torch.full((1, 3), torch.nan), [0])
