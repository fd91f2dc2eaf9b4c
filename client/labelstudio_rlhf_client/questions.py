"""Guidelines rule by rule, and what labelers asked about them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .transport import Transport


@dataclass(frozen=True)
class Rule:
    """A heading of a guideline. `name` is what a question calls it; `names` are the fields that open it."""

    name: str
    title: str
    names: list[str]


@dataclass(frozen=True)
class Guideline:
    number: int
    track: str
    body: str
    published_at: datetime
    rules: list[Rule]
    answer: dict[str, Any]


@dataclass(frozen=True)
class Question:
    """About a rule of version `guideline` ("": all of it), or about the task where that is None. `labeler`, `prompt` and
    `shown_question` are for managers, else None."""

    uid: str
    assignment: str
    guideline: int | None
    rule: str
    body: str
    asked_at: datetime
    answer: str
    answered_at: datetime | None
    read_at: datetime | None
    labeler: str | None
    prompt: str | None
    shown_question: str | None

    @property
    def open(self) -> bool:
        return self.answered_at is None


@dataclass(frozen=True)
class AnswerBeside:
    """A question and its answer that everybody reads beside a rule."""

    rule: str
    question: str
    answer: str


def guideline_of(calls: Transport, project: str, number: int, track: str | None) -> Guideline:
    said = calls.get(f"projects/{project}/guidelines/{number}/", track=track)
    return Guideline(
        said["number"], said["track"], said["body"], datetime.fromisoformat(said["published_at"]),
        [Rule(**rule) for rule in said["rules"]], said,
    )  # fmt: skip


def questions_of(calls: Transport, project: str, **filters: Any) -> Iterator[Question]:
    for said in calls.pages(f"projects/{project}/questions/", **filters):
        times = {
            name: datetime.fromisoformat(said[name]) if said[name] else None
            for name in ("asked_at", "answered_at", "read_at")
        }
        yield Question(**{name: said[name] for name in Question.__dataclass_fields__} | times)


def answers_of(calls: Transport, project: str, number: int, track: str | None) -> list[AnswerBeside]:
    said = calls.get(f"projects/{project}/guidelines/{number}/answers/", track=track)
    return [AnswerBeside(**{name: one[name] for name in AnswerBeside.__dataclass_fields__}) for one in said["results"]]
