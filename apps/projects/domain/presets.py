"""Schemas to begin from. Each has the fields of InstructGPT's tables 3 and 7 and says which parts a project uses."""

from typing import Any

from .seed_schema import SEED_SCHEMA

PRESETS: dict[str, dict[str, Any]] = {
    "instructgpt": SEED_SCHEMA,
    "rank-only": SEED_SCHEMA | {"parts": {"ratings": False, "prompt": False}},
    "rate-only": SEED_SCHEMA | {"parts": {"ranking": "off"}},
    "pairs": SEED_SCHEMA | {"parts": {"ranking": "pairs", "ratings": False, "prompt": False}},
}
