"""Models of which each process holds a part only: FSDP2, asked for by accelerate's configuration or by `launch --shard`.

Weights, gradients and Adam's numbers lie in parts (what DeepSpeed calls ZeRO-3); a layer is put together when it is
needed and taken apart again. What is saved is whole, so a checkpoint or a model does not depend on who made it.
All of these functions are for all processes at once.
"""

import os
from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from workers.rlhf.frame import processes
from workers.rlhf.frame.errors import BadInput

State = dict[str, Any]
Part = TypeVar("Part")


def wanted() -> bool:
    """Whether this run's models are to lie in parts. Raises BadInput where they are to by a way that is not built in."""
    said = {name: os.environ.get(name, "").lower() for name in ("ACCELERATE_USE_FSDP", "ACCELERATE_USE_DEEPSPEED")}
    if said["ACCELERATE_USE_DEEPSPEED"] == "true":
        raise BadInput("processes", "processes: DeepSpeed is not built in; FSDP2 shards as its ZeRO-3 does.")
    if processes.count() == 1 or said["ACCELERATE_USE_FSDP"] != "true":
        return False
    if os.environ.get("FSDP_VERSION") != "2":
        raise BadInput("processes", "processes: of FSDP version 2 is built in; set fsdp_version to 2.")
    return True


def spread(model: nn.Module, *called: nn.Module) -> None:
    """Every process gets the first one's weights; where the run shards, only its own part of them, in place.

    `called` are the modules of the model that the program forwards, where it forwards not the model itself: a module
    is put together when it is called, so the weights of one that never is would stay in parts.
    """
    processes.make_alike(model)
    if not wanted():
        return
    if not all(one.requires_grad for one in model.parameters()):
        raise BadInput("lora_rank", "lora_rank: adapters do not lie in parts; use processes that do not shard.")
    mesh = init_device_mesh(next(model.parameters()).device.type, (processes.count(),))
    layers = set(getattr(model, "_no_split_modules", None) or ())
    for module in [one for one in model.modules() if type(one).__name__ in layers]:
        fully_shard(module, mesh=mesh)
    for module in called or (model,):
        fully_shard(module, mesh=mesh)
    for module in model.modules():
        if isinstance(module, FSDPModule):
            module.set_gradient_divide_factor(1.0)  # shares of a loss add up; they are no means
            module.set_force_sum_reduction_for_comms(True)  # gloo knows no other sum


def is_sharded(model: nn.Module) -> bool:
    return any(isinstance(one, FSDPModule) for one in model.modules())


def in_step(model: nn.Module, parts: Sequence[Part], stand_in: Part) -> list[tuple[Part, int]]:
    """The parts of this process's share, each counting 1. All processes forward a sharded model as often.

    One that has fewer parts than another adds `stand_in`s, which count 0.
    """
    own = [(part, 1) for part in parts]
    return own + [(stand_in, 0)] * (processes.most(len(own)) - len(own) if is_sharded(model) else 0)


def whole(value: Any) -> Any:
    """The tensors of a state, put together for the first process, which writes it; what lies in no parts as it is.

    One by one and on the CPU: a GPU need not hold them all.
    """
    match value:
        case DTensor():
            full = value.full_tensor()
            return full.cpu() if processes.is_first() else torch.empty(0)
        case dict():
            return {name: whole(inner) for name, inner in value.items()}
        case list():
            return [whole(inner) for inner in value]
    return value


def whole_weights(model: nn.Module) -> State:
    """The state of a model as it is saved: weights that have two names are in it once."""
    names = {name for name, _ in model.named_parameters(remove_duplicate=False)}
    second = names - {name for name, _ in model.named_parameters()}
    return {name: value for name, value in whole(model.state_dict()).items() if name not in second}


def full_number(value: Tensor) -> float:
    """A scalar that may lie in parts, as the norm of such gradients does."""
    return float(value.full_tensor() if isinstance(value, DTensor) else value)


def load_weights(model: nn.Module, state: State) -> None:
    """What `whole(model.state_dict())` gave; each process takes its part."""
    if is_sharded(model):
        own = model.state_dict()
        state = {name: _like(own[name], value) for name, value in state.items()}
    model.load_state_dict(state)


def load_optimiser(optimiser: torch.optim.Optimizer, state: State) -> None:
    """What `whole(optimiser.state_dict())` gave."""
    optimiser.load_state_dict(state)
    for parameter, numbers in optimiser.state.items():
        if isinstance(parameter, DTensor):
            for name, value in numbers.items():
                if isinstance(value, Tensor) and value.shape == parameter.shape:
                    numbers[name] = _like(parameter, value)


def _like(own: Tensor, value: Tensor) -> Tensor:
    """A whole tensor as this process holds its own."""
    if not isinstance(own, DTensor) or isinstance(value, DTensor):
        return value
    return distribute_tensor(value.to(own.device), own.device_mesh, own.placements)
