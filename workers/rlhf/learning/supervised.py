"""The training loop of pretraining and SFT: steps, epochs, a measure after each epoch, checkpoints."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import torch

from workers.rlhf.frame import processes, sharding
from workers.rlhf.frame.errors import Interrupted
from workers.rlhf.frame.job import Job
from workers.rlhf.learning.lora import learned_state, load_learned
from workers.rlhf.learning.objective import CompletionLoss
from workers.rlhf.learning.optimise import Pair, adam, cosine, descend, epoch_batches, in_parts

log = logging.getLogger("rlhf")
Measure = Callable[[int], dict[str, float]]


class Beside(Protocol):
    """Something that goes along with the training and has to come back with it."""

    def state(self) -> dict[str, Any]: ...

    def load(self, state: Mapping[str, Any]) -> None: ...


def train(
    job: Job,
    pairs: Sequence[Pair],
    *,
    loss: CompletionLoss,
    batch_size: int,
    steps: int,
    learning_rate: float,
    measure: Measure,
    beside: Beside | None = None,
) -> None:
    """`steps` steps of `batch_size` pairs down `loss`, from the job's checkpoint where it has one.

    `measure` is told how many steps were done and says what is logged of the model, in eval mode, before the first step
    and after each epoch. Where it raises Interrupted the step before it is saved, and whoever goes on measures anew. The last
    step is always saved: what the run does after it may be stopped anywhere. The model is left in eval mode. Of several
    processes each takes its share of every batch.
    """
    model = loss.model
    sharding.spread(model)
    processes.own_random(job.spec.seed)
    optimiser = adam(model)
    state = job.checkpoint_load()
    job.heed_stop()
    done, taken = 0, None
    if state is None:
        model.eval()
        if found := measure(0):
            job.log(0, steps, **found)
    else:
        load_learned(model, state["model"])
        sharding.load_optimiser(optimiser, state["optimiser"])
        if beside:
            beside.load(state["beside"])
        done, taken = state["step"], state.get("taken")
        log.info("Going on after step %d of %d.", done, steps)

    def snapshot(done: int, taken: dict[str, float] | None = None) -> dict[str, Any]:
        """`taken`: what a step said after the `done` ones that is taken, but not measured and logged yet."""
        state = {"step": done, "taken": taken, "model": learned_state(model)}
        state["optimiser"] = sharding.whole(optimiser.state_dict())
        return state | ({"beside": beside.state()} if beside else {})

    an_epoch = -(-len(pairs) // batch_size)
    batches: list[list[Pair]] = []
    for step in range(done, steps):
        epoch, place = divmod(step, an_epoch)
        if not batches or place == 0:
            batches = epoch_batches(pairs, batch_size, job.spec.seed, epoch)
        if taken is None:
            rate = cosine(learning_rate, step, steps)
            model.train()
            taken = {"loss": _step(loss, optimiser, batches[place], rate), "learning_rate": rate}
        model.eval()
        found = {}
        if place == an_epoch - 1 or step == steps - 1:
            try:
                found = measure(step + 1)
            except Interrupted:
                job.checkpoint_save(snapshot(step, taken))
                raise
        job.log(step + 1, steps, **taken, **found)
        taken = None
        tokens = sum(len(prompt) + len(reply) for prompt, reply in batches[place])
        job.step_done(step + 1, partial(snapshot, step + 1), tokens, due=step == steps - 1)
    model.eval()


def _step(loss: CompletionLoss, optimiser: torch.optim.Optimizer, batch: Sequence[Pair], rate: float) -> float:
    """One step on `batch`; returns its mean loss a completion token, in nats, before the step."""
    tokens = sum(len(completion) for _, completion in batch)  # of the whole batch, so that shares add up to its mean
    summed = 0.0
    parts = list(in_parts(processes.share(batch), vocabulary_size(loss.model)))
    for part, counts in sharding.in_step(loss.model, parts, batch[:1]):
        part_loss = counts * loss(part) / tokens
        part_loss.backward()  # type: ignore[no-untyped-call]
        summed += part_loss.item()
    return descend(loss.model, optimiser, rate, summed)


@torch.no_grad()
def mean_loss(loss: CompletionLoss, pairs: Sequence[Pair], between: Callable[[], None]) -> float:
    """Mean cross-entropy a completion token, in nats, over all `pairs`. Leaves the model's mode as it is.

    `between` is called after each forward, to stop at.
    """
    parts = list(in_parts(processes.share(pairs), vocabulary_size(loss.model)))
    turns = sharding.in_step(loss.model, parts, pairs[:1])
    own = 0.0
    for turn in range(processes.most(len(turns))):  # `between` is said by all processes at once
        for part, counts in turns[turn : turn + 1]:
            own += counts * loss(part).item()
        between()
    return processes.total(own)[0] / sum(len(completion) for _, completion in pairs)


def vocabulary_size(model: Any) -> int:
    size: int = model.get_input_embeddings().weight.shape[0]
    return size
