"""Untrained causal language models of a few thousand parameters, of two families."""

from typing import Any

import torch
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

VOCABULARY, PAD, EOS = 20, 0, 1
FAMILIES = ["llama", "gpt2"]


def tiny_model(family: str, *, seed: int = 0, spread: float = 0.4) -> Any:
    """A model in eval mode. `spread` is the deviation of its weights: enough for its predictions to depend on the text."""
    torch.manual_seed(seed)
    ends = {"eos_token_id": EOS, "bos_token_id": EOS, "pad_token_id": PAD, "initializer_range": spread}
    if family == "gpt2":  # absolute positions, dropout 0.1 by default, tied head
        return GPT2LMHeadModel(
            GPT2Config(vocab_size=VOCABULARY, n_positions=40, n_embd=16, n_layer=2, n_head=2, **ends)
        ).eval()
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCABULARY, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
            max_position_embeddings=40, **ends,
        )
    ).eval()  # fmt: skip
