"""Replies that the SFT model gives to training prompts: the texts that PPO starts from, so what a reward's unit is of.

They are drawn here and not asked of people: nobody need judge them, only their rewards' spread counts.
"""

import logging
from collections.abc import Sequence
from random import Random

import torch
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from workers.rlhf.frame.guard import Ear
from workers.rlhf.language.loading import Place, context_length, load_config, load_policy
from workers.rlhf.language.render import Ids, Renderer
from workers.rlhf.policy.sampling import sample, seeded
from workers.rlhf.preference.encoded import Encoded, Limits

TOGETHER = 32  # replies that are drawn side by side
log = logging.getLogger("rlhf")


def sft_samples(
    place: Place,
    renderer: Renderer,
    prompts: Sequence[Encoded],
    limits: Limits,
    count: int,
    seed: int,
    device: torch.device,
    ear: Ear,
) -> list[tuple[Ids, Ids]]:
    """(prompt, reply) tokens of `count` replies; none where `place` holds no language model, a reward model say.

    Ends where `ear` hears of a stop. The seed alone decides the replies, wherever the run was stopped.
    """
    if not count or not is_language_model(place):
        return []
    chosen = _drawn([one.ids for one in prompts], count, seed)
    model = load_policy(place, device)
    context = context_length(model.config) or limits.context
    pairs = []
    for start in range(0, count, TOGETHER):
        asked = chosen[start : start + TOGETHER]
        room = min(limits.completion, context - max(map(len, asked))) - 1  # a reply that is cut off gets its end, too
        dice = seeded(device, seed, "sft samples", start)
        replies = sample(
            model, asked, eos=renderer.eos_id, limit=max(1, room), rows=TOGETHER, generator=dice, asked=ear.asked
        )
        ear.heed()
        for ids, reply in zip(asked, replies, strict=True):
            text = renderer.completion_ids(renderer.text(reply.tokens))
            if not limits.refuses_completion(ids, text):  # a text may have more tokens than it was sampled with
                pairs.append((ids, text))
    log.info("Sampled %d replies of the SFT model for the scale.", len(pairs))
    return pairs


def is_language_model(place: Place) -> bool:
    named = load_config(place).architectures or []
    return any(name in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.values() for name in named)


def _drawn(prompts: Sequence[Ids], count: int, seed: int) -> list[Ids]:
    """Every prompt as often as any other, give or take one."""
    order = list(prompts)
    Random(seed).shuffle(order)  # noqa: S311
    return [order[n % len(order)] for n in range(count)]
