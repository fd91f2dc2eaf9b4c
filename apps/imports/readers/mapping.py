"""Rows of any table as import lines, by a mapping of its columns (`domain/columns.py` checks it).

What a row says of a ranking is read as ranks with ties: scores (equal scores tie), ranks, a winner, or chosen and
rejected. Nothing is guessed: what the mapping names and a row does not have is that row's error.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from apps.core.domain.errors import RuleBroken
from apps.core.domain.ranking import dense

from ..domain.columns import Columns, Pick, Picks, parse_columns, parse_hints
from .table import flag_of, json_of
from .transcript import messages_of, two_replies

__all__ = ["Columns", "mapped_line", "parse_columns", "parse_hints", "picked"]

_TEXTS = ("prompt_id", "context", "use_case", "language", "source_key", "demonstration", "demonstration_labeler")
_PLACE = re.compile(r"-?[0-9]{1,9}")


def mapped_line(row: Mapping[str, Any], columns: Columns) -> dict[str, Any]:
    """The import line that a row means. Raises RuleBroken that names our field and their column."""
    line: dict[str, Any] = {}
    for name in _TEXTS:
        if (value := _text(row, getattr(columns, name), name)) is not None:
            line[name] = value
    if columns.source is not None:
        line["source"] = picked(row, columns.source)
    if columns.sensitive is not None:
        line["sensitive"] = flag_of(picked(row, columns.sensitive))
    if columns.chosen is not None:
        line |= _pair(row, columns)
    else:
        line |= _prompt(row, columns) | _candidates(row, columns)
    line["metadata"] = _metadata(row, columns)
    return line


def picked(row: Any, pick: Pick) -> Any:
    """What a pick finds in a row; None where there is nothing."""
    if pick.template:
        return _filled(row, pick)
    return _at(row, pick.path) if pick.path else pick.value


def _at(row: Any, path: str) -> Any:
    """The column of that very name, else step by step: a key of an object, a place in a list (-1 is the last)."""
    if isinstance(row, Mapping) and path in row:
        return row[path]
    found = row
    for step in path.split("."):
        if isinstance(found, str) and found[:1] in ("{", "["):
            found = json_of(found, path)
        if isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(found, list) and _PLACE.fullmatch(step) and -len(found) <= int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found


def _filled(row: Any, pick: Pick) -> str:
    text = pick.template
    values = {path: _at(row, path) for path in pick.columns}
    for path, value in values.items():
        if value is not None and not isinstance(value, str):
            raise RuleBroken(f"{path}: a template takes texts only.", field=path)
    pieces, rest = [], text
    for path in pick.columns:
        before, rest = rest.split("{" + path + "}", 1)
        pieces += [before, values[path] or ""]
    return "".join([*pieces, rest]).strip()


def _text(row: Any, pick: Pick | None, name: str) -> str | None:
    value = None if pick is None else picked(row, pick)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)  # ids are often numbers
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise RuleBroken(f"{name}: a text is needed in column {_named(pick)}.", field=name)
    return value


def _prompt(row: Any, columns: Columns) -> dict[str, Any]:
    pick = columns.messages or columns.prompt
    assert pick is not None  # parse_columns
    value = _needed(row, pick, "messages" if columns.messages else "prompt")
    if isinstance(value, str) and columns.messages is not None:
        value = json_of(value, _named(pick)) if value.lstrip()[:1] == "[" else value
    messages = messages_of(value) if isinstance(value, str | list) else value
    if not isinstance(messages, list):
        raise RuleBroken(f"messages: column {_named(pick)} holds no conversation.", field="messages")
    system = _text(row, columns.system, "system")
    return {"messages": [*([{"role": "system", "content": system}] if system else []), *messages]}


def _pair(row: Any, columns: Columns) -> dict[str, Any]:
    """Chosen and rejected: two replies, or two whole conversations that differ in their last reply."""
    assert columns.chosen is not None
    assert columns.rejected is not None
    chosen, rejected = _needed(row, columns.chosen, "chosen"), _needed(row, columns.rejected, "rejected")
    prompt = _prompt(row, columns)["messages"] if columns.prompt or columns.messages else None
    messages, better, worse = two_replies(chosen, rejected, prompt)
    names = _several(row, columns.models, "models") or [None, None]
    texts = [{"text": text, "model": name} for text, name in zip((better, worse), names, strict=False)]
    return {"messages": messages, "completions": texts, "rankings": [_ranking(row, columns, [1, 2])]}


def _candidates(row: Any, columns: Columns) -> dict[str, Any]:
    given = _several(row, columns.completions, "completions")
    if given is None:
        return {}
    completions = [_completion(value, columns, index) for index, value in enumerate(given)]
    for name, key in (("models", "model"), ("ids", "id")):
        beside = _several(row, getattr(columns, name), name)
        if beside is not None:
            _same_length(beside, completions, name)
            for completion, value in zip(completions, beside, strict=True):
                completion[key] = value if value is None or isinstance(value, str) else str(value)
    kept = [index for index, completion in enumerate(completions) if completion["text"] is not None]
    line: dict[str, Any] = {"completions": [completions[index] for index in kept]}
    ranks = _ranks(row, columns, len(completions))
    if ranks is not None:
        line["rankings"] = [_ranking(row, columns, dense([ranks[index] for index in kept]))]
    return line


def _completion(value: Any, columns: Columns, index: int) -> dict[str, Any]:
    """A text, or an object with one; a list of messages gives its last one."""
    if isinstance(value, list) and value and isinstance(value[-1], Mapping):
        value = value[-1]
        return {"text": value.get("content", value.get("value"))}
    if isinstance(value, Mapping):
        text = _at(value, columns.text_in)
        return {key: value[key] for key in ("id", "model") if isinstance(value.get(key), str)} | {"text": text}
    if value is not None and not isinstance(value, str):
        raise RuleBroken(f"completions[{index}]: a text is needed.", field=f"completions[{index}]")
    return {"text": value}


def _ranks(row: Any, columns: Columns, k: int) -> list[int] | None:
    if columns.scores is not None:
        scores = [_number(value, index) for index, value in enumerate(_list(row, columns.scores, "scores", k))]
        return dense([score if columns.lower_is_better else -score for score in scores])  # type: ignore[misc]
    if columns.ranks is not None:
        return [_whole(value, index) for index, value in enumerate(_list(row, columns.ranks, "ranks", k))]
    if columns.winner is not None:
        return _won(_needed(row, columns.winner, "winner"), columns, k)
    return None


def _won(value: Any, columns: Columns, k: int) -> list[int]:
    place = columns.winners.get(str(value))
    if place is None or place > k:
        raise RuleBroken(
            f"winner: {str(value)[:80]!r} is none of {', '.join(map(repr, columns.winners))} for {k} completions.",
            field="winner",
        )
    return [1 if not place or index == place else 2 for index in range(1, k + 1)]


def _ranking(row: Any, columns: Columns, ranks: list[int]) -> dict[str, Any]:
    ranking: dict[str, Any] = {"labeler": _text(row, columns.labeler, "labeler"), "ranks": ranks}
    return ranking | ({"kind": columns.labeler_kind} if columns.labeler_kind else {})


def _metadata(row: Mapping[str, Any], columns: Columns) -> dict[str, Any]:
    if columns.metadata is not None:
        return {name: value for name in columns.metadata if (value := _at(row, name)) is not None}
    taken = {name for path in columns.taken for name in (path, path.split(".")[0])}
    return {name: value for name, value in row.items() if name not in taken and value is not None and value != ""}


def _several(row: Any, picks: Picks | None, name: str) -> list[Any] | None:
    if picks is None:
        return None
    if isinstance(picks, tuple):
        return [picked(row, pick) for pick in picks]
    value = picked(row, picks)
    if isinstance(value, str) and value.lstrip()[:1] == "[":
        value = json_of(value, _named(picks))
    if not isinstance(value, list):
        raise RuleBroken(f"{name}: a list is needed in column {_named(picks)}.", field=name)
    return value


def _list(row: Any, picks: Picks, name: str, k: int) -> list[Any]:
    values = _several(row, picks, name) or []
    _same_length(values, range(k), name)
    return values


def _same_length(values: Sequence[Any], completions: Sequence[Any], name: str) -> None:
    if len(values) != len(completions):
        raise RuleBroken(f"{name}: {len(values)} for {len(completions)} completions.", field=name)


def _number(value: Any, index: int) -> float:
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if math.isnan(number):
        raise RuleBroken(f"scores[{index}]: a number is needed.", field=f"scores[{index}]")
    return number


def _whole(value: Any, index: int) -> int:
    number = _number(value, index) if isinstance(value, int | float | str) else math.nan
    if not number.is_integer():
        raise RuleBroken(f"ranks[{index}]: a whole number is needed.", field=f"ranks[{index}]")
    return int(number)


def _needed(row: Any, pick: Pick, name: str) -> Any:
    value = picked(row, pick)
    if value is None:
        raise RuleBroken(f"{name}: the row has no {_named(pick)}.", field=name, code="column_missing")
    return value


def _named(pick: Pick | None) -> str:
    return (pick.path or pick.template) if pick else ""
