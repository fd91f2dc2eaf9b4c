"""The ways an ML program can end before its work is done."""

import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from apps.core.domain.errors import RuleBroken


class BadInput(Exception):
    """A spec or an input that does not allow the work: exit code 64. `sentence` starts with the field's name."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def begun_otherwise(output: Path) -> BadInput:
    """The refusal of what another spec left. A supervisor's folder is one run's: there an upgrade has changed the spec."""
    return BadInput(
        "output",
        f"output: what lies in {output} was begun with other settings, or before an upgrade that brought new ones, so it "
        "cannot be gone on from. Start again: a new run (in the loop a new turn); by hand, with an empty folder.",
    )


class Diverged(Exception):
    """A loss, a gradient or a probability that is not a finite number."""


class Interrupted(Exception):
    """Asked to stop. A checkpoint is saved where one step was done: the same command goes on from it."""


class PartFailed(Exception):
    """A part of the work failed, by the error that is its cause. The sentence says which part, and by what."""


class PeerLost(Exception):
    """Another process of the run ended, so this one cannot go on. The other one says why, if it still could."""


def failure_kind(error: BaseException, settings: set[str]) -> str:
    """The FailureKind (apps/registry/run.py) of an error; `settings` are the names of the spec's fields."""
    if isinstance(error, RuleBroken):
        return "spec"
    if isinstance(error, BadInput):
        return "spec" if error.field in settings else "data"
    if isinstance(error, Diverged):
        return "diverged"
    if isinstance(error, PeerLost):
        return "killed"
    if any(_is_disk_full(one) for one in _chain(error)):
        return "disk"
    if any(_is_out_of_memory(one) for one in _chain(error)):
        return "memory"
    return "error"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _is_disk_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    # safetensors reports what the system said in a text of its own.
    return os.strerror(errno.ENOSPC) in str(error)


def _is_out_of_memory(error: BaseException) -> bool:
    torch = sys.modules.get("torch")  # a program that asks an endpoint never loads it
    if isinstance(error, MemoryError) or (torch is not None and isinstance(error, torch.OutOfMemoryError)):
        return True
    # torch's CPU allocator raises a plain RuntimeError (c10/core/impl/alloc_cpu.cpp).
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)
