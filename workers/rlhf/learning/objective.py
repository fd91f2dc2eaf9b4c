"""The loss that SFT goes down: of some pairs, in the layout and the precision that the run has settled on."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from workers.rlhf.language.batches import collate
from workers.rlhf.learning.optimise import Pair, completion_loss
from workers.rlhf.learning.packing import pack, packed_loss
from workers.rlhf.learning.precision import Autocast


@dataclass(frozen=True, slots=True)
class CompletionLoss:
    """Called with pairs: the sum of their completions' cross-entropies, in nats."""

    model: Any
    pad_id: int
    device: torch.device
    autocast: Autocast = nullcontext
    packed: bool = False

    def __call__(self, pairs: Sequence[Pair]) -> Tensor:
        with self.autocast():
            if self.packed:
                return packed_loss(self.model, pack(pairs, self.pad_id).to(self.device))
            return completion_loss(self.model, collate(pairs, self.pad_id).to(self.device))
