"""What a tie teaches: nothing (InstructGPT drops them), or, by a rule of `tie_math`, that two rewards are near."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from workers.rlhf.preference import tie_math
from workers.rlhf.preference.kwise import Pairs, kwise_loss
from workers.rlhf.preference.ranked import RankedPrompt

DROP, DAVIDSON, RAO_KUPPER = "drop", "davidson", "rao-kupper"
RATE = 0.02  # the parameter's learning rate at the first step: it is one number, fed by every pair


class Dropped(nn.Module):
    """Ties are not looked at."""

    name = DROP

    def loss(self, rewards: Tensor, ordered: Pairs, tied: Pairs) -> Tensor:
        return kwise_loss(rewards, ordered)

    def value(self) -> float | None:
        return None

    def report(self, prompts: Sequence[RankedPrompt]) -> dict[str, Any]:
        return {"rule": self.name}


class _Modelled(Dropped):
    """A rule with a parameter, learned beside the model."""

    parameter = ""

    def report(self, prompts: Sequence[RankedPrompt]) -> dict[str, Any]:
        tied = sum(len(ranking.ties) for prompt in prompts for ranking in prompt.rankings)
        return {
            "rule": self.name,
            "parameter": self.parameter,
            "value": self.value(),
            "tied_pairs": tied,
            "share": tied_share(prompts),
        }


class Davidson(_Modelled):
    """nu: how likely a tie is."""

    name, parameter = DAVIDSON, "nu"

    def __init__(self, share: float) -> None:
        super().__init__()
        self.log_nu = nn.Parameter(torch.tensor(tie_math.davidson_start(share)))

    def loss(self, rewards: Tensor, ordered: Pairs, tied: Pairs) -> Tensor:
        won = tie_math.davidson_win(ordered.margins(rewards), self.log_nu)
        same = tie_math.davidson_tie(tied.margins(rewards), self.log_nu)
        return -(ordered.weight * won).sum() - (tied.weight * same).sum()

    def value(self) -> float:
        return math.exp(self.log_nu.item())


class RaoKupper(_Modelled):
    """theta: how many times as strong the better must be for even odds of being seen so."""

    name, parameter = RAO_KUPPER, "theta"

    def __init__(self, share: float) -> None:
        super().__init__()
        # softplus keeps log theta over 0 wherever the optimiser goes
        self.raw = nn.Parameter(torch.tensor(math.log(math.expm1(tie_math.rao_kupper_start(share)))))

    def loss(self, rewards: Tensor, ordered: Pairs, tied: Pairs) -> Tensor:
        log_theta = softplus(self.raw)
        won = tie_math.rao_kupper_win(ordered.margins(rewards), log_theta)
        same = tie_math.rao_kupper_tie(tied.margins(rewards), log_theta)
        return -(ordered.weight * won).sum() - (tied.weight * same).sum()

    def value(self) -> float:
        return math.exp(softplus(self.raw).item())


def rule(name: str, prompts: Sequence[RankedPrompt]) -> Any:
    """The rule of this name, its parameter where it explains the ties of the prompts if all rewards were equal."""
    if name == DROP:
        return Dropped()
    share = tied_share(prompts)
    inside = min(max(share, 0.001), 0.999)  # none at all, or nothing else, leaves a finite parameter to learn from
    return Davidson(inside) if name == DAVIDSON else RaoKupper(inside)


def tied_share(prompts: Sequence[RankedPrompt]) -> float:
    rankings = [ranking for prompt in prompts for ranking in prompt.rankings]
    tied = sum(len(one.ties) for one in rankings)
    return tied / max(1, tied + sum(len(one.pairs) for one in rankings))
