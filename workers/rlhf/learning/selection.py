"""Which epoch's weights are kept (C.1: by reward-model score on validation; the loss overfits after one epoch).

The weights of the best epoch so far are a file beside the checkpoint. A file that the last checkpoint speaks of stays
until another checkpoint is due, so that a run which goes on from there finds it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from workers.rlhf.frame import processes
from workers.rlhf.frame.checkpoint import read_saved
from workers.rlhf.frame.files import write_atomically
from workers.rlhf.learning.lora import learned_state, load_learned

LAST, LOSS, REWARD = "last", "loss", "reward"
State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """What was measured after a step; `rewards` are those of the replies to the validation prompts, in their order."""

    step: int
    epoch: int
    validation_loss: float | None = None
    rewards: tuple[float, ...] = ()
    ended: float | None = None  # the share of these replies that ended by themselves

    @property
    def reward(self) -> float | None:
        return sum(self.rewards) / len(self.rewards) if self.rewards else None


class Selection:
    """Told of every look; keeps the weights of the best. `by` is last, loss or reward; `folder` the checkpoint's."""

    def __init__(self, model: torch.nn.Module, by: str, folder: Path) -> None:
        self.model, self.by, self.folder = model, by, folder
        self.looks: list[Look] = []
        self.kept: int | None = None  # the step whose weights are in the file
        self._referred: int | None = None  # the step that the last checkpoint speaks of

    def seen(self, look: Look) -> None:
        """The model as it is now was looked at. The look before the first step only shows where the run began."""
        look = processes.gathered(look)[0]  # the first one's counts: on GPUs another may have heard a little else
        self.looks.append(look)
        best = self.best(self.by)
        if self.by != LAST and best is not None and best.step == look.step:
            self.kept = look.step
            state = learned_state(self.model)  # put together by all processes where it lies in parts
            if processes.is_first():
                self._write(state)
            processes.wait()

    def best(self, by: str) -> Look | None:
        """The look that `by` chooses, the first of equal ones; None where nothing was measured by that."""
        trained = [look for look in self.looks if look.step]
        if by == LOSS:
            return min((one for one in trained if one.validation_loss is not None), key=_loss, default=None)
        if by == REWARD:
            return max((one for one in trained if one.rewards), key=_reward, default=None)
        return trained[-1] if trained else None

    def state(self) -> State:
        """For a checkpoint that is about to be written."""
        self._drop(self.kept, self._referred)
        self._referred = self.kept
        return {"looks": [asdict(look) for look in self.looks], "kept": self.kept}

    def load(self, state: Mapping[str, Any]) -> None:
        self.looks = [Look(**{**one, "rewards": tuple(one["rewards"])}) for one in state["looks"]]
        self.kept = self._referred = state["kept"]

    def take_best(self) -> Look | None:
        """The model gets the weights that are kept; returns their look, None where the last ones are kept unlooked at."""
        last = self.best(LAST)
        if self.kept is None or last is None or self.kept == last.step:
            return last
        load_learned(self.model, read_saved(self._file(self.kept)))
        return next(look for look in self.looks if look.step == self.kept)

    def _write(self, state: State) -> None:
        assert self.kept is not None
        write_atomically(self._file(self.kept), lambda file: torch.save(state, file))
        self._drop(self.kept, self._referred)

    def _drop(self, *but: int | None) -> None:
        if processes.is_first():
            for path in self.folder.glob("kept-*.pt"):
                if path not in [self._file(step) for step in but if step is not None]:
                    path.unlink()

    def _file(self, step: int) -> Path:
        return self.folder / f"kept-{step}.pt"


def _loss(look: Look) -> float:
    assert look.validation_loss is not None
    return look.validation_loss


def _reward(look: Look) -> float:
    assert look.reward is not None
    return look.reward
