"""The processes of one run. `accelerate launch` starts several: each does its share of every batch, and all stay alike.

Every process reads the same inputs and keeps the same counts; `share` says which part of a batch is its own, `total`
and `add_up_gradients` put the parts together, so a step is the one that a single process takes. Only the first writes
files. All of this does nothing where there is one process, so programs call it without asking.

What is said to all at once (`total`, `any_says`, `gathered`, `wait`, `add_up_gradients`) must be reached by every
process in the same order: never inside an `if` that only some of them take.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import distributed, nn
from torch.distributed.tensor import DTensor

from workers.rlhf.frame.errors import PeerLost

PATIENCE = timedelta(minutes=30)  # for the slowest; a process that died is noticed at once, by its closed connections
BUCKET = 2**24  # numbers that are added up together: 64 MiB in float32
Item = TypeVar("Item")


@contextmanager
def joined() -> Iterator[None]:
    """In touch with the other processes that the environment names (RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT)."""
    if started_count() == 1:
        yield
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(local_rank())
    with _together():
        distributed.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo", timeout=PATIENCE)
    try:
        yield
    finally:
        distributed.destroy_process_group()


def started_count() -> int:
    """As many as were started, whether they are in touch yet or not."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def started_rank() -> int:
    return int(os.environ.get("RANK", "0")) if started_count() > 1 else 0


def count() -> int:
    return distributed.get_world_size() if distributed.is_initialized() else 1


def rank() -> int:
    return distributed.get_rank() if distributed.is_initialized() else 0


def is_first() -> bool:
    return rank() == 0


def local_rank() -> int:
    """Which of this machine's processes this is, so which of its GPUs it has."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def share(items: Sequence[Item]) -> Sequence[Item]:
    """This process's part of a batch, perhaps none of it; the parts of all processes are the batch."""
    return items if count() == 1 else items[rank() :: count()]


def total(*numbers: float) -> list[float]:
    """Each number added up over the processes."""
    if count() == 1:
        return list(numbers)
    sums = torch.tensor(numbers, dtype=torch.float64)
    with _together():
        distributed.all_reduce(sums)
    found: list[float] = sums.tolist()
    return found


def added_up(numbers: torch.Tensor) -> torch.Tensor:
    """A tensor of the CPU added up over the processes, in place."""
    if count() > 1:
        with _together():
            distributed.all_reduce(numbers)
    return numbers


def any_says(yes: bool) -> bool:
    """Whether any process says so: all hear the same."""
    return total(float(yes))[0] > 0


def most(number: int) -> int:
    """The largest that any process says."""
    if count() == 1:
        return number
    found = torch.tensor(number)
    with _together():
        distributed.all_reduce(found, op=distributed.ReduceOp.MAX)
    return int(found)


def gathered(value: Any) -> list[Any]:
    """What each process gives, by rank. Small things only: they are pickled."""
    if count() == 1:
        return [value]
    found: list[Any] = [None] * count()
    with _together():
        distributed.all_gather_object(found, value)
    return found


def wait() -> None:
    """Until every process is here."""
    total(0.0)


@torch.no_grad()
def make_alike(model: nn.Module) -> None:
    """Every process has the first one's weights."""
    if count() > 1:
        with _together():
            for one in (*model.parameters(), *model.buffers()):
                distributed.broadcast(one.detach(), src=0)


def own_random(seed: int) -> None:
    """Dropout of its own for each process but the first, which goes on as a single one would."""
    if rank() > 0:
        torch.manual_seed(seed * 1_000 + rank())


@torch.no_grad()
def add_up_gradients(parameters: Sequence[nn.Parameter]) -> None:
    """Gradients of the processes' shares of a loss become those of the whole loss, the same ones everywhere.

    They are added up once a step, after all parts of a batch: how many forwards a share took, and whether it held
    anything at all, does not matter.
    """
    if count() == 1:
        return
    parameters = [one for one in parameters if not isinstance(one, DTensor)]  # what lies in parts is added up already
    for one in parameters:
        if one.grad is None:
            one.grad = torch.zeros_like(one)
    for bucket in _buckets([one.grad for one in parameters if one.grad is not None]):
        flat = torch.cat([grad.reshape(-1) for grad in bucket])
        with _together():
            distributed.all_reduce(flat)
        for grad, sums in zip(bucket, torch.split(flat, [grad.numel() for grad in bucket]), strict=True):
            grad.copy_(sums.view_as(grad))


def _buckets(tensors: Sequence[torch.Tensor]) -> Iterator[list[torch.Tensor]]:
    """Runs of tensors of one type and place, each of about BUCKET numbers."""
    bucket: list[torch.Tensor] = []
    for one in tensors:
        alike = bucket and (bucket[0].dtype, bucket[0].device) == (one.dtype, one.device)
        if bucket and (not alike or sum(other.numel() for other in bucket) + one.numel() > BUCKET):
            yield bucket
            bucket = []
        bucket.append(one)
    if bucket:
        yield bucket


@contextmanager
def _together() -> Iterator[None]:
    """Raises PeerLost where the others cannot be reached any more."""
    try:
        yield
    except RuntimeError as error:
        raise PeerLost(f"Another of the run's processes ended or does not answer: {error}") from error
