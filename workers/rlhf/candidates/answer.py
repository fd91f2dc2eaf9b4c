"""What an OpenAI-compatible server answers, read with suspicion: every other shape is told in a sentence."""

import json
import re
from dataclasses import dataclass
from typing import Any

SHOWN = 160  # characters of what it said
ENDS = {"stop": "stop", "eos": "stop", "stop_sequence": "stop", "length": "length", "content_filter": "content_filter"}


class Nonsense(Exception):
    """An answer that is none, in words that go on "it"."""


class WrongModel(Nonsense):
    """Another model answered: asking again would not help."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`tokens` and `prompt_tokens` are None where the server counts none."""

    text: str
    finish_reason: str
    tokens: int | None
    prompt_tokens: int | None
    model: str


def read_answer(data: bytes, asked: str, key: str = "") -> Answer:
    """A chat completion by the model `asked`. Raises Nonsense, whose words do not hold the endpoint's `key`."""
    given = _json(data, key)
    _require_model(given, asked, key)
    match given:
        case {"choices": [{"message": {"content": str(text)}} as choice, *_]}:
            pass
        case {"choices": [{"message": {"content": None}}, *_]}:
            raise Nonsense(f"answered with null instead of a text: {shown(data, key)}")
        case _:
            raise Nonsense(f"answered without choices: {shown(data, key)}")
    reason = choice.get("finish_reason")
    if reason not in ENDS:
        said = repr(reason).replace(key, "[key]") if key else repr(reason)
        raise Nonsense(f"ended for the reason {said:.40}, which is none of a text: {shown(data, key)}")
    usage = given.get("usage")
    return Answer(
        whole_characters(text),
        ENDS[reason],
        _count(usage, "completion_tokens"),
        _count(usage, "prompt_tokens"),
        str(given.get("model") or ""),
    )


def shown(data: bytes, key: str = "") -> str:
    """The beginning of what a server said, in one line, without the key that it may have said back."""
    text = data[: 20 * SHOWN].decode(errors="replace")
    if key:
        text = text.replace(key, "[key]")
    line = re.sub(r"[\s\x00-\x1f\x7f]+", " ", text).strip()
    return f"“{line[:SHOWN]}{'…' if len(line) > SHOWN else ''}”" if line else "nothing"


def is_too_long(data: bytes) -> bool:
    """Whether a refusal says that the prompt does not fit the model (OpenAI's code, vLLM's and llama.cpp's words)."""
    said = data[:4_000].decode(errors="replace").lower()
    return any(word in said for word in ("context_length_exceeded", "maximum context length", "exceed_context_size"))


def whole_characters(text: str) -> str:
    """JSON may spell half of a character, which no file holds."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _json(data: bytes, key: str) -> dict[str, Any]:
    try:
        given = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Nonsense(f"answered with what is no JSON: {shown(data, key)}") from error
    if not isinstance(given, dict):
        raise Nonsense(f"answered with no JSON object: {shown(data, key)}")
    return given


def _require_model(given: dict[str, Any], asked: str, key: str) -> None:
    """A server may say its model's dated name (gpt-4o-2024-08-06), or leave out the organisation. Some say none."""
    said = given.get("model")
    if not isinstance(said, str) or not said:
        return
    one, other = said.lower(), asked.lower()
    if not (one.startswith(other) or one.endswith(f"/{other}") or other.endswith(f"/{one}")):
        raise WrongModel(f"answered as {shown(said.encode(), key)}, and {asked} was asked")


def _count(usage: Any, name: str) -> int | None:
    found = usage.get(name) if isinstance(usage, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None
