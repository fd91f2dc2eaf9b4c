"""Which parts of a judgment a project asks for: read and rate, rank, say something about the prompt.

InstructGPT's form (arXiv 2203.02155, figure 12) has all of them: each candidate alone, then the ranking. A
project switches parts off by a new schema: rank only, rate only, or the ranking by pairs.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from apps.core.domain.errors import RuleBroken

RANKINGS = ("ladder", "pairs", "off")


@dataclass(frozen=True, slots=True)
class Parts:
    """`ranking`: on the ladder, pair by pair (which builds a ladder), or not at all.

    `ratings`: scales and flags of each candidate. `proposal`: once rated, the ladder may be begun from the overall
    ratings. `prompt`: flags and use case of the prompt. `notes`: free text. `prompt_writing`: labelers may
    write prompts of their own.
    """

    ranking: str = "ladder"
    ratings: bool = True
    proposal: bool = False
    prompt: bool = True
    notes: bool = True
    prompt_writing: bool = False


ALL_PARTS = Parts()


def parse_parts(raw: Any) -> Parts:
    """`parts` of a schema body; what is absent stays as in `ALL_PARTS`. Raises RuleBroken by field."""
    if raw is None:
        return ALL_PARTS
    if not isinstance(raw, Mapping):
        raise RuleBroken("parts: an object is needed.", field="parts")
    known = asdict(ALL_PARTS)
    for name, value in raw.items():
        where = f"parts.{name}"
        if name not in known:
            raise RuleBroken(f"{where} is not a part; they are {', '.join(known)}.", field=where)
        if name == "ranking" and value not in RANKINGS:
            raise RuleBroken(f"{where} is one of {', '.join(RANKINGS)}.", field=where)
        if name != "ranking" and not isinstance(value, bool):
            raise RuleBroken(f"{where} is true or false.", field=where)
    parts = Parts(**(known | dict(raw)))
    if parts.ranking == "off" and not parts.ratings:
        raise RuleBroken("parts: without ranking and ratings nothing is left to judge.", field="parts")
    if parts.proposal and not (parts.ratings and parts.ranking == "ladder"):
        raise RuleBroken("parts.proposal needs ratings and the ladder: it is made of one for the other.", field="parts.proposal")  # fmt: skip
    return parts
