"""The order in which a task's candidates are shown to whoever settles it: shuffled, and the same at every look."""

import hashlib


def shown_order(uid: str, k: int) -> list[int]:
    """Entry i is the candidate position that is shown as letter i."""
    return sorted(range(k), key=lambda place: hashlib.sha256(f"{uid}/{place}".encode()).digest())
