"""One import line, checked. Every rule broken names its field; nothing is guessed or filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from apps.core.domain.canonical import sha256_hex
from apps.core.domain.errors import RuleBroken
from apps.core.domain.ranking import K_MAX, K_MIN, dense
from apps.prompts.domain.conversation import clean_messages, clean_text, conversation_hash
from apps.prompts.domain.json_value import clean_json

from .ranks import clean_ranks

# What people must read; rendering a text of megabytes would hold the room up for a minute.
TEXT_MAX = 200_000
ID_MAX, LABELER_MAX, USE_CASE_MAX, LANGUAGE_MAX = 200, 120, 60, 20
LABELER_KINDS = ("person", "pool", "model", "simulated")
# Who wrote a demonstration when the line does not say: nobody in particular, so not a person.
UNNAMED_LABELER, UNNAMED_KIND = "imported", "pool"
KNOWN = frozenset({
    "prompt_id", "messages", "prompt", "context", "completions", "rankings", "demonstration", "demonstration_labeler",
    "use_case", "source", "source_key", "metadata", "sensitive", "language",
})  # fmt: skip


class LineCompletion(NamedTuple):
    """`model` is a label, null when nobody said; `text` may be empty. A tuple, for it is made four times a line."""

    id: str | None
    model: str | None
    text: str
    sha256: str

    @property
    def key(self) -> tuple[str | None, str]:
        """What makes two completions of a prompt the same one."""
        return self.model, self.sha256


@dataclass(frozen=True, slots=True)
class LineRanking:
    """Dense tiers aligned with the line's completions. `kind` is null when the line does not say."""

    labeler: str
    kind: str | None
    tiers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LineDemonstration:
    labeler: str
    kind: str | None
    text: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ImportLine:
    external_id: str | None
    messages: list[dict[str, str]]
    context: str | None
    content_sha256: str
    completions: tuple[LineCompletion, ...] = ()
    rankings: tuple[LineRanking, ...] = ()
    demonstration: LineDemonstration | None = None
    use_case: str = ""
    language: str = ""
    sensitive: bool = False
    source: dict[str, Any] | str | None = None
    source_key: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


def parse_line(value: Any) -> ImportLine:
    """A line's JSON value as an ImportLine. Raises RuleBroken that names field and rule."""
    if isinstance(value, list):
        why = "a JSON object is needed, not an array; where the whole file is one array, say its format or its columns"
        raise RuleBroken(f"line: {why}.", field="line")
    if not isinstance(value, Mapping):
        raise RuleBroken("line: a JSON object is needed.", field="line")
    messages = _messages(value)
    context = _readable(_optional_text(value, "context") or "", "context") or None
    extras: dict[str, Any] = {}
    completions = _completions(value.get("completions"), extras)
    return ImportLine(
        external_id=_label(value.get("prompt_id"), "prompt_id", ID_MAX),
        messages=messages,
        context=context,
        content_sha256=conversation_hash(messages, context),
        completions=completions,
        rankings=_rankings(value.get("rankings"), len(completions), extras),
        demonstration=_demonstration(value),
        use_case=_word(value, "use_case", USE_CASE_MAX),
        language=_word(value, "language", LANGUAGE_MAX),
        sensitive=_flag(value, "sensitive"),
        source=_source(value.get("source")),
        source_key=_optional_text(value, "source_key") or None,
        metadata=_metadata(value, extras),
    )


def _messages(value: Mapping[str, Any]) -> list[dict[str, str]]:
    """The conversation: `messages`, or `prompt` as one user message."""
    messages, prompt = value.get("messages"), value.get("prompt")
    if messages is not None and prompt is not None:
        raise RuleBroken("prompt: give either messages or prompt, not both.", field="prompt")
    if prompt is None:
        cleaned = clean_messages(messages)
        for index, message in enumerate(cleaned):
            _readable(message["content"], f"messages[{index}].content")
        return cleaned
    if not _readable(clean_text(prompt, "prompt"), "prompt").strip():
        raise RuleBroken("prompt: is empty.", field="prompt")
    return [{"content": prompt, "role": "user"}]


def _completions(value: Any, extras: dict[str, Any]) -> tuple[LineCompletion, ...]:
    items = _list(value, "completions")
    if len(items) > K_MAX:
        raise RuleBroken(
            f"completions: {len(items)} are too many; a task has at most {K_MAX} candidates.",
            field="completions", code="too_many_completions",
        )  # fmt: skip
    seen: dict[tuple[str | None, str], int] = {}
    cleaned = []
    for index, item in enumerate(items):
        where = f"completions[{index}]"
        completion = _completion(item, where)
        twin = seen.setdefault(completion.key, index)
        if twin != index:
            raise RuleBroken(
                f"{where}: has the same model and the same text as completions[{twin}]; two equal candidates cannot be compared.",
                field=where, code="equal_completions",
            )  # fmt: skip
        cleaned.append(completion)
    _keep_extras(items, {"id", "model", "text"}, "completions", extras)
    return tuple(cleaned)


def _completion(item: Any, where: str) -> LineCompletion:
    if not isinstance(item, Mapping):
        raise RuleBroken(f"{where}: an object with a text is needed.", field=where)
    text = _readable(clean_text(item.get("text"), f"{where}.text"), f"{where}.text")
    return LineCompletion(
        id=_label(item.get("id"), f"{where}.id", ID_MAX),
        model=_label(item.get("model"), f"{where}.model", ID_MAX),
        text=text,
        sha256=sha256_hex(text),
    )


def _rankings(value: Any, k: int, extras: dict[str, Any]) -> tuple[LineRanking, ...]:
    items = _list(value, "rankings")
    if items and k < K_MIN:
        raise RuleBroken(f"rankings: nothing to rank; the line has {k} completions.", field="rankings")
    cleaned = [_ranking(item, f"rankings[{index}]", k) for index, item in enumerate(items)]
    names = [ranking.labeler for ranking in cleaned]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise RuleBroken(
                f"rankings[{index}].labeler: {name} has ranked this line already.",
                field=f"rankings[{index}].labeler", code="labeler_twice",
            )  # fmt: skip
    _keep_extras(items, {"labeler", "kind", "ranks"}, "rankings", extras)
    return tuple(cleaned)


def _ranking(item: Any, where: str, k: int) -> LineRanking:
    if not isinstance(item, Mapping):
        raise RuleBroken(f"{where}: an object with labeler and ranks is needed.", field=where)
    labeler = _label(item.get("labeler"), f"{where}.labeler", LABELER_MAX)
    if labeler is None:
        raise RuleBroken(f"{where}.labeler: whose ranking it is must be said.", field=f"{where}.labeler")
    kind = item.get("kind")
    if kind is not None and kind not in LABELER_KINDS:
        raise RuleBroken(f"{where}.kind: one of {', '.join(LABELER_KINDS)}.", field=f"{where}.kind")
    ranks = clean_ranks(item.get("ranks"), k, f"{where}.ranks")
    return LineRanking(labeler, kind, tuple(dense(ranks)))


def _demonstration(value: Mapping[str, Any]) -> LineDemonstration | None:
    text, labeler = value.get("demonstration"), value.get("demonstration_labeler")
    if text is None:
        if labeler is not None:
            raise RuleBroken("demonstration_labeler: the line has no demonstration.", field="demonstration_labeler")
        return None
    if not _readable(clean_text(text, "demonstration"), "demonstration").strip():
        raise RuleBroken("demonstration: is empty.", field="demonstration")
    name = _label(labeler, "demonstration_labeler", LABELER_MAX)
    if name is None:
        return LineDemonstration(UNNAMED_LABELER, UNNAMED_KIND, text, sha256_hex(text))
    return LineDemonstration(name, None, text, sha256_hex(text))


def _source(value: Any) -> dict[str, Any] | str | None:
    if value is not None and not isinstance(value, dict | str):
        raise RuleBroken("source: an object or a text is needed.", field="source")
    clean_json(value, "source")
    return value


def _metadata(value: Mapping[str, Any], extras: dict[str, Any]) -> dict[str, Any]:
    """The `metadata` object and every key that has no meaning of its own."""
    given = value.get("metadata")
    if given is not None and not isinstance(given, dict):
        raise RuleBroken("metadata: an object is needed.", field="metadata")
    unknown = {key: inner for key, inner in value.items() if key not in KNOWN} | extras
    if twice := set(unknown) & set(given or {}):
        name = min(twice)
        raise RuleBroken(
            f"metadata.{name}: the line has an own key {name} too; only one can be kept.", field="metadata"
        )
    metadata = {**unknown, **(given or {})}
    clean_json(metadata, "metadata")
    return metadata


def _keep_extras(items: list[Any], known: set[str], name: str, extras: dict[str, Any]) -> None:
    """Unknown keys of completions and rankings, as a list aligned with them."""
    unknown = [{key: inner for key, inner in item.items() if key not in known} for item in items]
    if any(unknown):
        extras[name] = unknown


def _list(value: Any, where: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise RuleBroken(f"{where}: a list is needed.", field=where)
    return value


def _readable(text: str, where: str) -> str:
    """`text` itself, unless it is longer than anyone can be asked to read."""
    if len(text) > TEXT_MAX:
        raise RuleBroken(
            f"{where}: at most {TEXT_MAX} characters; this one has {len(text)}.", field=where, code="text_too_long"
        )
    return text


def _optional_text(value: Mapping[str, Any], key: str) -> str | None:
    return None if value.get(key) is None else clean_text(value[key], key)


def _word(value: Mapping[str, Any], key: str, most: int) -> str:
    return _label(value.get(key), key, most, empty=True) or ""


def _label(value: Any, where: str, most: int, *, empty: bool = False) -> str | None:
    """A short text, or None when there is none. An empty one is a mistake unless `empty`."""
    if value is None:
        return None
    text = clean_text(value, where)
    if len(text) > most:
        raise RuleBroken(f"{where}: at most {most} characters; this one has {len(text)}.", field=where)
    if not text and not empty:
        raise RuleBroken(f"{where}: is empty; leave it out or give a text.", field=where)
    return text


def _flag(value: Mapping[str, Any], key: str) -> bool:
    given = value.get(key)
    if given is not None and not isinstance(given, bool):
        raise RuleBroken(f"{key}: true or false is needed.", field=key)
    return bool(given)
