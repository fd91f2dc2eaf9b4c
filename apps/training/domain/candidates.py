"""Which of two models' replies to one prompt are put up to be ranked together."""

from collections import deque
from collections.abc import Sequence
from math import ceil

from apps.core.domain.ranking import K_MIN

Reply = tuple[int, str]  # a completion's id and its text
SPARE_SAMPLES = 2


def samples_each(k: int) -> int:
    """How many completions of a prompt each of the two models writes: half of K, and spares for doubles and empties."""
    return ceil(k / 2) + SPARE_SAMPLES


def mixed(policy: Sequence[Reply], sft: Sequence[Reply], *, k: int) -> list[int]:
    """Ids of up to `k` replies with distinct texts, the policy's and the SFT model's by turns; empty where under two.

    Texts that differ in outer white space alone are one text: a labeler could not tell them apart. Where one model
    runs out of new texts the other fills up.
    """
    chosen: dict[str, int] = {}
    turns = deque((iter(policy), iter(sft)))
    while turns and len(chosen) < k:
        replies = turns.popleft()
        new = next((reply for reply in replies if reply[1].strip() and reply[1].strip() not in chosen), None)
        if new is not None:
            chosen[new[1].strip()] = new[0]
            turns.append(replies)
    return list(chosen.values()) if len(chosen) >= K_MIN else []
