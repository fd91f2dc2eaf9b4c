"""Which split a prompt belongs to: decided by the project's seed and who asked, once and for all.

InstructGPT split by user id (section 3.2), so that one person's prompts never stand on both sides.
"""

import hashlib

# 80 / 10 / 10, as shares of 256 * 256.
_VALIDATION_FROM = int(0.8 * 65536)
_TEST_FROM = int(0.9 * 65536)


def split_of(seed: int, source_key: str, content_sha256: str) -> str:
    """`train`, `validation` or `test`, from the source key when there is one, else from the text's hash."""
    digest = hashlib.sha256(f"{seed}:{source_key or content_sha256}".encode()).digest()
    share = int.from_bytes(digest[:2])
    if share < _VALIDATION_FROM:
        return "train"
    return "validation" if share < _TEST_FROM else "test"


def source_key_hash(seed: int, key: str) -> str:
    """The end user's or organisation's key as it is stored: of this project alone, and never the key itself."""
    return hashlib.sha256(f"{seed}:source:{key}".encode()).hexdigest()
