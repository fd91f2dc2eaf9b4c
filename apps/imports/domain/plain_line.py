"""The quick way for a line that is plainly right: the same ImportLine as `parse_line`, or None when in doubt.

A line that breaks a rule, and one of a rare shape, gets None: `parse_line` is the truth and finds the words.
"""

from hashlib import sha256
from typing import Any

import orjson

from apps.core.domain.errors import RuleBroken
from apps.core.domain.ranking import K_MAX, K_MIN, dense
from apps.prompts.domain.json_value import clean_json

from .line import (
    ID_MAX,
    KNOWN,
    LABELER_KINDS,
    LABELER_MAX,
    LANGUAGE_MAX,
    TEXT_MAX,
    USE_CASE_MAX,
    ImportLine,
    LineCompletion,
    LineRanking,
)
from .ranks import clean_ranks

_FEW_KEYS = frozenset({"id", "model", "text"})
_RANKING_KEYS = frozenset({"labeler", "kind", "ranks"})


class _Doubt(Exception):
    pass


def plain_line(value: Any) -> ImportLine | None:
    """The line, when every part of it is of a common shape and follows the rules."""
    if type(value) is not dict:
        return None
    try:
        return _line(value)
    except (_Doubt, RuleBroken, UnicodeEncodeError, TypeError):
        return None


def _line(value: dict[str, Any]) -> ImportLine:
    get = value.get
    sensitive, source, context = get("sensitive"), get("source"), _word(get("context"))
    if get("demonstration") is not None or get("demonstration_labeler") is not None:
        raise _Doubt
    if sensitive is not None and type(sensitive) is not bool:
        raise _Doubt
    if source is not None and type(source) is not str and type(source) is not dict:
        raise _Doubt
    messages = _messages(get("messages"), get("prompt"))
    whole = orjson.dumps({"context": context or None, "messages": messages})  # canonical: its keys are in order
    completions = _completions(get("completions"))
    return ImportLine(
        external_id=_label(get("prompt_id"), ID_MAX),
        messages=messages,
        context=context or None,
        content_sha256=sha256(whole).hexdigest(),
        completions=completions,
        rankings=_rankings(get("rankings"), len(completions)),
        use_case=_short(get("use_case"), USE_CASE_MAX),
        language=_short(get("language"), LANGUAGE_MAX),
        sensitive=sensitive or False,
        source=clean_json(source, "source"),
        source_key=_short(get("source_key"), TEXT_MAX) or None,
        metadata=_metadata(value),
    )


def _messages(given: Any, prompt: Any) -> list[dict[str, str]]:
    if prompt is not None:
        if given is not None or not _text(prompt).strip():
            raise _Doubt
        return [{"content": prompt, "role": "user"}]
    if type(given) is not list or not given:
        raise _Doubt
    messages = []
    for index, message in enumerate(given):
        if type(message) is not dict or len(message) != 2:
            raise _Doubt
        role, content = message.get("role"), _text(message.get("content"))
        if role != "user" and role != "assistant" and (role != "system" or index):
            raise _Doubt
        messages.append({"content": content, "role": role})
    if role != "user" or not content.strip():
        raise _Doubt
    return messages


def _completions(given: Any) -> tuple[LineCompletion, ...]:
    if given is None:
        return ()
    if type(given) is not list or len(given) > K_MAX:
        raise _Doubt
    completions = []
    for one in given:
        if type(one) is not dict or not one.keys() <= _FEW_KEYS:
            raise _Doubt
        text = _text(one.get("text"))
        completions.append(
            LineCompletion(
                _label(one.get("id"), ID_MAX), _label(one.get("model"), ID_MAX), text, sha256(text.encode()).hexdigest()
            )
        )
    if len({completion.key for completion in completions}) < len(completions):
        raise _Doubt
    return tuple(completions)


def _rankings(given: Any, k: int) -> tuple[LineRanking, ...]:
    if given is None:
        return ()
    if type(given) is not list or (given and k < K_MIN):
        raise _Doubt
    rankings = []
    for one in given:
        if type(one) is not dict or not one.keys() <= _RANKING_KEYS:
            raise _Doubt
        labeler, kind = _label(one.get("labeler"), LABELER_MAX), one.get("kind")
        if labeler is None or (kind is not None and kind not in LABELER_KINDS):
            raise _Doubt
        rankings.append(LineRanking(labeler, kind, tuple(dense(clean_ranks(one.get("ranks"), k, "")))))
    if len({ranking.labeler for ranking in rankings}) < len(rankings):
        raise _Doubt
    return tuple(rankings)


def _metadata(value: dict[str, Any]) -> dict[str, Any]:
    given = value.get("metadata")
    if given is None:
        given = {}
    elif type(given) is not dict:
        raise _Doubt
    unknown = {key: inner for key, inner in value.items() if key not in KNOWN}
    if not unknown.keys().isdisjoint(given):
        raise _Doubt
    metadata = {**unknown, **given}
    clean_json(metadata, "metadata")
    return metadata


def _word(value: Any) -> str:
    return "" if value is None else _text(value)


def _short(value: Any, most: int) -> str:
    """A label that may be empty."""
    return "" if value is None or value == "" else _label(value, most) or ""


def _text(value: Any) -> str:
    """Whether it is whole characters is seen where it becomes bytes."""
    if type(value) is not str or len(value) > TEXT_MAX or "\x00" in value:
        raise _Doubt
    return value


def _label(value: Any, most: int) -> str | None:
    """Printable, so neither NUL nor half a character."""
    if value is None:
        return None
    if type(value) is not str or not 0 < len(value) <= most or not value.isprintable():
        raise _Doubt
    return value
