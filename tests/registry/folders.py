"""Folders of models, whole but tiny, and what is wrong with some."""

import json
from pathlib import Path
from typing import Any

from tests.training.rails import WEIGHTS

CONFIG = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 300, "max_position_embeddings": 128,
    "torch_dtype": "bfloat16",
}  # fmt: skip
README = "---\nlanguage: en\nlicense: apache-2.0  # since 2024\n---\n# A model\n"


def a_folder(folder: Path, **changed: Any) -> Path:
    """A folder that may be registered; `changed` names files (`config_json`) whose content is other, or None."""
    files: dict[str, Any] = {
        "config.json": CONFIG,
        "tokenizer_config.json": {"chat_template": "{{ messages }}"},
        "model.safetensors": WEIGHTS,
        "README.md": README,
    } | changed
    folder.mkdir(parents=True)
    for name, content in files.items():
        put(folder, name, content)
    return folder


def put(folder: Path, name: str, content: Any) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, str):
        path.write_text(content, encoding="utf-8")
    elif content is None:
        path.unlink(missing_ok=True)
    else:
        path.write_text(json.dumps(content))
