"""Label Studio's JSON export (a task with its annotations) and JSON-MIN (a line an annotation).

A Ranker's order over a list, or a Pairwise or Choices result over two replies, is the annotator's ranking; a Ranker
with buckets is one with ties once `columns.buckets` says which bucket is best. A text area is a demonstration. All
other results, and predictions, which nobody gave, stay in the line's metadata.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from apps.core.domain.canonical import sha256_hex
from apps.core.domain.errors import RuleBroken

from ..domain.columns import Columns
from .documents import object_of, shaped_rows
from .guessing import DEMONSTRATIONS, conversation, lines_of, only_ranking, ordered, place_of, reply_fields, tiered
from .mapping import picked
from .row import Row

_MIN = ("annotator", "annotation_id", "created_at", "updated_at", "lead_time")
_TEXT_OF_ITEM = ("text", "body", "html", "content", "answer", "response", "title")


def label_studio_rows(chunks: Iterator[bytes], after: int = 0, columns: Columns | None = None) -> Iterator[Row]:
    return shaped_rows(chunks, after, partial(_lines, columns=columns or Columns()))


def _lines(value: Any, columns: Columns) -> Iterator[dict[str, Any] | RuleBroken]:
    task = object_of(value)
    data, annotations = _opened(task, columns)
    messages, prompt = conversation(data, columns, "question")
    field, completions = _completions(data, annotations, columns, prompt)
    names = [completion["id"] for completion in completions]
    wanted = columns.demonstration.path if columns.demonstration else None
    rankings: list[dict[str, Any]] = []
    demonstrations, others, labelers = [], [], set[str]()
    for index, annotation in enumerate(annotations):
        where = f"annotations[{index}]"
        labeler = _annotator(annotation.get("completed_by"))
        for name, kind, result in _results(annotation, where):
            try:
                ranks = _ranks(kind, result, names, columns, f"{where}.{name}")
            except RuleBroken as broken:
                yield broken
                continue
            if ranks is not None:
                ranking = {**labeler, "ranks": ranks, **_about(annotation)}
                twice = only_ranking(labelers, ranking, where)
                if twice:
                    yield twice
                else:
                    rankings.append(ranking)
            elif kind == "textarea" and (not completions or name in DEMONSTRATIONS or name == wanted):
                demonstrations.append((labeler["labeler"], "\n".join(result["text"])))
            else:
                others.append({"labeler": labeler["labeler"], "name": name, "type": kind, "value": result})
    kept = {name: inner for name, inner in data.items() if name not in (prompt, field, *names)}
    extra = {"data": kept, "results": others, "predictions": task.get("predictions")}
    line = {
        "messages": messages,
        "completions": completions,
        "metadata": {name: inner for name, inner in extra.items() if inner},
    }
    if task.get("id") is not None:
        line["prompt_id"] = str(task["id"])
    yield from lines_of(line, rankings, demonstrations)


def _opened(task: dict[str, Any], columns: Columns) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The task's data and its annotations that count: a skipped one says nothing."""
    if "annotation_id" in task and not isinstance(task.get("annotations"), list):
        return _opened_min(task, columns)
    data = object_of(task.get("data"), "data")
    given = task.get("annotations", task.get("completions")) or []
    if not isinstance(given, list):
        raise RuleBroken("annotations: a list is needed.", field="annotations")
    annotations = [object_of(one, f"annotations[{index}]") for index, one in enumerate(given)]
    for index, one in enumerate(annotations):
        if not isinstance(one.get("result") or [], list):
            raise RuleBroken(f"annotations[{index}].result: a list is needed.", field=f"annotations[{index}].result")
    return data, [one for one in annotations if not one.get("was_cancelled") and not one.get("skipped")]


def _opened_min(item: dict[str, Any], columns: Columns) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A JSON-MIN item, whose results stand among its data, as the annotation that it was made of.

    Choices and text areas look like any data there: `columns.winner` and `columns.demonstration` name them.
    """
    named = {
        pick.path: (kind, key)
        for pick, kind, key in ((columns.winner, "choices", "choices"), (columns.demonstration, "textarea", "text"))
        if pick is not None
    }
    data, results = {}, []
    for name, value in item.items():
        kind = _kind_of_min(value)
        if name in named:
            kind, key = named[name]
            results.append(
                {"from_name": name, "type": kind, "value": {key: value if isinstance(value, list) else [value]}}
            )
        elif kind:
            found = value[0] if isinstance(value, list) else value
            results.append({"from_name": name, "type": kind, "value": found})
        elif name not in (*_MIN, "id", "agreement"):
            data[name] = value
    annotation = {"completed_by": item.get("annotator"), "id": item["annotation_id"], "result": results}
    return data, [annotation | {name: item[name] for name in ("created_at", "lead_time") if name in item}]


def _kind_of_min(value: Any) -> str | None:
    """Of a Ranker and a Pairwise, which show by their keys."""
    first = value[0] if isinstance(value, list) and len(value) == 1 else value
    if isinstance(first, dict):
        if "ranker" in first:
            return "ranker"
        if set(first) <= {"selected", "type"} and "selected" in first:
            return "pairwise"
    return None


def _results(annotation: dict[str, Any], where: str) -> Iterator[tuple[str, str, Any]]:
    """Name, type and value of each result."""
    for index, one in enumerate(annotation.get("result") or []):
        result = object_of(one, f"{where}.result[{index}]")
        value = result.get("value") or {}
        if not isinstance(value, dict):
            raise RuleBroken(f"{where}.result[{index}].value: a JSON object is needed.", field=f"{where}.result")
        if result.get("type") == "textarea":
            text = value.get("text")
            value = {**value, "text": [text] if isinstance(text, str) else text}
            if not _texts(value["text"]):
                continue
        yield str(result.get("from_name", "")), str(result.get("type", "")), value


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value)


def _ranks(kind: str, value: Any, names: list[str], columns: Columns, where: str) -> list[int] | None:
    """The ranks that a result means, or None when it is no ranking."""
    if kind == "ranker":
        return _ranker(value.get("ranker"), names, columns, where)
    if len(names) == 2 and kind in ("pairwise", "choices"):
        said = value.get("selected") if kind == "pairwise" else value.get("choices")
        word = said[0] if isinstance(said, list) and len(said) == 1 else said
        place = place_of(word, names, columns.winners) if isinstance(word, str) else None
        if place is not None:
            return [1 if not place or index == place else 2 for index in (1, 2)]
    return None


def _ranker(value: Any, names: list[str], columns: Columns, where: str) -> list[int] | None:
    """One list is an order. Buckets are tiers in the order of `columns.buckets`; without that they say nothing."""
    groups = {"": value} if isinstance(value, list) else object_of(value, where)
    lists = {name: [str(one) for one in group] for name, group in groups.items() if isinstance(group, list)}
    if columns.buckets:
        if strange := [name for name, group in lists.items() if group and name not in columns.buckets]:
            raise RuleBroken(f"{where}: the bucket {strange[0]!r} is not in columns.buckets.", field=where)
        return tiered([lists.get(name, []) for name in columns.buckets], names, where)
    if len(lists) != 1 or not names:
        return None
    return ordered(next(iter(lists.values())), names, where)


def _completions(
    data: dict[str, Any], annotations: list[dict[str, Any]], columns: Columns, prompt: str
) -> tuple[str, list[dict[str, Any]]]:
    """The replies and the field they stand in: a List's items, or text fields named like replies."""
    if isinstance(columns.completions, tuple):
        picks = columns.completions
        return "", [{"id": pick.path, "text": text} for pick in picks if (text := picked(data, pick)) is not None]
    name = columns.completions.path if columns.completions else _list_field(data, annotations, prompt)
    if name:
        items = picked(data, columns.completions) if columns.completions else data[name]
        if not isinstance(items, list):
            raise RuleBroken(f"completions: {name} is no list.", field="completions")
        return name, [_item(one, f"data.{name}[{index}]", str(index)) for index, one in enumerate(items)]
    return "", [{"id": one, "text": data[one]} for one in reply_fields(data, prompt)]


def _list_field(data: dict[str, Any], annotations: list[dict[str, Any]], prompt: str) -> str | None:
    """The list of objects that a Ranker ranks; without one, the only list of objects with ids."""
    lists = {
        name: [str(one["id"]) for one in value]
        for name, value in data.items()
        if name != prompt and isinstance(value, list) and value
        and all(isinstance(one, dict) and "id" in one for one in value)
    }  # fmt: skip
    ranked = {
        str(one)
        for annotation in annotations for result in annotation.get("result") or []
        if isinstance(result, dict) and isinstance(result.get("value"), dict)
        for group in _groups(result["value"].get("ranker")) for one in group
    }  # fmt: skip
    fitting = [name for name, ids in lists.items() if not ranked or ranked & set(ids)]
    return fitting[0] if len(fitting) == 1 else None


def _groups(value: Any) -> list[list[Any]]:
    groups = value.values() if isinstance(value, dict) else [value]
    return [group for group in groups if isinstance(group, list)]


def _item(value: Any, where: str, place: str) -> dict[str, Any]:
    if isinstance(value, str):
        return {"id": place, "text": value}
    item = object_of(value, where)
    name = next((name for name in _TEXT_OF_ITEM if isinstance(item.get(name), str)), None)
    if name is None:
        raise RuleBroken(f"{where}: has none of {', '.join(_TEXT_OF_ITEM)}.", field=where)
    rest = {key: inner for key, inner in item.items() if key not in ("id", "model", "text", name)}
    return {"id": str(item.get("id", place)), "model": item.get("model"), "text": item[name], **rest}


def _annotator(value: Any) -> dict[str, str]:
    """A number as it is; an address not as it is, for exports are read by others."""
    if isinstance(value, dict):
        value = value.get("id") if value.get("id") is not None else value.get("email")
    if value in (None, ""):
        return {"labeler": "label-studio", "kind": "pool"}
    text = str(value)
    name = text if text.isdigit() else sha256_hex(text.strip().lower().encode(errors="replace"))[:12]
    return {"labeler": f"label-studio-{name}", "kind": "person"}


def _about(annotation: dict[str, Any]) -> dict[str, Any]:
    """What Label Studio knows of the annotation beside its results; kept in the metadata."""
    names = {
        "annotation_id": "id",
        "lead_time": "lead_time",
        "created_at": "created_at",
        "ground_truth": "ground_truth",
    }
    return {name: annotation[key] for name, key in names.items() if annotation.get(key) not in (None, False)}
