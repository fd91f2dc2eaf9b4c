"""One job of an ML program: its files, its metrics, its checkpoints."""

import json
import logging
import math
import os
import random
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from apps.training.domain.specs import Spec
from workers.rlhf.errors import BadInput, Diverged, Interrupted
from workers.rlhf.files import file_sha256, write_atomically

State = dict[str, Any]
log = logging.getLogger("rlhf")


@dataclass(kw_only=True)
class Job:
    """What a program's `run(job)` is given. Programs read inputs by `file` and `workers.rlhf.loading`, which note them.

    A checkpoint holds tensors, numbers, texts, lists, tuples and dicts only (it is read with weights_only=True).
    """

    spec: Spec
    input: Path
    output: Path
    device: torch.device
    stop: threading.Event = field(default_factory=threading.Event)
    inputs: dict[str, str] = field(default_factory=dict)  # name -> sha256 or "hub:org/name@revision"
    started: float = field(default_factory=time.monotonic)
    seconds_before: float = 0.0  # of earlier attempts, up to their last checkpoint

    @property
    def stopping(self) -> bool:
        """Whether to save a checkpoint and raise Interrupted."""
        return self.stop.is_set()

    @property
    def seconds(self) -> float:
        return self.seconds_before + time.monotonic() - self.started

    @property
    def model_folder(self) -> Path:
        return self.output / "model"

    def file(self, name: str) -> Path:
        """An input file. Raises BadInput where there is none."""
        path = self.input / name
        if not path.is_file():
            raise BadInput(name, f"{name}: the input folder has no such file.")
        self.inputs[name] = file_sha256(path)
        return path

    def log(self, step: int, total: int, /, **numbers: float) -> None:
        """One line of metrics.jsonl. Raises Diverged where a number is not finite."""
        for name, value in numbers.items():
            if not math.isfinite(value):
                raise Diverged(f"{name} was {value} at step {step} of {total}: a smaller learning_rate may help.")
        line = json.dumps({"step": step, "steps_total": total, **numbers}, allow_nan=False)
        with self._metrics.open("a") as file:
            file.write(line + "\n")
        log.info("%s", line)

    def checkpoint_save(self, state: Mapping[str, Any]) -> None:
        """`state` and the random generators' states, in one atomic step."""
        self._metrics.touch()
        with self._metrics.open("rb") as file:
            os.fsync(file.fileno())
            logged = file.seek(0, os.SEEK_END)
        whole = {
            "spec_sha256": self.spec.sha256,
            "metrics_bytes": logged,
            "seconds": self.seconds,
            "random": _random_states(self.device),
            "state": dict(state),
        }
        write_atomically(self._checkpoint, lambda file: torch.save(whole, file))

    def checkpoint_load(self) -> State | None:
        """The last state saved, with the random generators set back to it; None at the first attempt.

        What metrics.jsonl says of steps after it is dropped: these steps are done again.
        """
        if not self._checkpoint.is_file():
            self._metrics.unlink(missing_ok=True)
            return None
        whole = torch.load(self._checkpoint, map_location="cpu", weights_only=True)
        if whole["spec_sha256"] != self.spec.sha256:
            raise BadInput("output", "output: the folder holds a checkpoint of another spec; use an empty folder.")
        os.truncate(self._metrics, whole["metrics_bytes"])
        self.seconds_before = whole["seconds"]
        _set_random_states(whole["random"], self.device)
        state: State = whole["state"]
        return state

    def step_done(self, step: int, state: Callable[[], Mapping[str, Any]]) -> None:
        """To call after each step: saves `state()` where one is due. Raises Interrupted where a stop was asked for."""
        if self.stopping or step % self.spec.checkpoint_every == 0:
            self.checkpoint_save(state())
        if self.stopping:
            raise Interrupted(f"stopped after step {step}")

    def checkpoint_remove(self) -> None:
        if self._checkpoint.parent.is_dir():
            shutil.rmtree(self._checkpoint.parent)

    @property
    def _metrics(self) -> Path:
        return self.output / "metrics.jsonl"

    @property
    def _checkpoint(self) -> Path:
        return self.output / "checkpoint" / "state.pt"


def _random_states(device: torch.device) -> State:
    states: State = {"python": random.getstate(), "torch": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def _set_random_states(states: State, device: torch.device) -> None:
    random.setstate(states["python"])
    torch.set_rng_state(states["torch"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(states["cuda"], device)
