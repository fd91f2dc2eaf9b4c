"""How much disk a run needs, before it starts: an estimate from below, so that a full disk is met early and in words."""

from collections.abc import Mapping
from typing import Any

MARGIN = 64 * 2**20  # bytes for logs, metrics, completions and a tokenizer
# In copies of the weights. Adam keeps two moments beside each weight, and a new checkpoint is written whole before the
# old one goes; then comes the model itself. PPO trains a policy and a value model, averages the
# policy, and keeps the average of the update before for kl_stop.
_COPIES = {"pretrain": 2 * 3 + 1, "sft": 2 * 3 + 1, "reward": 2 * 3 + 1, "ppo": 2 * (3 + 3 + 2) + 1, "generate": 0}


def bytes_needed(program: str, spec: Mapping[str, Any], weights: int) -> int:
    """`weights` are the bytes of the models that it reads; those of a hub are not known here and count as none."""
    if program == "pretrain":
        weights = 4 * _tiny_parameters(spec)
    if program == "ppo":
        weights //= 2  # the policy and the reward model, of which the value model is a copy
    if program == "sft" and spec.get("reward"):
        weights //= 2  # the base and the reward model, of which nothing is written
    return MARGIN + _copies(program, spec) * weights


def _copies(program: str, spec: Mapping[str, Any]) -> int:
    if program in ("sft", "reward") and spec.get("lora_rank"):
        return 1  # its checkpoints hold adapters only, which are small beside the weights
    chooses = program == "sft" and (spec.get("reward") or spec.get("select") == "loss")
    return _COPIES[program] + 2 * bool(chooses)  # the best epoch's weights, and those before until they may go


def _tiny_parameters(spec: Mapping[str, Any]) -> int:
    """Of a Llama: embedding and head, and about 12 width² a layer (attention 4, feed-forward 8)."""
    return int(2 * spec["vocabulary"] * spec["width"] + 12 * spec["layers"] * spec["width"] ** 2)
