"""Argilla's records, as its SDK of version 2 exports them (nested or flat) and as FeedbackDatasets of version 1 were
written: fields, the answers of each user to each question, suggestions.

A ranking question's answers are rankings; so is a label question's that names one of two replies, or a tie. A text
question called like a reply (`response`, `demonstration`) is a demonstration. All other answers, and suggestions,
which nobody gave, stay in the line's metadata.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from apps.core.domain.errors import RuleBroken
from apps.core.domain.ranking import dense

from ..domain.columns import Columns
from .documents import object_of, shaped_rows
from .guessing import DEMONSTRATIONS, conversation, lines_of, only_ranking, ordered, place_of, reply_fields
from .jsonl import loads_cell
from .mapping import picked
from .row import Row

_ANSWERS, _USERS, _STATUS = ".responses", ".responses.users", ".responses.status"
_OWN = ("id", "external_id", "metadata", "vectors", "status", "_server_id", "score", "inserted_at", "updated_at")


@dataclass(frozen=True, slots=True)
class _Answer:
    user: str | None
    question: str
    value: Any

    @property
    def labeler(self) -> dict[str, str]:
        """Argilla names users by uid; an answer of nobody is a pool's."""
        return (
            {"labeler": f"argilla-{self.user}", "kind": "person"}
            if self.user
            else {"labeler": "argilla", "kind": "pool"}
        )


@dataclass(slots=True)
class _Record:
    """A record of any of the four shapes."""

    id: Any
    fields: dict[str, Any]
    metadata: dict[str, Any]
    answers: list[_Answer] = field(default_factory=list)
    suggestions: Any = None


def argilla_rows(chunks: Iterator[bytes], after: int = 0, columns: Columns | None = None) -> Iterator[Row]:
    return shaped_rows(chunks, after, partial(_lines, columns=columns or Columns()))


def _lines(value: Any, columns: Columns) -> Iterator[dict[str, Any] | RuleBroken]:
    record = _record(object_of(value))
    messages, prompt = conversation(record.fields, columns, "instruction")
    completions = _completions(record, columns, prompt)
    names = [completion["id"] for completion in completions]
    rankings: list[dict[str, Any]] = []
    demonstrations, others, labelers = [], [], set[str]()
    question = _ranking_question(record, names, columns)
    for answer in record.answers:
        where = f"responses.{answer.question}"
        if answer.question == question:
            try:
                ranking = {**answer.labeler, "ranks": _ranks(answer.value, names, columns, where)}
            except RuleBroken as broken:
                yield broken
                continue
            twice = only_ranking(labelers, ranking, where)
            if twice:
                yield twice
            else:
                rankings.append(ranking)
        elif answer.question in DEMONSTRATIONS and isinstance(answer.value, str) and answer.value.strip():
            demonstrations.append((answer.labeler["labeler"], answer.value))
        else:
            others.append({"labeler": answer.labeler["labeler"], "question": answer.question, "value": answer.value})
    line: dict[str, Any] = {"messages": messages, "completions": completions}
    line["metadata"] = _metadata(record, {prompt, *names}, others)
    if record.id not in (None, ""):
        line["prompt_id"] = str(record.id)
    yield from lines_of(line, rankings, demonstrations)


def _record(value: dict[str, Any]) -> _Record:
    if isinstance(value.get("fields"), dict):
        own = value
        fields = value["fields"]
        answers = list(_nested(value.get("responses")))
    else:
        own = {name: value[name] for name in _OWN if name in value}
        own["suggestions"] = {n: v for n, v in value.items() if "suggestion" in n and v is not None}
        answers = list(_flat(value))
        asked = {answer.question for answer in answers} | set(_questions(value))
        fields = {
            name: inner for name, inner in value.items()
            if name not in _OWN and name not in asked and ".responses" not in name and "suggestion" not in name
        }  # fmt: skip
    return _Record(
        id=next((own[name] for name in ("external_id", "id") if own.get(name) is not None), None),
        fields=fields,
        metadata=_object(own.get("metadata")),
        answers=answers,
        suggestions=own.get("suggestions") or None,
    )


def _nested(responses: Any) -> Iterator[_Answer]:
    """By question (version 2), or by user with the values of each question (version 1, and the server's API)."""
    if isinstance(responses, dict):
        for question, given in responses.items():
            for index, one in enumerate(_list(given, f"responses.{question}")):
                one = object_of(one, f"responses.{question}[{index}]")
                if _counts(one.get("status")):
                    yield _Answer(_user(one.get("user_id")), question, one.get("value"))
    else:
        for index, one in enumerate(_list(responses, "responses")):
            where = f"responses[{index}]"
            one = object_of(one, where)
            if _counts(one.get("status")):
                for question, given in object_of(one.get("values") or {}, f"{where}.values").items():
                    yield _Answer(_user(one.get("user_id")), question, object_of(given, where).get("value"))


def _flat(value: Mapping[str, Any]) -> Iterator[_Answer]:
    """`question.responses` with users and status beside it (version 2), or lists of answers (version 1)."""
    for name, given in value.items():
        if name.endswith(_ANSWERS):
            question = name.removesuffix(_ANSWERS)
            users, status = (_list(value.get(question + suffix), question + suffix) for suffix in (_USERS, _STATUS))
            for index, one in enumerate(_list(given, name)):
                if _counts(status[index] if index < len(status) else None):
                    yield _Answer(_user(users[index] if index < len(users) else None), question, one)
    for question in _questions(value):
        for one in value[question]:
            if _counts(one.get("status")):
                yield _Answer(_user(one.get("user_id")), question, one.get("value"))


def _questions(value: Mapping[str, Any]) -> list[str]:
    """Columns that hold answers: lists of objects with a user."""
    return [
        name for name, given in value.items()
        if isinstance(given, list) and given and all(isinstance(one, dict) and "user_id" in one for one in given)
    ]  # fmt: skip


def _completions(record: _Record, columns: Columns, prompt: str) -> list[dict[str, Any]]:
    """The replies: those that the mapping names, else those that rankings name, else those named like replies."""
    row = {**record.fields, "fields": record.fields, "metadata": record.metadata}
    if isinstance(columns.completions, tuple):
        names = [pick.path for pick in columns.completions]
        ids = [str(picked(row, pick)) for pick in columns.ids] if isinstance(columns.ids, tuple) else names
        texts = [picked(row, pick) for pick in columns.completions]
    else:
        ranked = [name for answer in record.answers for name in _names(answer.value)]
        known = dict.fromkeys(name for name in record.fields if name in set(ranked))
        ids = list(known) or reply_fields(record.fields, prompt)
        texts = [record.fields[name] for name in ids]
    models = [picked(row, pick) for pick in columns.models] if isinstance(columns.models, tuple) else [None] * len(ids)
    return [
        {"id": name, "model": model, "text": text}
        for name, model, text in zip(ids, models, texts, strict=False) if text is not None
    ]  # fmt: skip


def _ranking_question(record: _Record, names: list[str], columns: Columns) -> str | None:
    """The question whose answers rank. Raises RuleBroken when several could be meant."""
    asked = {answer.question: answer for answer in reversed(record.answers)}
    if columns.ranks is not None and not isinstance(columns.ranks, tuple):
        return columns.ranks.path
    found = [question for question, answer in asked.items() if _names(answer.value)]
    if not found and len(names) == 2:
        found = [
            question for question, answer in asked.items()
            if isinstance(answer.value, str) and place_of(answer.value, names, columns.winners) is not None
        ]  # fmt: skip
    if len(found) > 1:
        raise RuleBroken(
            f"responses: the questions {', '.join(sorted(found))} all rank; name one in options.columns.ranks.",
            field="responses", code="several_rankings",
        )  # fmt: skip
    return found[0] if found else None


def _names(value: Any) -> list[str]:
    """The names that a ranking question's answer holds; none for an answer of another kind."""
    if isinstance(value, dict) and isinstance(value.get("value"), list):
        value = value["value"]
    if not isinstance(value, list) or not value:
        return []
    names = [one.get("value") if isinstance(one, dict) else one for one in value]
    texts = [name for name in names if isinstance(name, str)]
    return texts if len(texts) == len(names) else []


def _ranks(value: Any, names: list[str], columns: Columns, where: str) -> list[int]:
    """Ranks in the order of `names`. Without ranks of its own, an answer's order is the ranking."""
    if isinstance(value, str):
        place = place_of(value, names, columns.winners)
        if place is None or len(names) != 2:
            raise RuleBroken(f"{where}: {value[:80]!r} names neither of two replies.", field=where)
        return [1 if not place or index == place else 2 for index in (1, 2)]
    given = _names(value)
    ordered(given, names, where)
    if isinstance(value, dict):
        said = _list(value.get("rank"), f"{where}.rank")
    else:
        said = [one.get("rank") if isinstance(one, dict) else None for one in _list(value, where)]
    ranks = [rank for rank in said if isinstance(rank, int) and not isinstance(rank, bool)]
    if ranks and len(ranks) != len(given):
        raise RuleBroken(f"{where}: {len(ranks)} ranks for {len(given)} replies.", field=where)
    rank = dict(zip(given, dense(ranks or range(1, len(given) + 1)), strict=True))
    return [rank[name] for name in names]


def _metadata(record: _Record, taken: set[str], others: list[dict[str, Any]]) -> dict[str, Any]:
    kept = dict(record.metadata)
    fields = {name: value for name, value in record.fields.items() if name not in taken and value is not None}
    extra = {"fields": fields, "answers": others, "suggestions": record.suggestions}
    return kept | {name: value for name, value in extra.items() if value}


def _counts(status: Any) -> bool:
    """Drafts and what was discarded are nobody's word; an export may leave the status out."""
    return status in (None, "submitted")


def _user(value: Any) -> str | None:
    return None if value in (None, "", "None") else str(value)


def _list(value: Any, where: str) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise RuleBroken(f"{where}: a list is needed.", field=where)
    return value or []


def _object(value: Any) -> dict[str, Any]:
    """Metadata: an object, or the JSON text of one as version 1 wrote it to the Hub."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = loads_cell(value)
        except ValueError as error:
            raise RuleBroken(f"metadata: the text is not JSON: {error}.", field="metadata") from error
    return value if isinstance(value, dict) else {}
