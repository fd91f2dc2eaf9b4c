"""Which chat template a model's folder holds, and its hash: the one that the programs write into manifests.

They render by `workers/rlhf/language/render.py`; a test holds both to each other.
"""

from pathlib import Path
from typing import Any

from apps.core.domain.canonical import sha256_hex

from .weights import BadModel, read_json

# Of the template that sft teaches a base without one of its own.
PLAIN_SHA256 = "1a9ebbd2ba5329a5189b2e0b5f92e38102f477b741cc421d079d4d6d64f2a515"
_FILE, _CONFIG = "chat_template.jinja", "tokenizer_config.json"
_LONGEST, _CONFIG_LONGEST = 1_000_000, 50_000_000


def template_facts(folder: Path) -> dict[str, Any]:
    """`template_sha256`, and whether it is the plain one that sft would teach it because the folder has none."""
    own = _template(folder)
    return {"template_sha256": PLAIN_SHA256 if own is None else sha256_hex(own), "template_is_plain": own is None}


def _template(folder: Path) -> str | None:
    """transformers' own order: the file, else what tokenizer_config.json holds: one, or several by name."""
    file = folder / _FILE
    if file.is_file():
        return _text(file)
    config = folder / _CONFIG
    said = read_json(config, longest=_CONFIG_LONGEST).get("chat_template") if config.is_file() else None
    if isinstance(said, list):
        named = {one.get("name"): one.get("template") for one in said if isinstance(one, dict)}
        said = named.get("default")
    return said if isinstance(said, str) and said else None


def _text(file: Path) -> str | None:
    if file.stat().st_size > _LONGEST:
        raise BadModel(f"{file.name} is larger than {_LONGEST:,} bytes.")
    try:
        return file.read_text(encoding="utf-8") or None
    except UnicodeDecodeError as error:
        raise BadModel(f"{file.name} is not UTF-8.") from error
