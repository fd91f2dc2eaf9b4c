"""One job of an ML program: its files, its metrics, its checkpoints."""

import json
import logging
import math
import os
import random
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from apps.training.domain.specs import Spec
from workers.rlhf.frame import processes
from workers.rlhf.frame.checkpoint import damaged, read_checkpoint
from workers.rlhf.frame.curves import Curves
from workers.rlhf.frame.errors import BadInput, Diverged, Interrupted, begun_otherwise
from workers.rlhf.frame.files import file_sha256, write_atomically
from workers.rlhf.frame.guard import Ear, Stop
from workers.rlhf.frame.pace import Pace

State = dict[str, Any]
log = logging.getLogger("rlhf")


@dataclass(kw_only=True)
class Job:
    """What a program's `run(job)` is given. Programs read inputs by `file` and `workers.rlhf.language.loading`, which note them.

    A checkpoint holds tensors, numbers, texts, lists, tuples and dicts only (it is read with weights_only=True).
    """

    spec: Spec
    input: Path
    output: Path
    device: torch.device
    stop: Stop = field(default_factory=Stop)
    inputs: dict[str, str] = field(default_factory=dict)  # name -> sha256 or "hub:org/name@revision"
    started: float = field(default_factory=time.monotonic)
    seconds_before: float = 0.0  # of earlier attempts, up to their last checkpoint
    pace: Pace = field(default_factory=Pace)

    def __post_init__(self) -> None:
        self.curves = Curves(self.output / "tensorboard")

    @property
    def stopping(self) -> bool:
        """Whether to save a checkpoint and raise Interrupted. All processes hear the same, so all must ask."""
        return processes.any_says(self.stop.is_set())

    def heed_stop(self) -> None:
        """Raises Interrupted where a stop was asked for. To call where that loses nothing, as before the first step."""
        if self.stopping:
            raise Interrupted("stopped before the next step")

    @property
    def ear(self) -> Ear:
        """For a measurement that may be begun again without losing a step."""
        return Ear(self.stop.is_set, self.heed_stop)

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
        if not processes.is_first():
            return
        line = json.dumps({"step": step, "steps_total": total, **numbers}, allow_nan=False)
        with self._metrics.open("a") as file:
            file.write(line + "\n")
        self.curves.add(step, numbers)
        log.info("%s", line)

    def checkpoint_save(self, state: Mapping[str, Any]) -> None:
        """`state` and the random generators' states of all processes, in one atomic step. The first writes it."""
        generators = processes.gathered(_random_states(self.device))
        if processes.is_first():
            self._checkpoint_write(state, generators)
        processes.wait()  # nobody ends while it is being written: a launcher would take that for everybody's end

    def _checkpoint_write(self, state: Mapping[str, Any], generators: list[State]) -> None:
        self._metrics.touch()
        with self._metrics.open("rb") as file:
            os.fsync(file.fileno())
            logged = file.seek(0, os.SEEK_END)
        self.curves.flush()
        whole = {
            "spec_sha256": self.spec.sha256,
            "metrics_bytes": logged,
            "seconds": self.seconds,
            "random": generators,
            "state": dict(state),
        }
        write_atomically(self._checkpoint, lambda file: torch.save(whole, file))

    def checkpoint_load(self) -> State | None:
        """The last state saved, with the random generators set back to it; None at the first attempt.

        What metrics.jsonl says of steps after it is dropped: these steps are done again.
        """
        if not self._checkpoint.is_file():
            if processes.is_first():
                self._metrics.unlink(missing_ok=True)
                self.curves.begin_again()
            return None
        whole = read_checkpoint(self._checkpoint)
        if whole["spec_sha256"] != self.spec.sha256:
            raise begun_otherwise(self.output)
        if not self._metrics.is_file() or self._metrics.stat().st_size < whole["metrics_bytes"]:
            raise damaged(self._checkpoint, "metrics.jsonl has fewer steps than it")
        if processes.is_first():
            os.truncate(self._metrics, whole["metrics_bytes"])
            self.curves.go_on_after(self._last_step())
        self.seconds_before = whole["seconds"]
        if processes.rank() < len(whole["random"]):  # else there are more processes now than then
            _set_random_states(whole["random"][processes.rank()], self.device)
        state: State = whole["state"]
        return state

    def step_done(
        self, step: int, state: Callable[[], Mapping[str, Any]], tokens: int = 0, *, due: bool = False
    ) -> None:
        """To call after each step: saves `state()` where it is `due`, by the spec too. Raises Interrupted where a stop was
        asked for."""
        self.pace.step(tokens)
        stopping = self.stopping
        if stopping or due or step % self.spec.checkpoint_every == 0:
            self.checkpoint_save(state())
        if stopping:
            raise Interrupted(f"stopped after step {step}")

    def checkpoint_remove(self) -> None:
        if processes.is_first() and self._checkpoint.parent.is_dir():
            shutil.rmtree(self._checkpoint.parent)

    def _last_step(self) -> int:
        lines = self._metrics.read_bytes().splitlines()
        try:
            return int(json.loads(lines[-1])["step"]) if lines else -1
        except (ValueError, TypeError, LookupError) as error:
            raise damaged(self._checkpoint, "the last line of metrics.jsonl is no step of it") from error

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
