"""OpenAssistant message trees: `{"message_tree_id", "tree_state", "prompt": {"message_id", "text", "role", "replies"}}`.

Every prompter's message is a prompt with the conversation that led to it; the replies beneath it are its completions,
and their `rank` (0 is best) one ranking of the crowd's consensus. All prompts of a tree share a `source_key`, so that
a split never parts them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.core.domain.errors import RuleBroken
from apps.core.domain.ranking import K_MAX, K_MIN, dense

from .documents import object_of, shaped_rows
from .row import Row

CONSENSUS = {"labeler": "oasst-consensus", "kind": "pool"}
_ROLES = {"prompter": "user", "assistant": "assistant"}
# What is worth keeping of a message beside its text.
_KEPT = ("labels", "emojis", "review_count", "review_result")

Found = dict[str, Any] | RuleBroken


@dataclass(frozen=True, slots=True)
class _Place:
    """A message, where it stands in the file, and the conversation before it."""

    message: Any
    where: str
    before: tuple[dict[str, Any], ...]


def oasst_rows(chunks: Iterator[bytes], after: int = 0) -> Iterator[Row]:
    return shaped_rows(chunks, after, _lines)


def _lines(value: Any) -> Iterator[Found]:
    tree = object_of(value)
    if "prompt" not in tree:
        flat = " This is a file of single messages; the one of trees is needed." if "message_id" in tree else ""
        raise RuleBroken(f"prompt: the tree has none.{flat}", field="prompt", code="not_a_tree")
    root = object_of(tree["prompt"], "prompt")
    common = {
        "source": {
            "dataset": "oasst", "message_tree_id": tree.get("message_tree_id"), "tree_state": tree.get("tree_state"),
        },
        "source_key": str(root.get("user_id") or tree.get("message_tree_id") or "") or None,
    }  # fmt: skip
    seen: set[str] = set()
    waiting = [_Place(root, "prompt", ())]
    while waiting:
        place = waiting.pop()
        beneath = []
        for found in _visited(place, common, seen):
            if isinstance(found, _Place):
                beneath.append(found)
            else:
                yield found
        waiting += reversed(beneath)


def _visited(place: _Place, common: dict[str, Any], seen: set[str]) -> Iterator[Found | _Place]:
    """What a message gives: its prompt's line, what is wrong beneath it, and the messages to go on to."""
    wrong = _wrong(place, seen)
    if wrong is not None:
        yield wrong
        return
    message = place.message
    conversation = (*place.before, {"role": _ROLES[message["role"]], "content": message["text"]})
    replies = [_Place(reply, f"{place.where}.replies[{i}]", conversation) for i, reply in enumerate(_replies(place))]
    if message["role"] == "prompter":
        usable = [reply for reply in replies if _readable(reply.message)]
        yield from _line(place, conversation, usable, common)
    yield from replies


def _wrong(place: _Place, seen: set[str]) -> RuleBroken | None:
    """Why a message, and all beneath it, is left out."""
    message, where = place.message, place.where
    if not isinstance(message, Mapping):
        return _left_out(where, "is no message", "not_a_message")
    if message.get("deleted"):
        return _left_out(where, "was deleted", "deleted")
    if not isinstance(message.get("text"), str) or not message["text"].strip():
        return _left_out(f"{where}.text", "is empty", "empty_message")
    expected = "assistant" if len(place.before) % 2 else "prompter"
    if message.get("role") != expected:
        return _left_out(f"{where}.role", f"{str(message.get('role'))[:40]!r} stands where {expected} is due", "roles")
    if not isinstance(message.get("replies") or [], list):
        return _left_out(f"{where}.replies", "is no list", "not_a_message")
    uid = str(message.get("message_id"))
    if uid in seen:
        return _left_out(f"{where}.message_id", f"{uid[:80]} stands in this tree twice", "repeated_id")
    seen.add(uid)
    return None


def _left_out(where: str, why: str, code: str) -> RuleBroken:
    return RuleBroken(f"{where}: {why}; it is left out with what answers it.", field=where, code=code)


def _replies(place: _Place) -> list[Any]:
    return list(place.message.get("replies") or [])


def _readable(message: Any) -> bool:
    return (
        isinstance(message, Mapping)
        and message.get("role") == "assistant"
        and not message.get("deleted")
        and isinstance(message.get("text"), str)
        and bool(message["text"].strip())
    )


def _line(
    place: _Place, conversation: tuple[dict[str, Any], ...], replies: list[_Place], common: dict[str, Any]
) -> Iterator[Found]:
    if len(replies) > K_MAX:
        yield RuleBroken(
            f"{place.where}.replies: {len(replies)} are too many; a task has at most {K_MAX} candidates.",
            field=f"{place.where}.replies", code="too_many_completions",
        )  # fmt: skip
        return
    message = place.message
    line: dict[str, Any] = {
        **common,
        "messages": list(conversation),
        "completions": [_completion(reply.message) for reply in replies],
        "metadata": {name: message[name] for name in _KEPT if message.get(name) is not None},
    }
    if message.get("message_id") is not None:
        line["prompt_id"] = str(message["message_id"])
    if isinstance(message.get("lang"), str):
        line["language"] = message["lang"]
    ranks = [reply.message.get("rank") for reply in replies]
    if len(replies) >= K_MIN and all(isinstance(rank, int) and not isinstance(rank, bool) for rank in ranks):
        line["rankings"] = [{**CONSENSUS, "ranks": dense(ranks)}]
    yield line


def _completion(message: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: message[name] for name in ("rank", *_KEPT) if message.get(name) is not None}
    uid = message.get("message_id")
    return {"id": None if uid is None else str(uid), "model": _author(message), "text": message["text"], **kept}


def _author(message: Mapping[str, Any]) -> str | None:
    """The model's name, `human` where a person wrote it, None where the file does not say."""
    if isinstance(message.get("model_name"), str) and message["model_name"]:
        return str(message["model_name"])
    return "human" if message.get("synthetic") is False else None
