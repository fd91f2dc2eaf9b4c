"""Secrets that are made once and kept where only their owner reads them."""

import os
import secrets
from pathlib import Path


def read_or_make(file: Path) -> str:
    """The secret in the file; made on first use, complete or not there at all, readable by its owner only."""
    if not file.exists():
        half_made = file.with_suffix(".new")
        half_made.unlink(missing_ok=True)
        with os.fdopen(os.open(half_made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(secrets.token_hex(32))
        half_made.replace(file)
    return file.read_text().strip()
