"""Canonical JSON: one byte string for one value, so that equal things have equal hashes.

Sorted keys, UTF-8, no spaces, no escapes beyond what JSON demands.
"""

import hashlib
from typing import Any

import orjson


def canonical_json(value: Any) -> bytes:
    """`value` as canonical JSON bytes. Raises `TypeError` on what JSON cannot hold."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def canonical_text(value: Any) -> str:
    """Canonical JSON as text, for columns that keep it byte for byte."""
    return canonical_json(value).decode()


def sha256_hex(data: bytes | str) -> str:
    """SHA-256 of bytes, or of a text's UTF-8, in hex."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def content_hash(value: Any) -> str:
    """SHA-256 (hex) of the canonical JSON of `value`."""
    return sha256_hex(canonical_json(value))
