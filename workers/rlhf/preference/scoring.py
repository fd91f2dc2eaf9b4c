"""The raw reward of completions: the reward head at each completion's last token, found by index."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel

from workers.rlhf.frame import processes, sharding
from workers.rlhf.language.render import Ids
from workers.rlhf.preference.forms import PLAIN, Form
from workers.rlhf.preference.groups import Asked, together
from workers.rlhf.preference.portions import parts, tokens_at_once


@torch.no_grad()
def score(
    model: PreTrainedModel,
    pairs: Sequence[tuple[Ids, Ids]],
    pad_id: int,
    *,
    form: Form = PLAIN,
    between: Callable[[], None] = lambda: None,
) -> Tensor:
    """Raw rewards of (prompt, completion) token lists, (N,) float32 on the CPU, in the order given.

    Lists of a like length go together. `between` is called after each forward, to stop at, for instance. Several
    processes each forward their share, and all get all rewards.
    """
    rewards = torch.zeros(len(pairs))
    if form is PLAIN:
        groups, places = [Asked(prompt, [one]) for prompt, one in pairs], [[n] for n in range(len(pairs))]
    else:
        groups, places = together(pairs)
    order = sorted(range(len(groups)), key=lambda n: len(groups[n].ids) + max(map(len, groups[n].completions)))
    own = list(parts(processes.share(order), lambda n: form.shapes(groups[n]), tokens_at_once(model.device)))
    sharded = sharding.is_sharded(model)
    for turn in range(processes.most(len(own))):  # `between` is said by all processes at once
        if turn < len(own):
            found = form.rewards(model, [groups[n] for n in own[turn]], pad_id)
            rewards[[place for n in own[turn] for place in places[n]]] = found.cpu()
        elif sharded:  # all forward a model in parts as often
            form.rewards(model, [groups[order[0]]], pad_id)
        between()
    return processes.added_up(rewards)
