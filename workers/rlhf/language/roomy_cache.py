"""A key-value cache with room ahead, so that a step of sampling writes one column instead of copying all of them."""

from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

ROOM = 32  # columns: everything is copied once in so many steps


class RoomyLayer(DynamicLayer):
    """What transformers' DynamicLayer is, whose `keys` and `values` (B, heads, length, D) are views of larger tensors.

    Of a 1M-parameter model's sampling on a CPU, a third of the time was spent on copying its cache.
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)  # type: ignore[no-untyped-call]
        self.rooms: tuple[Tensor, Tensor] | None = None

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        start = self.get_seq_length()
        end = start + key_states.shape[-2]
        if self.rooms is None or self.rooms[0].shape[-2] < end:
            self.rooms = self._larger(key_states, end + ROOM), self._larger(value_states, end + ROOM)
            if self.keys is not None and self.values is not None:
                self.rooms[0][:, :, :start] = self.keys
                self.rooms[1][:, :, :start] = self.values
        self.rooms[0][:, :, start:end] = key_states
        self.rooms[1][:, :, start:end] = value_states
        self.keys, self.values = (room[:, :, :end] for room in self.rooms)
        self.dtype, self.device, self.is_initialized = key_states.dtype, key_states.device, True
        return self.keys, self.values

    def batch_select_indices(self, indices: Tensor) -> None:
        super().batch_select_indices(indices)
        self.rooms = None

    @staticmethod
    def _larger(states: Tensor, length: int) -> Tensor:
        batch, heads, _, size = states.shape
        return torch.empty(batch, heads, length, size, dtype=states.dtype, device=states.device)


def roomy_cache(config: Any) -> DynamicCache:
    """An empty cache for a model of this config. Layers of other kinds, sliding windows say, stay as they are."""
    cache = DynamicCache(config=config)
    cache.layers = [RoomyLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache
