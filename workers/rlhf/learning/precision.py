"""In which numbers a model computes, and whether it keeps what its layers computed: memory and speed, not the result.

Weights and Adam's moments are float32 in any case. bfloat16 means autocast: matrix products in 16 bits, sums and the
loss in 32.
"""

import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import torch
from torch.utils.checkpoint import checkpoint
from transformers.modeling_layers import GradientCheckpointingLayer

from workers.rlhf.frame.errors import BadInput

Autocast = Callable[[], AbstractContextManager[Any]]


def precision_of(setting: str, device: torch.device) -> str:
    """ "float32" or "bfloat16": what auto means here. A CPU stays with float32 unless it is told otherwise."""
    has_bfloat16 = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    if setting == "auto":
        return "bfloat16" if has_bfloat16 else "float32"
    if setting == "bfloat16" and device.type == "cuda" and not has_bfloat16:
        raise BadInput("precision", "precision: this machine's GPU has no bfloat16; use auto or float32.")
    return setting


def autocast_of(precision: str, device: torch.device) -> Autocast:
    """What forward passes are made in, under `precision_of`'s answer."""
    if precision == "bfloat16":
        return lambda: torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext


def keep_no_activations(model: Any, setting: str = "gradient_checkpointing") -> None:
    """Compute what layers computed a second time for the gradient, instead of keeping it. The gradient is the same.

    transformers' own switch works in training mode only, and a reward model learns in evaluation mode, in which nothing
    is dropped. So the layers that it would switch are told here, in whatever mode they are.
    """
    layers = _layers(model)
    if not layers or not model.supports_gradient_checkpointing:
        raise BadInput(setting, f"{setting}: {type(model).__name__} cannot do that; set it to off.")
    for layer in layers:
        # A layer that held itself would outlive its model until the next garbage collection, with its memory.
        layer.forward = partial(_computed_twice, weakref.ref(layer))


def keeps_activations(model: Any) -> bool:
    """False after `keep_no_activations`."""
    return not any("forward" in vars(layer) for layer in _layers(model))


def _layers(model: Any) -> list[Any]:
    return [module for module in model.modules() if isinstance(module, GradientCheckpointingLayer)]


def _computed_twice(which: Any, *args: Any, **kwargs: Any) -> Any:
    """Without a gradient to come, once."""
    layer = which()
    forward = partial(type(layer).forward, layer)
    if not torch.is_grad_enabled():
        return forward(*args, **kwargs)
    return checkpoint(forward, *args, use_reentrant=False, **kwargs)
