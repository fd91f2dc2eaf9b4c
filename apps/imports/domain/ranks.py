"""Ranks as other people write them: dense (1,2,2,3) or competition style (1,2,2,4)."""

from typing import Any

from apps.core.domain.errors import RuleBroken
from apps.core.domain.ranking import is_competition, is_dense


def clean_ranks(value: Any, k: int, where: str) -> list[int]:
    """One rank for each of `k` completions, checked. Raises RuleBroken that names what is wrong."""
    if not isinstance(value, list):
        raise RuleBroken(f"{where}: a list of ranks is needed.", field=where)
    if len(value) != k:
        raise RuleBroken(
            f"{where}: {len(value)} ranks for {k} completions; each needs one.", field=where, code="wrong_rank_count"
        )
    for index, rank in enumerate(value):
        if isinstance(rank, bool) or not isinstance(rank, int) or not 1 <= rank <= k:
            raise RuleBroken(
                f"{where}[{index}]: a whole number from 1 to {k} is needed.", field=where, code="rank_out_of_range"
            )
    if 1 not in value:
        raise RuleBroken(f"{where}: nothing is ranked 1.", field=where, code="rank_gap")
    if not (is_dense(value) or is_competition(value)):
        raise RuleBroken(
            f"{where}: {', '.join(map(str, sorted(value)))} leaves a gap; ties count on as 1,2,2,3 or as 1,2,2,4.",
            field=where, code="rank_gap",
        )  # fmt: skip
    return value
