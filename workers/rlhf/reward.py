"""The reward model: InstructGPT's K-wise training on rankings (arXiv 2203.02155, section 3.5 and C.2).

    python -m workers.rlhf.reward --spec spec.json --input DIR --output DIR

DIR holds rankings.jsonl, the SFT model's folder `policy/` unless the spec names another model, and, if there are any,
demonstrations.jsonl, whose mean reward becomes zero. Only the train split is learned from; the validation split
measures; the test split is not read.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel

from apps.datasets.domain.records import DemonstrationRecord
from apps.training.domain.specs import DEMONSTRATIONS, RANKINGS, RewardSpec
from workers.rlhf.baselines import Values
from workers.rlhf.batches import collate
from workers.rlhf.encoded import Encoded, Limits, encode
from workers.rlhf.kwise import correct, kwise_loss, weigh
from workers.rlhf.loading import count_parameters, find, load_reward, load_tokenizer, save_model
from workers.rlhf.normalisation import normalise
from workers.rlhf.optimise import adam, cosine, descend
from workers.rlhf.program import BadInput, Diverged, Interrupted, Job, Outcome, main
from workers.rlhf.ranked import TRAIN, RankedPrompt, count_comparisons, read_rankings
from workers.rlhf.records import read_records
from workers.rlhf.render import Ids, Renderer
from workers.rlhf.reward_report import reward_report
from workers.rlhf.scoring import parts, raw_rewards, score

WIDEST = 2**31  # the context of a model that states none


def run(job: Job) -> Outcome:
    spec = cast(RewardSpec, job.spec)
    prompts, left_out = read_rankings(job.file(RANKINGS))
    _check_enough(prompts, spec, left_out)

    place = find(job, "model")
    renderer = Renderer(load_tokenizer(place))
    model = load_reward(place, job.device, pad_token_id=renderer.pad_id)
    _check_head(model)
    limits = Limits(spec.max_prompt_tokens, spec.max_completion_tokens, _context(model))
    encoded = encode(prompts, renderer, limits, left_out)
    _check_enough([one.prompt for one in encoded], spec, left_out)
    train = [one for one in encoded if one.prompt.split == TRAIN]
    held_out = [one for one in encoded if one.prompt.split != TRAIN]
    demonstrations = _demonstrations(job, renderer, limits, left_out)

    training = Training(job, spec, model, renderer.pad_id, train)
    training.go_on()
    raw = [training.rewards([pair for one in group for pair in one.pairs]) for group in (train, held_out)]
    normalisation = normalise(raw[0], training.rewards(demonstrations))
    report = reward_report(
        train=[one.prompt for one in train],
        held_out=[one.prompt for one in held_out],
        rewards=(_by_prompt(raw[0], train), _by_prompt(raw[1], held_out)),
        left_out=left_out,
        resamples=spec.bootstrap,
        seed=spec.seed,
    )
    save_model(job.model_folder, model, renderer)
    return Outcome(
        report=report,
        renderer=renderer,
        parameters=count_parameters(model),
        extra={"normalisation": normalisation.to_json()},
    )


class Training:
    """The optimiser steps, each on a batch of prompts. A stop after any of them goes on to the same weights.

    Dropout stays off: the two rewards of a pair are to differ by their texts only (the paper names no dropout here).
    """

    def __init__(self, job: Job, spec: RewardSpec, model: PreTrainedModel, pad_id: int, train: list[Encoded]) -> None:
        self.job, self.spec, self.model, self.pad_id, self.train = job, spec, model, pad_id, train
        self.optimizer = adam(model)
        self.per_epoch = -(-len(train) // spec.batch_size)
        self.steps = spec.epochs * self.per_epoch
        self.done = 0

    def go_on(self) -> None:
        """Every step that is not done yet."""
        saved = self.job.checkpoint_load()
        if saved is not None:
            self.done = saved["step"]
            self.model.load_state_dict(saved["model"])
            self.optimizer.load_state_dict(saved["optimizer"])
        while self.done < self.steps:
            rate = cosine(self.spec.learning_rate, self.done, self.steps)
            took = self._step(self._batch(), rate)
            self.done += 1
            self.job.log(self.done, self.steps, loss=took.loss, learning_rate=rate, accuracy=took.accuracy)
            self.job.step_done(self.done, self._state)

    def rewards(self, pairs: Sequence[tuple[Ids, Ids]]) -> Tensor:
        """Raw rewards (N,) of the trained model. Raises Diverged where one is not finite, Interrupted on a stop."""
        found = score(self.model, pairs, self.pad_id, between=self._stop_if_asked)
        if not torch.isfinite(found).all():
            raise Diverged("A reward of the trained model is not finite: a smaller learning_rate may help.")
        return found

    def _batch(self) -> list[Encoded]:
        """The prompts of the step to do, in an order that depends on seed and epoch only."""
        epoch, place = divmod(self.done, self.per_epoch)
        order = np.random.default_rng([self.spec.seed, epoch]).permutation(len(self.train))
        start = place * self.spec.batch_size
        return [self.train[n] for n in order[start : start + self.spec.batch_size]]

    def _step(self, batch: list[Encoded], rate: float) -> "Took":
        """One update. Parts of the batch are forwarded one by one to bound memory; their gradients add up."""
        loss, right, asked = 0.0, 0.0, 0
        for part in parts(sorted(batch, key=lambda one: one.size[1]), lambda one: one.size):
            rewards = raw_rewards(
                self.model, collate([p for one in part for p in one.pairs], self.pad_id).to(self.job.device)
            )
            pairs = weigh(_placed(part)).to(rewards.device)
            share = kwise_loss(rewards, pairs) * (len(part) / len(batch))
            share.backward()  # type: ignore[no-untyped-call]
            loss += share.item()
            right += correct(rewards.detach(), pairs).sum().item()
            asked += len(pairs.better)
        descend(self.model, self.optimizer, rate, loss)
        return Took(loss, right / asked)

    def _stop_if_asked(self) -> None:
        if self.job.stopping:
            self.job.checkpoint_save(self._state())
            raise Interrupted("stopped while rewards were measured")

    def _state(self) -> dict[str, Any]:
        return {"step": self.done, "model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}


@dataclass(frozen=True, slots=True)
class Took:
    """Of one step's batch, before its update: its loss, and the share of its pairs that were in order."""

    loss: float
    accuracy: float


def _placed(part: list[Encoded]) -> list[list[list[tuple[int, int]]]]:
    """Each prompt's rankings, with positions in the part's flat vector of rewards."""
    placed, start = [], 0
    for one in part:
        placed.append([[(start + b, start + w) for b, w in ranking.pairs] for ranking in one.prompt.rankings])
        start += len(one.completions)
    return placed


def _check_head(model: PreTrainedModel) -> None:
    """Language models get a head named `score`, which reads one token's state; encoders pool in ways of their own."""
    if not isinstance(getattr(model, "score", None), torch.nn.Linear):
        raise BadInput(
            "model",
            f"model: {type(model).__name__} has no score head on its last token; a causal language model is needed.",
        )


def _check_enough(prompts: list[RankedPrompt], spec: RewardSpec, left_out: Counter[str]) -> None:
    found = count_comparisons(prompt for prompt in prompts if prompt.split == TRAIN)
    if found < spec.min_comparisons:
        raise BadInput(RANKINGS, _too_few(found, spec, left_out))


def _too_few(found: int, spec: RewardSpec, left_out: Counter[str]) -> str:
    reasons = ", ".join(f"{reason} ({count:,})" for reason, count in sorted(left_out.items()))
    return (
        f"{RANKINGS}: {found:,} comparisons on prompts of the train split, {spec.min_comparisons:,} are needed "
        f"(min_comparisons). Ties give none." + (f" Left out: {reasons}." if reasons else "")
    )


def _demonstrations(job: Job, renderer: Renderer, limits: Limits, left_out: Counter[str]) -> list[tuple[Ids, Ids]]:
    """Demonstrations on prompts of the train split as tokens; none where the input has no such file."""
    if not (job.input / DEMONSTRATIONS).is_file():
        return []
    given = list(read_records(job.file(DEMONSTRATIONS), DemonstrationRecord))
    corrected = {record.supersedes for record in given}
    pairs = []
    for record in given:
        if record.split != TRAIN or record.uid in corrected:
            continue
        prompt = renderer.prompt_ids(record.messages, record.context)
        text = renderer.completion_ids(record.text)
        if limits.refuses_prompt(prompt) or limits.refuses_completion(prompt, text):
            left_out["demonstrations over the limits of tokens"] += 1
        else:
            pairs.append((prompt, text))
    return pairs


def _by_prompt(rewards: Tensor, prompts: list[Encoded]) -> Values:
    ends = np.cumsum([len(one.completions) for one in prompts])
    return np.split(rewards.double().numpy(), ends[:-1]) if prompts else []


def _context(model: PreTrainedModel) -> int:
    return int(getattr(model.config.get_text_config(), "max_position_embeddings", None) or WIDEST)


if __name__ == "__main__":
    sys.exit(main("reward", run))
