"""A small exam of every part, and candidates who sit it."""

from typing import Any

from apps.projects.models import Membership
from apps.screening.domain.answers import order_of
from apps.screening.models import Attempt, Exam
from apps.screening.selectors.candidate import sitting_of
from apps.screening.services.attempts import answer_save, attempt_begin, attempt_submit, practice_answer
from apps.screening.services.exams import exam_make, exam_publish

RULE = {"last": 2, "right": 2}


def flag_item(id: str, answer: str = "yes", **fields: Any) -> dict[str, Any]:
    return {"id": id, "part": "flags", "prompt": "Context?", "texts": [f"Text {id}"], "key": {"sensitive": answer}} | fields  # fmt: skip


def rank_item(id: str, *tiers: list[int], **fields: Any) -> dict[str, Any]:
    references = [{"by": f"researcher-{i}", "tiers": one} for i, one in enumerate(tiers or ([1, 2, 3],))]
    texts = [f"Reply {id} {i}" for i in range(len(references[0]["tiers"]))]
    return {
        "id": id,
        "part": "rankings",
        "prompt": f"Question {id}?",
        "texts": texts,
        "references": references,
    } | fields


def write_item(id: str, **fields: Any) -> dict[str, Any]:
    return {"id": id, "part": "demonstrations", "prompt": f"Delicate {id}?", "sensitive": False} | fields


def exam_body(*items: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"title": "Exam", "topics": ["Politics", "Religion"], "items": list(items)} | fields


def whole_body(**fields: Any) -> dict[str, Any]:
    """Practice of two, then two flags, one ranking by two researchers and one demonstration."""
    practice = {"practice": True, "explanation": "Because of the tone."}
    return exam_body(
        flag_item("p1", **practice), rank_item("p2", [1, 2], **practice),
        flag_item("f1"), flag_item("f2", "no"), rank_item("r1", [1, 2, 2], [1, 2, 3]), write_item("d1"),
        practice_rule=RULE, **fields,
    )  # fmt: skip


def publish(actor: Membership, body: dict[str, Any] | None = None) -> Exam:
    exam_make(actor=actor, body=body or whole_body())
    return exam_publish(actor=actor)


def answer_for(attempt: Attempt, id: str, *, tiers: list[int] | None = None, flag: str = "") -> dict[str, Any]:
    """A whole answer to an item; `tiers` are by position of the texts."""
    sitting = sitting_of(attempt)
    item = sitting.exam.item(id)
    assert item is not None
    if item.part == "flags":
        return {"ratings": {"A": {"flags": dict(item.key) | ({"sensitive": flag} if flag else {})}}}
    if item.part == "demonstrations":
        return {"text": f"A careful reply to {id}."}
    order = order_of(item, str(attempt.uid))
    wanted = tiers or list(item.references[0].tiers)
    return {"tiers": {letter: wanted[place] for letter, place in zip("ABCDEFGHI", order, strict=False)}}


def practise(attempt: Attempt) -> None:
    for item in sitting_of(attempt).practice:
        practice_answer(attempt=attempt, item_id=item.id, body=answer_for(attempt, item.id))


def sit(member: Membership, *, submit: bool = True, **answers: dict[str, Any]) -> Attempt:
    """Practice and every answer as the researchers gave it, but for `answers` by item."""
    attempt = attempt_begin(member=member)
    practise(attempt)
    attempt = Attempt.objects.get(pk=attempt.pk)
    for item in sitting_of(attempt).items:
        body = answers.get(item.id) or answer_for(attempt, item.id)
        answer_save(attempt=attempt, item_id=item.id, body=body)
    if topics := sitting_of(attempt).exam.topics:
        answer_save(attempt=attempt, item_id="topics", body={"topics": [topics[-1]], "other": ""})
    if submit:
        attempt_submit(attempt=attempt)
    return Attempt.objects.select_related("exam", "membership").get(pk=attempt.pk)
