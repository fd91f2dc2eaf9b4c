"""Label Studio's API, as a labeler's program and whoever sets up the project use it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.load import FLAGS, ORDERS, Line, Refused
from bench.texts import Question

LETTERS = "ABCD"
BATCH = 500
# The same question: four outputs, each with a rating of seven and flags, and an order of all four.
_OUTPUT = """
<Text name="output-{letter}" value="$output{letter}"/>
<Rating name="overall-{letter}" toName="output-{letter}" maxRating="7"/>
<Choices name="flags-{letter}" toName="output-{letter}" choice="multiple">{choices}</Choices>
"""
CONFIG = (
    '<View><Text name="prompt" value="$prompt"/>'
    + "".join(
        _OUTPUT.format(letter=letter, choices="".join(f'<Choice value="{flag}"/>' for flag in FLAGS))
        for letter in LETTERS
    )
    + '<List name="outputs" value="$outputs"/><Ranker name="order" toName="outputs"/></View>'
)


def project_of(line: Line) -> int:
    body = {"title": "Bench", "label_config": CONFIG, "maximum_annotations": 1, "sampling": "Sequential sampling"}
    return int(_json(line, "/api/projects/", body, 201)["id"])


def tasks_of(line: Line, project: int, pool: Sequence[Question], count: int) -> None:
    for first in range(0, count, BATCH):
        part = [_task(number, pool[number % len(pool)]) for number in range(first, min(count, first + BATCH))]
        _json(line, f"/api/projects/{project}/import", part, 201)


def _task(number: int, question: Question) -> dict[str, Any]:
    texts = dict(zip(LETTERS, question.replies, strict=True))
    prompt = "\n\n".join(f"{message['role']}: {message['content']}" for message in question.messages)
    return {
        "prompt": f"[task {number}] {prompt}",
        **{f"output{letter}": text or "(empty)" for letter, text in texts.items()},
        "outputs": [{"id": letter, "title": letter, "body": text} for letter, text in texts.items()],
    }


def task_of(line: dict[str, Any]) -> dict[str, Any]:
    """An import line of this program as one of theirs, with the same texts."""
    texts = {letter: one["text"] for letter, one in zip(LETTERS, line["completions"], strict=True)}
    return {
        "prompt": line["messages"][0]["content"],
        **{f"output{letter}": text for letter, text in texts.items()},
        "outputs": [{"id": letter, "title": letter} for letter in texts],
    }


@dataclass
class PeerLabeler:
    """Takes the next task and submits, without thinking."""

    line: Line
    project: int
    claims: list[float] = field(default_factory=list)
    submits: list[float] = field(default_factory=list)
    done: int = 0

    def one(self) -> None:
        taken = self.line.get(f"/api/projects/{self.project}/next")
        if taken.status != 200:
            raise Refused(f"next: {taken.status} {taken.body[:300]!r}")
        self.claims.append(taken.seconds)
        task = json.loads(taken.body)["id"]
        submit = self.line.post(f"/api/tasks/{task}/annotations/?project={self.project}", self._annotation())
        if submit.status != 201:
            raise Refused(f"submit: {submit.status} {submit.body[:300]!r}")
        self.submits.append(submit.seconds)
        self.done += 1

    def forget(self) -> None:
        self.claims.clear()
        self.submits.clear()

    def _annotation(self) -> bytes:
        tiers = ORDERS[self.done % len(ORDERS)]
        result: list[dict[str, Any]] = []
        for at, letter in enumerate(LETTERS):
            flags = [flag for n, flag in enumerate(FLAGS) if (self.done + at + n) % 5 == 0]
            rating = {"rating": 1 + (self.done + at) % 7}
            result.append(_part(f"overall-{letter}", f"output-{letter}", "rating", rating))
            if flags:
                result.append(_part(f"flags-{letter}", f"output-{letter}", "choices", {"choices": flags}))
        order = [letter for _, letter in sorted(zip(tiers, LETTERS, strict=True))]
        result.append(_part("order", "outputs", "ranker", {"ranker": order}))
        return json.dumps({"result": result, "lead_time": 60.5}).encode()


def _part(name: str, of: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "from_name": name, "to_name": of, "type": kind, "value": value}


def _json(line: Line, path: str, body: Any, expected: int) -> Any:
    answer = line.post(path, json.dumps(body).encode())
    if answer.status != expected:
        raise Refused(f"{path}: {answer.status} {answer.body[:500]!r}")
    return json.loads(answer.body)
