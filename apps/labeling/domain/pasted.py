"""How much of a reply was pasted, as the browser counted it. A fact for managers, no verdict: people do paste
their own notes, and a count can be wrong."""

import re
from typing import Any


def pasted_characters(given: Any) -> int | None:
    """The count that came with a form; None where no script counted, or something else stands there."""
    return int(given) if isinstance(given, str) and re.fullmatch(r"[0-9]{1,9}", given) else None


def pasted_share(pasted: int | None, text: str, *, before: float | None = None, text_before: str = "") -> float | None:
    """Pasted characters as a share of `text`, 0 to 1. A correction starts from what was pasted `before`."""
    if pasted is None:
        return before
    inherited = (before or 0.0) * len(text_before)
    return min(1.0, (inherited + pasted) / max(1, len(text)))
