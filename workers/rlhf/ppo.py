"""PPO against a reward model, held near the SFT policy by a KL penalty (arXiv 2203.02155, section 3.5 and C.4).

    python -m workers.rlhf.ppo --spec spec.json --input DIR --output DIR

DIR holds prompts.jsonl and, unless the spec names other models, `policy/` (the SFT model) and `reward/`. It reads from
top to bottom: load the models, then update by update sample a batch of replies, score it, and learn from it.
Dropout is off from start to end, so that a probability is the same whoever asks for it.
"""

from collections import defaultdict
from copy import deepcopy
from typing import Any, cast

import torch
from torch import Tensor

from apps.training.domain.specs import PROMPTS, PpoSpec
from workers.rlhf.frame.guard import Ear
from workers.rlhf.frame.leaving import leave
from workers.rlhf.frame.program import Interrupted, Job, Outcome, main
from workers.rlhf.language.loading import count_parameters, find, load_policy, load_tokenizer, save_model
from workers.rlhf.language.logprobs import score_replies
from workers.rlhf.language.render import Renderer
from workers.rlhf.learning.average import Average, put_weights
from workers.rlhf.learning.optimise import adam, descend
from workers.rlhf.policy import ppo_math
from workers.rlhf.policy.asking import Asked, prompts_of, read_prompts
from workers.rlhf.policy.critic import critic_of_policy, critic_of_reward
from workers.rlhf.policy.ppo_report import Seen, evaluated_prompts, look, ppo_report
from workers.rlhf.policy.rollout import Actors, Rollout, check_on_policy, check_ratio, collect
from workers.rlhf.policy.sampling import seeded
from workers.rlhf.preference.scorer import context_of, load_scorer


def run(job: Job) -> Outcome:
    spec = cast(PpoSpec, job.spec)
    actors, value_from = load(job, spec)
    contexts = context_of(actors.policy), actors.scorer.context
    prompts, left_out = read_prompts(job.file(PROMPTS), spec, actors.renderer, actors.scorer.renderer, contexts)

    training = Training(job, spec, actors, prompts)
    training.go_on()
    after = training.finish()
    save_model(job.model_folder, actors.policy, actors.renderer)
    report = {
        "updates": training.done,
        "kept_update": training.kept_update,
        "episodes": min(spec.episodes, training.done * spec.batch_size),
        "stopped": "kl" if training.over else "episodes",
        "value_from": value_from,
        "prompts": len(prompts),
        "left_out": dict(left_out),
        **ppo_report(training.before, after),
    }
    return Outcome(report=report, renderer=actors.renderer, parameters=count_parameters(actors.policy))


def load(job: Job, spec: PpoSpec) -> tuple[Actors, str]:
    """The four models, and which of them the value model started as: "reward" or "policy"."""
    place = find(job, "policy")
    renderer = Renderer(load_tokenizer(place), "policy")
    scorer = load_scorer(find(job, "reward"), job.device)
    policy: Any = load_policy(place, job.device)
    reference: Any = deepcopy(policy)
    alike = (renderer.tokenizer_sha256, renderer.template_sha256) == (
        scorer.renderer.tokenizer_sha256,
        scorer.renderer.template_sha256,
    )
    critic = critic_of_reward(scorer.model, scorer.zero, scorer.scale) if alike else critic_of_policy(policy)
    for model in (reference, scorer.model):
        model.requires_grad_(False)
    for model in (policy, reference, critic, scorer.model):
        model.eval()
    return Actors(policy, reference, critic, scorer, renderer), "reward" if alike else "policy"


class Training:
    """The updates, and what is kept between them. `done` counts them; it is also the place in the order of prompts."""

    def __init__(self, job: Job, spec: PpoSpec, actors: Actors, prompts: list[Asked]) -> None:
        self.job, self.spec, self.actors, self.prompts = job, spec, actors, prompts
        self.updates = -(-spec.episodes // spec.batch_size)
        self.optimisers = adam(actors.policy), adam(actors.critic)
        self.average = Average(actors.policy, spec.ema)
        self.kept = self.average.copy()  # the policy to save, should the next one be over kl_stop
        self.kept_update = 0
        self.done = 0
        self.over = False  # whether kl_stop ended the run
        self.evaluated = evaluated_prompts(prompts, spec)
        self.before: Seen

    def go_on(self) -> None:
        """Every update that is not done yet."""
        saved = self.job.checkpoint_load()
        if saved is None:
            self.job.heed_stop()
            self.before = self._look()
            self._stop_if_asked()
        else:
            self._load(saved)
        while self.done < self.updates and not self.over:
            self._update()

    def _update(self) -> None:
        """Sample, score, learn: one line of metrics."""
        spec, number = self.spec, self.done + 1
        first = self.done * spec.batch_size
        asked = prompts_of(self.prompts, spec.seed, first, min(spec.batch_size, spec.episodes - first))
        generator = seeded(self.job.device, spec.seed, "update", number)
        # As long as nothing is learned a stop does the update again from its start.
        rollout = collect(self.actors, asked, spec, generator, Ear(self.job.stop.is_set, self._stop_if_asked))
        self._stop_if_asked()
        seen = rollout.measure(spec.beta)
        if self.done == 0:
            check_on_policy(rollout)
        if seen["kl"] > spec.kl_stop:
            self.over = True
            self.job.log(number, self.updates, **seen)
            self.job.checkpoint_save(self._state())
            return
        self.kept, self.kept_update = self.average.copy(), self.done
        warm = min(1.0, number / spec.warmup_updates) if spec.warmup_updates else 1.0
        took = learn(self.actors, self.optimisers, rollout, spec, warm, generator)
        self.average.step(self.actors.policy)
        self.done = number
        self.job.log(number, self.updates, **seen, **took, learning_rate=warm * spec.learning_rate)
        self._save_if_due()
        self._stop_if_asked()

    def finish(self) -> Seen:
        """Put the weights to save into the policy, and look at them as at the SFT policy before.

        The last update's policy has had no rollout, so this is where its KL is seen; over kl_stop, the one before is kept.
        A stop goes on from the checkpoint of the last update, since the weights are changed here.
        """
        if not self.over:
            put_weights(self.actors.policy, self.average.weights)
            after = self._look()
            if after.kl <= self.spec.kl_stop:
                self.kept_update = self.done
                return after
            self.over = True
        put_weights(self.actors.policy, self.kept)
        return self._look()

    def _look(self) -> Seen:
        dice = seeded(self.job.device, self.spec.seed, "evaluated")
        return look(self.actors, self.evaluated, self.spec, dice, self.job.ear)

    def _save_if_due(self) -> None:
        """`checkpoint_every` counts optimiser steps, of which an update has several. The last update is always saved."""
        spec = self.spec
        each = spec.inner_epochs * -(-spec.batch_size // spec.minibatch_size)
        passed = self.done * each // spec.checkpoint_every > (self.done - 1) * each // spec.checkpoint_every
        if passed or self.done == self.updates:
            self.job.checkpoint_save(self._state())

    def _stop_if_asked(self) -> None:
        if self.job.stopping:
            self.job.checkpoint_save(self._state())
            raise Interrupted(f"stopped after update {self.done} of {self.updates}")

    def _state(self) -> dict[str, Any]:
        return {
            "done": self.done,
            "over": self.over,
            "policy": self.actors.policy.state_dict(),
            "critic": self.actors.critic.state_dict(),
            "optimisers": [one.state_dict() for one in self.optimisers],
            "average": self.average.weights,
            "average_steps": self.average.steps,
            "kept": self.kept,
            "kept_update": self.kept_update,
            "before": self.before.to_json(),
        }

    def _load(self, state: dict[str, Any]) -> None:
        self.done, self.over = state["done"], state.get("over", False)
        self.actors.policy.load_state_dict(state["policy"])
        self.actors.critic.load_state_dict(state["critic"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.average.weights = [one.to(self.job.device) for one in state["average"]]
        self.average.steps = state["average_steps"]
        self.kept = [one.to(self.job.device) for one in state["kept"]]
        self.kept_update = state["kept_update"]
        self.before = Seen(**state["before"])


def learn(
    actors: Actors,
    optimisers: tuple[torch.optim.Optimizer, torch.optim.Optimizer],
    rollout: Rollout,
    spec: PpoSpec,
    warm: float,
    generator: torch.Generator,
) -> dict[str, float]:
    """One update of policy and critic: `inner_epochs` passes over the rollout in minibatches; `warm` scales both rates.

    Returns the means over minibatches, and the mean ratio of the first one, before anything moved: 1.
    """
    rewards = ppo_math.token_rewards(rollout.logprobs, rollout.reference, rollout.rewards, rollout.mask, spec.beta)
    advantages, returns = ppo_math.gae(rewards, rollout.values, rollout.mask, spec.gamma, spec.gae_lambda)
    advantages = ppo_math.masked_whiten(advantages, rollout.mask)
    took = []
    for _ in range(spec.inner_epochs):
        for minibatch in torch.split(shuffled(len(rewards), generator), spec.minibatch_size):
            took.append(gather_gradients(actors, rollout, advantages, returns, minibatch, spec))
            check_ratio(took[0]["ratio"])
            descend(actors.policy, optimisers[0], warm * spec.learning_rate, took[-1]["policy_loss"])
            descend(actors.critic, optimisers[1], warm * spec.value_learning_rate, took[-1]["value_loss"])
    means = {
        name: sum(one[name] for one in took) / len(took)
        for name in ("policy_loss", "value_loss", "clip_fraction", "approx_kl")
    }
    return means | {"ratio_first": took[0]["ratio"]}


def gather_gradients(
    actors: Actors, rollout: Rollout, advantages: Tensor, returns: Tensor, minibatch: Tensor, spec: PpoSpec
) -> dict[str, float]:
    """Forward and backward of one minibatch, in parts that fit in memory. Returns means over its tokens."""
    tokens = float(rollout.mask[minibatch].sum())
    means: defaultdict[str, float] = defaultdict(float)
    for part in rollout.in_parts(minibatch.tolist()):
        batch = rollout.batch(part, actors.renderer.pad_id)
        logprobs = score_replies(actors.policy, batch).logprobs
        mask, old, advantage, target, old_value = (
            whole[part, : logprobs.shape[1]]
            for whole in (rollout.mask, rollout.logprobs, advantages, returns, rollout.values)
        )
        policy = ppo_math.policy_loss(logprobs, old, advantage, mask, spec.clip)
        value = ppo_math.value_loss(actors.critic(batch), old_value, target, mask, spec.value_clip)
        share = float(mask.sum()) / tokens
        torch.autograd.backward(share * (policy.loss + value))
        seen = {"policy_loss": policy.loss, "value_loss": value, "ratio": policy.ratio}
        seen |= {"clip_fraction": policy.clip_fraction, "approx_kl": policy.approx_kl}
        for name, number in seen.items():
            means[name] += share * float(number.detach())
    return dict(means)


def shuffled(count: int, generator: torch.Generator) -> Tensor:
    return torch.randperm(count, generator=generator, device=generator.device)


if __name__ == "__main__":
    leave(main("ppo", run))
