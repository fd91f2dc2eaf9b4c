"""The training loop of pretraining and SFT: steps, epochs, a measure after each epoch, checkpoints."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import torch

from workers.rlhf.batches import collate
from workers.rlhf.job import Job
from workers.rlhf.optimise import Pair, adam, completion_loss, cosine, descend, epoch_batches, in_parts

log = logging.getLogger("rlhf")
Measure = Callable[[], dict[str, float]]


def train(
    job: Job,
    model: torch.nn.Module,
    pairs: Sequence[Pair],
    *,
    pad_id: int,
    batch_size: int,
    steps: int,
    learning_rate: float,
    measure: Measure,
) -> None:
    """`steps` steps of `batch_size` pairs, from the job's checkpoint where it has one; leaves `model` in eval mode.

    `measure` says what is logged of the model, in eval mode, before the first step and after each epoch.
    """
    optimiser = adam(model)
    state = job.checkpoint_load()
    done = 0
    if state is None:
        model.eval()
        if found := measure():
            job.log(0, steps, **found)
    else:
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        done = state["step"]
        log.info("Going on after step %d of %d.", done, steps)

    def snapshot() -> dict[str, Any]:
        return {"step": step + 1, "model": model.state_dict(), "optimiser": optimiser.state_dict()}

    an_epoch = -(-len(pairs) // batch_size)
    batches: list[list[Pair]] = []
    for step in range(done, steps):
        epoch, place = divmod(step, an_epoch)
        if not batches or place == 0:
            batches = epoch_batches(pairs, batch_size, job.spec.seed, epoch)
        rate = cosine(learning_rate, step, steps)
        model.train()
        numbers = {"loss": _step(model, optimiser, batches[place], pad_id, rate, job.device), "learning_rate": rate}
        model.eval()
        if place == an_epoch - 1 or step == steps - 1:
            numbers |= measure()
        job.log(step + 1, steps, **numbers)
        job.step_done(step + 1, snapshot)
    model.eval()


def _step(
    model: torch.nn.Module,
    optimiser: torch.optim.Optimizer,
    batch: Sequence[Pair],
    pad_id: int,
    rate: float,
    device: torch.device,
) -> float:
    """One step on `batch`; returns its mean loss a completion token, in nats, before the step."""
    tokens = sum(len(completion) for _, completion in batch)
    loss = 0.0
    for part in in_parts(batch, vocabulary_size(model)):
        part_loss = completion_loss(model, collate(part, pad_id).to(device)) / tokens
        part_loss.backward()  # type: ignore[no-untyped-call]
        loss += part_loss.item()
    descend(model, optimiser, rate, loss)
    return loss


@torch.no_grad()
def mean_loss(model: torch.nn.Module, pairs: Sequence[Pair], pad_id: int, device: torch.device) -> float:
    """Mean cross-entropy a completion token, in nats, over all `pairs`. Leaves the model's mode as it is."""
    total = sum(
        completion_loss(model, collate(part, pad_id).to(device)).item()
        for part in in_parts(pairs, vocabulary_size(model))
    )
    return total / sum(len(completion) for _, completion in pairs)


def vocabulary_size(model: Any) -> int:
    size: int = model.get_input_embeddings().weight.shape[0]
    return size
