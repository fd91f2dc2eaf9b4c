"""A policy that speaks the planted language, and a reward model of one rule, both taught in seconds.

The rule needs no prompt: cold dishes are good, warm ones bad. What it truly is worth to break it is known.
"""

import json
from pathlib import Path
from random import Random
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, LlamaForCausalLM

from tests.rlhf import planted
from workers.rlhf.language.batches import collate
from workers.rlhf.language.render import Renderer
from workers.rlhf.learning.optimise import adam, completion_loss
from workers.rlhf.preference.forms import PLAIN
from workers.rlhf.preference.groups import Asked

WIDTH = 32  # about 20,000 parameters
ZERO, SCALE = 0.5, 2.0  # of the reward model's raw scores, so that a mistaken normalisation is seen


def worth(text: str) -> int:
    """Cold dishes less warm ones: 0 on average for what the taught policy says."""
    words = text.split()
    return sum(word in planted.COLD_DISHES for word in words) - sum(word in planted.WARM_DISHES for word in words)


def teach_policy(folder: Path, steps: int = 80) -> None:
    """A policy that answers as `planted.completion_text` does, and ends its replies."""
    planted.tiny_policy(folder, width=WIDTH)
    model = LlamaForCausalLM.from_pretrained(folder)
    renderer = Renderer(AutoTokenizer.from_pretrained(folder))
    chance = Random(3)
    optimiser = adam(model)
    optimiser.param_groups[0]["lr"] = 5e-3
    for _ in range(steps):
        batch = collate(_pairs(renderer, chance, 32)[0], renderer.pad_id)
        optimiser.zero_grad()
        (completion_loss(model, batch) / batch.completion_mask.sum()).backward()
        optimiser.step()
    model.save_pretrained(folder)


def teach_reward(policy: Path, folder: Path, steps: int = 80) -> None:
    """A reward model whose (raw - ZERO) / SCALE is about `worth`, fitted by regression from the policy's weights."""
    tokenizer = AutoTokenizer.from_pretrained(policy)
    renderer = Renderer(tokenizer)
    torch.manual_seed(4)
    model: Any = AutoModelForSequenceClassification.from_pretrained(policy, num_labels=1)
    chance = Random(5)
    optimiser = adam(model)
    optimiser.param_groups[0]["lr"] = 5e-3
    for _ in range(steps):
        pairs, texts = _pairs(renderer, chance, 32)
        target = torch.tensor([worth(text) * SCALE + ZERO for text in texts])
        optimiser.zero_grad()
        rewards = PLAIN.rewards(model, [Asked(prompt, [reply]) for prompt, reply in pairs], renderer.pad_id)
        ((rewards - target) ** 2).mean().backward()
        optimiser.step()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    normalisation = {"zero": ZERO, "scale": SCALE, "from": "the rule", "n": 1}
    (folder / "manifest.json").write_text(json.dumps({"normalisation": normalisation}))


def _pairs(renderer: Renderer, chance: Random, count: int) -> tuple[list[tuple[list[int], list[int]]], list[str]]:
    texts = [planted.completion_text(chance) for _ in range(count)]
    asked = [[{"role": "user", "content": planted.prompt_text(chance)}] for _ in range(count)]
    return [(renderer.prompt_ids(a), renderer.completion_ids(t)) for a, t in zip(asked, texts, strict=True)], texts
