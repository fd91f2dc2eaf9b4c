"""What a model's config.json says of it, by names of our own: families call the same thing differently."""

from collections.abc import Mapping
from typing import Any

# Ours, then Llama's and its like's, GPT-2's, and others'.
_SIZES = {
    "layers": ("num_hidden_layers", "n_layer", "num_layers"),
    "width": ("hidden_size", "n_embd", "d_model"),
    "heads": ("num_attention_heads", "n_head", "num_heads"),
    "key_value_heads": ("num_key_value_heads",),
    "vocabulary": ("vocab_size",),
    "context": ("max_position_embeddings", "n_positions", "n_ctx"),
}
_LONGEST = 100
_LARGEST = 10**15


def config_facts(config: Mapping[str, Any]) -> dict[str, Any]:
    """Architecture, family, sizes, type of its numbers. What is not there, or makes no sense, is left out."""
    inner = config.get("text_config")
    text = {**config, **inner} if isinstance(inner, Mapping) else config
    architectures = config.get("architectures")
    found = {
        "architecture": _word(architectures[0] if isinstance(architectures, list) and architectures else None),
        "family": _word(config.get("model_type")),
        **{ours: _first(text, theirs) for ours, theirs in _SIZES.items()},
        "stored_as": _word(text.get("dtype") or text.get("torch_dtype")),
    }
    return {name: value for name, value in found.items() if value is not None}


def needs_code(config: Mapping[str, Any]) -> bool:
    """Whether it asks for code of its own (`auto_map`), which is never run here."""
    return bool(config.get("auto_map"))


def _first(config: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    for name in names:
        value = config.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LARGEST:
            return value
    return None


def _word(value: Any) -> str | None:
    if isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable():
        return value
    return None
