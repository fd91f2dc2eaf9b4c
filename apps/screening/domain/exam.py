"""An exam as its body says it (InstructGPT, arXiv 2203.02155, appendix B.1): items of three parts, and a list of topics.

The body is JSON: `{"title", "intro", "flags": [{"name", "label", "help"}], "topics": [...], "cutoffs": {part: number},
"practice_rule": {"last", "right"}, "items": [...]}`. An item is `{"id", "part", "practice", "sensitive", "prompt",
"texts", "key": {flag: answer}, "references": [{"by", "tiers"}], "explanation"}`; what a part does not use stays empty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FLAGS, RANKINGS, DEMONSTRATIONS, TOPICS = "flags", "rankings", "demonstrations", "topics"
# The parts that have items. Topics are one question more, answered like an item of that name.
PARTS = (FLAGS, RANKINGS, DEMONSTRATIONS)
# What practice can tell right from wrong at once; a demonstration is graded by people.
PRACTISED = (FLAGS, RANKINGS)
GRADES = range(1, 8)
# The soft cut-offs of InstructGPT: beside the scores, for people who decide.
CUTOFFS: dict[str, float] = {FLAGS: 0.75, RANKINGS: 0.75, DEMONSTRATIONS: 6.0}


@dataclass(frozen=True, slots=True)
class Flag:
    name: str
    label: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """How one researcher ranks the texts of an item, by position; equal tiers are ties. `by` is a pseudonym."""

    by: str
    tiers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Item:
    id: str
    part: str
    practice: bool
    sensitive: bool
    prompt: str
    texts: tuple[str, ...]
    key: Mapping[str, str]
    references: tuple[Reference, ...]
    explanation: str


@dataclass(frozen=True, slots=True)
class PracticeRule:
    """Of the items practised last, as many as `last`, at least `right` were right."""

    last: int
    right: int


@dataclass(frozen=True, slots=True)
class Exam:
    title: str
    intro: str
    flags: tuple[Flag, ...]
    topics: tuple[str, ...]
    cutoffs: Mapping[str, float]
    rule: PracticeRule
    items: tuple[Item, ...]

    @property
    def practice(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.practice)

    @property
    def asked(self) -> tuple[Item, ...]:
        """The items of the exam itself, part by part."""
        return tuple(item for part in PARTS for item in self.of(part))

    def of(self, part: str) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.part == part and not item.practice)

    def item(self, id: str) -> Item | None:
        return next((item for item in self.items if item.id == id), None)


def exam_of(body: Mapping[str, Any]) -> Exam:
    """A body that was checked (`domain.new_exam`) as objects."""
    rule = body.get("practice_rule") or {}
    return Exam(
        title=body.get("title", ""),
        intro=body.get("intro", ""),
        flags=tuple(Flag(**flag) for flag in body.get("flags", ())),
        topics=tuple(body.get("topics", ())),
        cutoffs=CUTOFFS | dict(body.get("cutoffs", {})),
        rule=PracticeRule(rule.get("last", 0), rule.get("right", 0)),
        items=tuple(_item(raw) for raw in body.get("items", ())),
    )


def _item(raw: Mapping[str, Any]) -> Item:
    return Item(
        id=raw["id"], part=raw["part"], practice=raw["practice"], sensitive=raw["sensitive"], prompt=raw["prompt"],
        texts=tuple(raw["texts"]), key=raw["key"], explanation=raw["explanation"],
        references=tuple(Reference(one["by"], tuple(one["tiers"])) for one in raw["references"]),
    )  # fmt: skip


def visible(items: Sequence[Item], *, accepts_sensitive: bool) -> tuple[Item, ...]:
    """The items that somebody sees: without the sensitive ones where those are not accepted."""
    return tuple(item for item in items if accepts_sensitive or not item.sensitive)
