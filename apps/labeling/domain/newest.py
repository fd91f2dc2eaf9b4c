"""Whether a window that submits has seen the newest draft of its task."""

from datetime import datetime, timedelta

# A window's own save may still be on its way back when it submits: then the draft is one revision ahead, just now.
ON_ITS_WAY = timedelta(seconds=10)


def is_newest(seen: int, revision: int, *, saved_at: datetime | None, now: datetime) -> bool:
    """`seen` is the revision that the window knows, `revision` the draft's own."""
    if seen >= revision or saved_at is None:
        return True
    return seen == revision - 1 and now - saved_at <= ON_ITS_WAY
