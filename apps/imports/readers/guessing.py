"""Which of a labeling project's own fields is the prompt and which are the replies, where its export does not say.

Other labeling tools let every project name its fields. The usual names are known here; where none fits, the line's
error says which `columns` to name.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from apps.core.domain.errors import RuleBroken

from ..domain.columns import Columns, Pick
from .mapping import picked
from .transcript import messages_of

_PROMPTS = (
    "messages", "conversation", "dialogue", "dialog", "chat", "history", "prompt", "instruction", "question", "query",
    "input", "user_input", "context", "text",
)  # fmt: skip
_REPLY = re.compile(
    r"(?:(?:model|candidate)[-_ ]?)?(?:response|reply|completion|answer|output|generation|candidate|option|text|model)"
    r"s?[-_ ]?(?:\d{1,2}|[a-i])",
    re.IGNORECASE,
)
TIES = frozenset({"tie", "ties", "tied", "equal", "equally good", "both", "same", "draw", "neither", "no preference"})
DEMONSTRATIONS = ("demonstration", "completion", "response", "answer", "reply", "output", "ideal_response")


def conversation(fields: Mapping[str, Any], columns: Columns, hint: str) -> tuple[list[dict[str, Any]], str]:
    """The prompt's messages and the name of the field they stand in."""
    pick = columns.messages or columns.prompt
    if pick is None:
        named = {name.lower(): name for name in reversed(list(fields)) if usable(fields[name])}
        found = next((named[name] for name in _PROMPTS if name in named), None)
        if found is None:
            raise RuleBroken(
                f"prompt: none of the fields {', '.join(list(fields)[:20])} is known as a prompt; "
                f'name it in options.columns, like {{"prompt": "{hint}"}}.',
                field="prompt", code="prompt_unknown",
            )  # fmt: skip
        pick = Pick(path=found)
    value = picked(fields, pick)
    if not usable(value):
        raise RuleBroken(f"prompt: the item has no text or messages in {pick.path}.", field="prompt")
    messages = messages_of(value)
    system = picked(fields, columns.system) if columns.system else None
    return ([{"role": "system", "content": system}] if system else []) + messages, pick.path.split(".")[0]


def usable(value: Any) -> bool:
    return (isinstance(value, str) and bool(value.strip())) or (
        isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)
    )


def reply_fields(fields: Mapping[str, Any], prompt: str) -> list[str]:
    """Text fields named like replies (`response_1`, `answer B`), in the order of the file."""
    return [
        name for name, value in fields.items()
        if name != prompt and isinstance(value, str) and _REPLY.fullmatch(name)
    ]  # fmt: skip


def place_of(word: str, names: Iterable[str], winners: Mapping[str, int]) -> int | None:
    """Which of two replies a word means: 1, 2, 0 for a tie, None for neither. `winners` comes first."""
    if word in winners:
        return winners[word] if winners[word] <= 2 else None
    said = plain(word)
    for place, name in enumerate(names, start=1):
        if said == plain(name):
            return place
    if said in TIES:
        return 0
    return {"left": 1, "right": 2, "first": 1, "second": 2}.get(said)


def lines_of(
    line: dict[str, Any], rankings: list[dict[str, Any]], demonstrations: list[tuple[str, str]]
) -> Iterator[dict[str, Any]]:
    """The item's line. A line holds one demonstration, so every further one is a line of its own."""
    first = {**line, "rankings": rankings} if rankings else line
    if not demonstrations:
        yield first
    for index, (labeler, text) in enumerate(demonstrations):
        wrote = {"demonstration": text, "demonstration_labeler": labeler}
        yield {**first, **wrote} if not index else {"messages": line["messages"], **wrote}


def only_ranking(labelers: set[str], ranking: dict[str, Any], where: str) -> RuleBroken | None:
    """Notes whose ranking it is. What is wrong when that labeler has ranked the item already."""
    if ranking["labeler"] in labelers:
        return RuleBroken(
            f"{where}: {ranking['labeler']} has ranked this item already.", field=where, code="labeler_twice"
        )
    labelers.add(ranking["labeler"])
    return None


def ordered(given: list[str], names: list[str], where: str) -> list[int]:
    """An order of names, best first, as ranks in the order of `names`. Raises RuleBroken unless it holds each once."""
    return tiered([[name] for name in given], names, where)


def tiered(tiers: list[list[str]], names: list[str], where: str) -> list[int]:
    """Groups of names, best first, as ranks in the order of `names`; names in one group tie."""
    rank = {name: place for place, tier in enumerate([t for t in tiers if t], start=1) for name in tier}
    if len(rank) < sum(map(len, tiers)):
        raise RuleBroken(f"{where}: names a completion twice.", field=where, code="ranked_twice")
    if strange := [name for name in rank if name not in names]:
        raise RuleBroken(
            f"{where}: {str(strange[0])[:80]!r} is none of the completions.", field=where, code="unknown_name"
        )
    if len(rank) < len(names):
        raise RuleBroken(
            f"{where}: ranks {len(rank)} of {len(names)} completions; each needs a place.",
            field=where, code="wrong_rank_count",
        )  # fmt: skip
    return [rank[name] for name in names]


def plain(word: str) -> str:
    return " ".join(re.sub(r"[^0-9a-z]+", " ", re.sub(r"(?<=[a-z])(?=\d)", " ", word.lower())).split())
