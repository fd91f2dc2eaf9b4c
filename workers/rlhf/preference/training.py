"""The training of a reward model: steps on batches of prompts, each with all pairs of its prompts (C.2)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel

from apps.training.domain.specs import RewardSpec
from workers.rlhf.frame import processes, sharding
from workers.rlhf.frame.errors import Diverged, Interrupted
from workers.rlhf.frame.job import Job, State
from workers.rlhf.language.render import Ids
from workers.rlhf.learning.lora import learned_state, load_learned
from workers.rlhf.learning.optimise import adam, cosine, descend
from workers.rlhf.learning.precision import autocast_of, precision_of
from workers.rlhf.preference.encoded import Encoded
from workers.rlhf.preference.forms import PLAIN, Form
from workers.rlhf.preference.kwise import Pairs, WithTies, correct, weigh_with_ties
from workers.rlhf.preference.portions import parts, tokens_at_once
from workers.rlhf.preference.scoring import score
from workers.rlhf.preference.ties import RATE, rule


@dataclass(frozen=True, slots=True)
class Took:
    """Of one step's batch, before its update: its loss, and the share of its ordered pairs that were in order."""

    step: int
    loss: float
    accuracy: float | None  # None where all pairs of the batch were ties
    learning_rate: float
    tie: float | None  # the tie rule's parameter, where there is one


class Training:
    """A model, the prompts that it learns from and how far it is. It knows no job and writes nothing:

        training = Training(spec, model, pad_id, prompts)
        for took in training.go_on(): ...
        rewards = training.rewards(pairs)

    The order of the prompts depends on seed and epoch only, so whoever loads a `state()` goes on to the same weights.
    Dropout stays off: the two rewards of a pair are to differ by their texts only (the paper names no dropout here).
    Steps are computed in the spec's precision; what is measured, in float32, as whoever scores by the saved model does.
    """

    def __init__(
        self, spec: RewardSpec, model: PreTrainedModel, pad_id: int, train: Sequence[Encoded], form: Form = PLAIN
    ) -> None:
        self.spec, self.model, self.pad_id, self.train, self.form = spec, model, pad_id, train, form
        self.autocast = autocast_of(precision_of(spec.precision, model.device), model.device)
        sharding.spread(model, *_called(model))
        self.ties = rule(spec.ties, [one.prompt for one in train]).to(model.device)
        self.optimizer = adam(model)
        self.tie_optimizer = adam(self.ties) if self.ties.value() is not None else None
        self.per_epoch = -(-len(train) // spec.batch_size)
        self.steps = spec.epochs * self.per_epoch
        self.done = 0

    def go_on(self) -> Iterator[Took]:
        """Takes every step that is not done yet, each when the next is asked for."""
        while self.done < self.steps:
            yield self._step(self._batch())

    def rewards(self, pairs: Sequence[tuple[Ids, Ids]], between: Callable[[], None] = lambda: None) -> Tensor:
        """Raw rewards (N,) of the model as it is now. Raises Diverged where one is not finite."""
        found = score(self.model, pairs, self.pad_id, form=self.form, between=between)
        if not torch.isfinite(found).all():
            raise Diverged("A reward of the trained model is not finite: a smaller learning_rate may help.")
        return found

    def state(self) -> dict[str, Any]:
        """Whole, wherever the model lies: for all processes at once, and for the first one to write."""
        state = {
            "step": self.done,
            "model": learned_state(self.model),
            "optimizer": sharding.whole(self.optimizer.state_dict()),
        }
        if self.tie_optimizer is not None:
            state |= {"ties": self.ties.state_dict(), "tie_optimizer": self.tie_optimizer.state_dict()}
        return state

    def load(self, state: dict[str, Any]) -> None:
        self.done = state["step"]
        load_learned(self.model, state["model"])
        sharding.load_optimiser(self.optimizer, state["optimizer"])
        if self.tie_optimizer is not None:
            self.ties.load_state_dict(state["ties"])
            self.tie_optimizer.load_state_dict(state["tie_optimizer"])

    def _batch(self) -> list[Encoded]:
        """The prompts of the step to do."""
        epoch, place = divmod(self.done, self.per_epoch)
        order = np.random.default_rng([self.spec.seed, epoch]).permutation(len(self.train))
        start = place * self.spec.batch_size
        return [self.train[n] for n in order[start : start + self.spec.batch_size]]

    def _step(self, batch: list[Encoded]) -> Took:
        """One update. Parts of the batch are forwarded one by one to bound memory; their gradients add up.

        So do those of several processes, each with its share of the prompts.
        """
        loss, right, asked = 0.0, 0.0, 0.0
        own = processes.share(sorted(batch, key=lambda one: one.longest))
        own_parts = list(parts(own, self.form.shapes, tokens_at_once(self.model.device)))
        for part, counts in sharding.in_step(self.model, own_parts, batch[:1]):
            rewards = self.form.rewards(self.model, part, self.pad_id, self.autocast)
            ordered, tied = (pairs.to(rewards.device) for pairs in _placed(part))
            share = self.ties.loss(rewards, ordered, tied) * (counts * len(part) / len(batch))
            share.backward()
            loss += share.item()
            right += counts * correct(rewards.detach(), ordered).sum().item()
            asked += counts * len(ordered.better)
        rate = cosine(self.spec.learning_rate, self.done, self.steps)
        whole_loss = descend(self.model, self.optimizer, rate, loss)
        right, asked = processes.total(right, asked)
        if self.tie_optimizer is not None:
            descend(self.ties, self.tie_optimizer, cosine(RATE, self.done, self.steps), loss)
        self.done += 1
        return Took(self.done, whole_loss, right / asked if asked else None, rate, self.ties.value())


def train(job: Job, training: Training, saved: State | None, total: int) -> None:
    """The training as a job's own, from the checkpoint `saved`: it logs its steps of the job's `total`, heeds a stop."""
    if saved is not None:
        training.load(saved)
    job.heed_stop()
    for took in training.go_on():
        numbers = {"loss": took.loss, "learning_rate": took.learning_rate}
        numbers |= {} if took.accuracy is None else {"accuracy": took.accuracy}
        numbers |= {} if took.tie is None else {"tie_parameter": took.tie}
        job.log(took.step, total, **numbers)
        job.step_done(took.step, training.state)


def stop_if_asked(job: Job, training: Training) -> None:
    """To call between the forwards of a measurement: a stop there loses no step."""
    if job.stopping:
        job.checkpoint_save(training.state())
        raise Interrupted("stopped while rewards were measured")


def _called(model: Any) -> Sequence[torch.nn.Module]:
    """What a form forwards: first the texts, then the states that it picked from them."""
    return model.base_model, model.score


def _placed(part: Sequence[Encoded]) -> tuple[Pairs, Pairs]:
    """Ordered and tied pairs of a part's prompts, as positions in its flat vector of rewards."""
    placed: list[list[WithTies]] = []
    start = 0
    for one in part:
        placed.append(
            [
                ([(start + b, start + w) for b, w in said.pairs], [(start + a, start + b) for a, b in said.ties])
                for said in one.prompt.rankings
            ]
        )
        start += len(one.completions)
    return weigh_with_ties(placed)
