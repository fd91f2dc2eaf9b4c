"""A new exam's body, checked field by field. A draft may be unfinished; `refuse_unfinished` says what publishing needs."""

import re
import secrets
from collections import Counter
from collections.abc import Mapping
from typing import Any

from apps.core.domain.errors import RuleBroken
from apps.core.domain.ranking import K_MAX, K_MIN, is_dense

from .exam import CUTOFFS, DEMONSTRATIONS, FLAGS, GRADES, PARTS, PRACTISED, RANKINGS, TOPICS, Exam, Item

TEXT_MAX, WORDS_MAX, MOST_ITEMS, MOST_FLAGS, MOST_TOPICS = 20_000, 200, 200, 20, 60
_ID = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
SENSITIVE_FLAG = {
    "name": "sensitive",
    "label": "Sensitive content",
    "help": "Anything that could stir strong negative feelings: toxic, sexual, violent, judgmental, political.",
}
NEW_BODY: dict[str, Any] = {
    "title": "Labeler exam", "intro": "", "flags": [SENSITIVE_FLAG], "topics": [], "cutoffs": CUTOFFS,
    "practice_rule": {"last": 0, "right": 0}, "items": [],
}  # fmt: skip


def clean_exam(body: Any) -> dict[str, Any]:
    """The whole body in its one shape, or RuleBroken that names field and rule."""
    given = _object(body, "body", {*NEW_BODY})
    flags = clean_flags(given.get("flags", [SENSITIVE_FLAG]))
    names = [flag["name"] for flag in flags]
    items = [clean_item(item, names, f"items[{i}]") for i, item in enumerate(_list(given.get("items", []), "items", MOST_ITEMS))]  # fmt: skip
    counted = Counter(item["id"] for item in items)
    if repeated := min((id_ for id_, times in counted.items() if times > 1), default=None):
        raise RuleBroken(f"items: {repeated} is there twice; an id names one item.", field="items")
    return {
        "title": clean_text(given.get("title", NEW_BODY["title"]), "title", WORDS_MAX, needed=True),
        "intro": clean_text(given.get("intro", ""), "intro"),
        "flags": flags,
        "topics": clean_topics(given.get("topics", [])),
        "cutoffs": clean_cutoffs(given.get("cutoffs", {})),
        "practice_rule": clean_rule(given.get("practice_rule", NEW_BODY["practice_rule"])),
        "items": items,
    }


def clean_flags(given: Any) -> list[dict[str, str]]:
    flags = []
    for i, raw in enumerate(_list(given, "flags", MOST_FLAGS)):
        where = f"flags[{i}]"
        flag = _object(raw, where, {"name", "label", "help"})
        name = flag.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise RuleBroken(f"{where}.name: a word of a-z, 0-9 and _ is needed.", field=f"{where}.name")
        label = clean_text(flag.get("label") or name.replace("_", " ").capitalize(), f"{where}.label", WORDS_MAX)
        flags.append({"name": name, "label": label, "help": clean_text(flag.get("help", ""), f"{where}.help", 2000)})
    if len({flag["name"] for flag in flags}) != len(flags):
        raise RuleBroken("flags: two flags have the same name.", field="flags")
    return flags


def clean_topics(given: Any) -> list[str]:
    topics = [
        clean_text(topic, f"topics[{i}]", 80, needed=True)
        for i, topic in enumerate(_list(given, "topics", MOST_TOPICS))
    ]
    return list(dict.fromkeys(topics))


def clean_cutoffs(given: Any) -> dict[str, float]:
    cutoffs = dict(CUTOFFS)
    for part, value in _object(given, "cutoffs", {*CUTOFFS}).items():
        low, high = (GRADES[0], GRADES[-1]) if part == DEMONSTRATIONS else (0, 1)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise RuleBroken(f"cutoffs.{part}: a number from {low} to {high} is needed.", field=f"cutoffs.{part}")
        cutoffs[part] = float(value)
    return cutoffs


def clean_rule(given: Any) -> dict[str, int]:
    rule = _object(given, "practice_rule", {"last", "right"})
    last, right = (_whole(rule.get(name, 0), f"practice_rule.{name}", MOST_ITEMS) for name in ("last", "right"))
    if right > last:
        raise RuleBroken(
            "practice_rule.right: not more than `last`, of which it counts the right ones.", field="practice_rule.right"
        )
    return {"last": last, "right": right}


def clean_item(raw: Any, flags: list[str], where: str = "item") -> dict[str, Any]:
    known = {"id", "part", "practice", "sensitive", "prompt", "texts", "key", "references", "explanation"}
    item = _object(raw, where, known)
    part = item.get("part")
    if part not in PARTS:
        raise RuleBroken(f"{where}.part: one of {', '.join(PARTS)}.", field=f"{where}.part")
    id_ = item.get("id") or secrets.token_hex(4)
    if not isinstance(id_, str) or not _ID.fullmatch(id_) or id_ in (TOPICS, "new"):
        raise RuleBroken(
            f"{where}.id: a short name of a-z, 0-9 and -, other than `topics` and `new`.", field=f"{where}.id"
        )
    practice, sensitive = (_truth(item.get(name, False), f"{where}.{name}") for name in ("practice", "sensitive"))
    if practice and part not in PRACTISED:
        raise RuleBroken(f"{where}.practice: only {' and '.join(PRACTISED)} are practised.", field=f"{where}.practice")
    texts = _texts(item.get("texts", []), part, where)
    return {
        "id": id_, "part": part, "practice": practice, "sensitive": sensitive,
        "prompt": clean_text(item.get("prompt", ""), f"{where}.prompt", needed=part != FLAGS),
        "texts": texts,
        "key": _key(item.get("key", {}), part, flags, where),
        "references": _references(item.get("references", []), part, len(texts), where),
        "explanation": clean_text(item.get("explanation", ""), f"{where}.explanation"),
    }  # fmt: skip


def _texts(given: Any, part: str, where: str) -> list[str]:
    where = f"{where}.texts"
    texts = [clean_text(text, f"{where}[{i}]", needed=part == FLAGS) for i, text in enumerate(_list(given, where, K_MAX))]  # fmt: skip
    low, high = {FLAGS: (1, 1), RANKINGS: (K_MIN, K_MAX), DEMONSTRATIONS: (0, 0)}[part]
    if not low <= len(texts) <= high:
        wanted = {(1, 1): "one text", (0, 0): "no text"}.get((low, high), f"{low} to {high} texts")
        raise RuleBroken(f"{where}: an item of {part} has {wanted}; this one has {len(texts)}.", field=where)
    return texts


def _key(given: Any, part: str, flags: list[str], where: str) -> dict[str, str]:
    where = f"{where}.key"
    key = _object(given, where, set(flags) if part == FLAGS else set())
    for name, answer in key.items():
        if answer not in ("yes", "no"):
            raise RuleBroken(f"{where}.{name}: yes or no.", field=f"{where}.{name}")
    return dict(key)


def _references(given: Any, part: str, k: int, where: str) -> list[dict[str, Any]]:
    where = f"{where}.references"
    references = []
    for i, raw in enumerate(_list(given, where, 20 if part == RANKINGS else 0)):
        one = _object(raw, f"{where}[{i}]", {"by", "tiers"})
        by = clean_text(one.get("by"), f"{where}[{i}].by", 40, needed=True)
        references.append({"by": by, "tiers": clean_tiers(one.get("tiers"), k, f"{where}[{i}].tiers")})
    if len({one["by"] for one in references}) != len(references):
        raise RuleBroken(f"{where}: one ranking a researcher.", field=where)
    return references


def clean_tiers(given: Any, k: int, where: str) -> list[int]:
    """A ranking of `k` texts by position: whole numbers from 1 without a gap, equal for ties."""
    tiers = [_whole(tier, where, K_MAX) for tier in _list(given, where, K_MAX)]
    if len(tiers) != k or not is_dense(tiers):
        raise RuleBroken(
            f"{where}: {k} tiers are needed, 1 for the best, without a gap; equal tiers are ties.", field=where
        )
    return tiers


def refuse_unfinished(exam: Exam) -> None:
    """Raise RuleBroken that says what a published exam still needs."""
    if not exam.asked:
        raise RuleBroken("items: an exam needs at least one item that is not practice.", field="items")
    for item in exam.items:
        if problem := unfinished(item, exam):
            raise RuleBroken(f"items.{item.id}: {problem}", field=f"items.{item.id}", code="unfinished")
    if exam.rule.last > len(exam.practice):
        raise RuleBroken(
            f"practice_rule.last: {exam.rule.last} different practice items are counted, and there are {len(exam.practice)}.",
            field="practice_rule.last",
        )  # fmt: skip
    if exam.practice and not exam.rule.right:
        raise RuleBroken(
            "practice_rule.right: say how many practice items must be right before the exam opens.",
            field="practice_rule.right",
        )


def unfinished(item: Item, exam: Exam) -> str:
    """What `item` lacks for publishing; empty when nothing."""
    if item.part == FLAGS:
        if not exam.flags:
            return "the exam has no flag to ask for."
        if missing := [flag.name for flag in exam.flags if flag.name not in item.key]:
            return f"no answer of yours for {', '.join(missing)}."
    if item.part == RANKINGS and not item.references:
        return "no researcher ranked it yet."
    if item.practice and not item.explanation:
        return "a practice item needs its explanation."
    return ""


def clean_text(value: Any, where: str, most: int = TEXT_MAX, *, needed: bool = False) -> str:
    if not isinstance(value, str):
        raise RuleBroken(f"{where}: a text is needed.", field=where)
    text = value.replace("\r\n", "\n").replace("\x00", "").encode(errors="ignore").decode().strip()
    if needed and not text:
        raise RuleBroken(f"{where}: this is needed.", field=where)
    if len(text) > most:
        raise RuleBroken(f"{where}: at most {most} characters; this one has {len(text)}.", field=where)
    return text


def _object(value: Any, where: str, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise RuleBroken(f"{where}: an object is needed.", field=where)
    if unknown := sorted(str(name)[:60] for name in value if name not in known):
        raise RuleBroken(f"{where}: {unknown[0]!r} is not known here.", field=where, code="unknown_field")
    return value


def _list(value: Any, where: str, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise RuleBroken(f"{where}: a list of at most {most} is needed.", field=where)
    return value


def _whole(value: Any, where: str, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise RuleBroken(f"{where}: a whole number from 0 to {most} is needed.", field=where)
    return value


def _truth(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise RuleBroken(f"{where}: true or false is needed.", field=where)
    return value
