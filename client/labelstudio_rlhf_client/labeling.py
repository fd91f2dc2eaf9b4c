"""What a labeler does, for programs that label: a model as a judge, a baseline, a test."""

from collections.abc import Mapping
from typing import Any

from .transport import Transport


class Assignment:
    """A task on one's desk. Texts are by letter; who wrote them is not said."""

    def __init__(self, calls: Transport, answer: dict[str, Any]) -> None:
        self._calls = calls
        self.answer = answer

    def __repr__(self) -> str:
        return f"<Assignment {self.uid} {self.kind}, {len(self.texts)} candidates>"

    @property
    def uid(self) -> str:
        return str(self.answer["uid"])

    @property
    def kind(self) -> str:
        return str(self.answer["kind"])

    @property
    def messages(self) -> list[dict[str, str]]:
        messages: list[dict[str, str]] = self.answer["prompt"]["messages"]
        return messages

    @property
    def texts(self) -> dict[str, str]:
        return {candidate["letter"]: candidate["text"] for candidate in self.answer["candidates"]}

    def submit(self, body: Mapping[str, Any], *, then_next: bool = False) -> "Submitted":
        """The judgment: tiers, ratings, or a text. The same again adds nothing; another one raises Conflict."""
        answer = self._calls.post(f"assignments/{self.uid}/submit/", dict(body), next=1 if then_next else None)
        following = answer.get("next")
        return Submitted(
            answer["judgment"], answer["surplus"], Assignment(self._calls, following) if following else None
        )

    def rank(self, tiers: Mapping[str, int], **rest: Any) -> "Submitted":
        """`{"A": 1, "B": 2, "C": 2}`: 1 is best, equal is a tie."""
        return self.submit({"tiers": dict(tiers), **rest})

    def write(self, text: str, **rest: Any) -> "Submitted":
        """A demonstration."""
        return self.submit({"text": text, **rest})

    def draft(self, draft: Mapping[str, Any], revision: int) -> dict[str, Any]:
        saved: dict[str, Any] = self._calls.post(
            f"assignments/{self.uid}/draft/", {"draft": dict(draft), "revision": revision}
        )
        return saved

    def heartbeat(self) -> None:
        self._calls.post(f"assignments/{self.uid}/heartbeat/")

    def skip(self, code: str = "other", reason: str = "") -> None:
        self._calls.post(f"assignments/{self.uid}/skip/", {"code": code, "reason": reason})

    def release(self) -> None:
        self._calls.post(f"assignments/{self.uid}/release/")


class Submitted:
    """`surplus` when the lease had ended and somebody else took the place; `following` is the next task, if asked for."""

    def __init__(self, judgment: str, surplus: bool, following: Assignment | None) -> None:
        self.judgment = judgment
        self.surplus = surplus
        self.following = following


def claimed(calls: Transport, project: str, kind: str) -> Assignment | None:
    """The next task, or the one held; None when nothing is left."""
    answer = calls.post(f"projects/{project}/assignments/", {"kind": kind})
    return Assignment(calls, answer) if answer else None
