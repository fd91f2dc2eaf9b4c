"""Untrained reward models of a few thousand parameters, of every family that shares a prompt."""

from typing import Any

import torch
from transformers import (
    GPT2Config,
    GPT2ForSequenceClassification,
    GPTNeoXConfig,
    GPTNeoXForSequenceClassification,
    LlamaConfig,
    LlamaForSequenceClassification,
    MistralConfig,
    MistralForSequenceClassification,
    Qwen2Config,
    Qwen2ForSequenceClassification,
    Qwen3Config,
    Qwen3ForSequenceClassification,
)

VOCABULARY, CONTEXT, PAD = 24, 48, 0
COMMON: dict[str, Any] = {
    "vocab_size": VOCABULARY, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2,
    "num_attention_heads": 4, "max_position_embeddings": CONTEXT, "pad_token_id": PAD, "bos_token_id": 1, "eos_token_id": 1,
    "num_labels": 1, "initializer_range": 0.4,
}  # fmt: skip
GROUPED = {"num_key_value_heads": 2}  # fewer heads of keys and values than of queries
MADE: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "llama": (LlamaForSequenceClassification, LlamaConfig, COMMON | GROUPED),
    "qwen2": (Qwen2ForSequenceClassification, Qwen2Config, COMMON | GROUPED),
    "qwen3": (Qwen3ForSequenceClassification, Qwen3Config, COMMON | GROUPED | {"head_dim": 4}),
    "mistral": (MistralForSequenceClassification, MistralConfig, COMMON | GROUPED | {"sliding_window": CONTEXT}),
    "gpt2": (
        GPT2ForSequenceClassification,
        GPT2Config,
        {"vocab_size": VOCABULARY, "n_positions": CONTEXT, "n_embd": 16, "n_layer": 2, "n_head": 4, "pad_token_id": PAD,
         "bos_token_id": 1, "eos_token_id": 1, "num_labels": 1, "initializer_range": 0.4},
    ),
    "gpt_neox": (GPTNeoXForSequenceClassification, GPTNeoXConfig, COMMON),
}  # fmt: skip
FAMILIES = list(MADE)


def reward_model(family: str, *, seed: int = 0, **changes: Any) -> Any:
    """In eval mode; large weights, so that every token of the text moves the reward."""
    kind, config, settings = MADE[family]
    torch.manual_seed(seed)
    return kind(config(**settings | changes)).eval()
