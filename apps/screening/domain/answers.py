"""What a candidate answers, in the labeling room's own terms: the same bodies, the same rules, the same words.

An item of flags is a `rate` task of one text, an item of rankings a `rank` task, a demonstration a `demonstrate` task.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from apps.core.domain.errors import RuleBroken
from apps.labeling.domain.submission import Submission, parse_submission
from apps.projects.domain.judgment_schema import Field, Schema
from apps.projects.domain.parts import Parts

from .exam import DEMONSTRATIONS, FLAGS, RANKINGS, Exam, Item
from .new_exam import clean_text

KINDS = {FLAGS: "rate", RANKINGS: "rank", DEMONSTRATIONS: "demonstrate"}
_FLAGGING = Parts(ranking="off", ratings=True, prompt=False, notes=False)
_OTHERWISE = Parts(ranking="ladder", ratings=False, prompt=False, notes=False)
OTHER_MAX = 500


def schema_of(item: Item, exam: Exam) -> Schema:
    """What the room asks of `item`: every flag of the exam, or a ranking and nothing beside it."""
    if item.part != FLAGS:
        return Schema((), _OTHERWISE)
    asked = (Field(f.name, "flag", "completion", f.label, f.help, required=True) for f in exam.flags)
    return Schema(tuple(asked), _FLAGGING)


def order_of(item: Item, seed: str) -> list[int]:
    """The order in which a candidate sees the texts: another for each `seed` and item, always the same for one."""
    places = range(len(item.texts))
    return sorted(places, key=lambda i: hashlib.sha256(f"{seed}:{item.id}:{i}".encode()).digest())


def parse_answer(item: Item, exam: Exam, body: Any, seed: str) -> Submission:
    """A whole answer, by position of the texts. Raises RuleBroken that names the control."""
    return parse_submission(KINDS[item.part], body, order=order_of(item, seed), schema=schema_of(item, exam))


def answered(item: Item, exam: Exam, body: Any, seed: str) -> bool:
    try:
        parse_answer(item, exam, body, seed)
    except RuleBroken:
        return False
    return True


def flags_said(submission: Submission) -> dict[str, str]:
    return dict(submission.ratings[0].get("flags", {})) if submission.ratings else {}


def clean_topics_said(exam: Exam, body: Any) -> dict[str, Any]:
    """`{"topics": [of the exam's], "other": "in one's own words"}`."""
    if not isinstance(body, Mapping) or set(body) - {"topics", "other"}:
        raise RuleBroken("body: an object with topics and other.", field="body")
    topics = body.get("topics", [])
    if not isinstance(topics, list) or any(topic not in exam.topics for topic in topics):
        raise RuleBroken("topics: a list of topics that this exam names.", field="topics")
    other = clean_text(body.get("other", ""), "other", OTHER_MAX)
    return {"topics": [topic for topic in exam.topics if topic in topics], "other": other}
