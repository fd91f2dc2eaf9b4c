"""The applicant's own side over the API: begin, practise, answer, hand in."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.domain.errors import Conflict
from apps.core.schema import errors
from apps.labeling.domain.letters import letters_of, to_letters
from apps.projects.access import Capability, member_for
from apps.projects.models import Membership

from .api_schema import AnswerSaved, OwnAttempt, Practised, attempt_told
from .domain.answers import order_of
from .domain.exam import FLAGS, Item
from .models import Attempt
from .selectors.candidate import Sitting, attempt_of, sitting_of
from .services.attempts import answer_save, attempt_begin, attempt_submit, practice_answer

_BODY = {"application/json": {"type": "object", "description": "As a submit of that kind: tiers, ratings or text."}}


class AttemptView(APIView):
    @extend_schema(operation_id="exams_attempt", responses={200: OwnAttempt, **errors()})
    def get(self, request: Request, slug: str) -> Response:
        """Where you stand, and the items with what is saved of them."""
        return Response(_told(member_for(request.user, slug, Capability.QUALIFY)))

    @extend_schema(operation_id="exams_begin", request=None, responses={200: OwnAttempt, **errors(409)})
    def post(self, request: Request, slug: str) -> Response:
        """Begin, or go on with what you began."""
        member = member_for(request.user, slug, Capability.QUALIFY)
        attempt_begin(member=member)
        return Response(_told(member))


class PracticeView(APIView):
    @extend_schema(operation_id="exams_practise", request=_BODY, responses={200: Practised, **errors(409, 413, 422)})
    def post(self, request: Request, slug: str, practised: str) -> Response:
        """Answer a practice item: whether it is right, and why. As often as you like."""
        member = member_for(request.user, slug, Capability.QUALIFY)
        attempt = _under_way(member)
        done = practice_answer(attempt=attempt, item_id=practised, body=request.data)
        sitting = sitting_of(_under_way(member))
        found = next(one for one in sitting.practice if one.id == practised)
        order = order_of(found, str(attempt.uid))
        answer = {
            "right": done.right, "explanation": found.explanation,
            "key": dict(found.key) if found.part == FLAGS else {},
            "rankings": [
                dict(zip(letters_of(order), to_letters(order, one.tiers), strict=True)) for one in found.references
            ],
            "exam_open": sitting.attempt.practice_passed_at is not None,
        }  # fmt: skip
        return Response(Practised(answer).data)


class AnswerView(APIView):
    @extend_schema(operation_id="exams_answer", request=_BODY, responses={200: AnswerSaved, **errors(409, 413, 422)})
    def put(self, request: Request, slug: str, item: str) -> Response:
        """Keep what you say of an item, whole or not; the last save stands. `topics` takes topics and other."""
        member = member_for(request.user, slug, Capability.QUALIFY)
        attempt = _under_way(member)
        saved = answer_save(attempt=attempt, item_id=item, body=request.data)
        done = next(step.done for step in sitting_of(attempt).steps if step.id == item)
        return Response(AnswerSaved({"item": item, "answered": done, "saved_at": saved.saved_at}).data)


class AttemptSubmitView(APIView):
    @extend_schema(operation_id="exams_submit", request=None, responses={200: OwnAttempt, **errors(409, 422)})
    def post(self, request: Request, slug: str) -> Response:
        """Hand the exam in. Twice is once."""
        member = member_for(request.user, slug, Capability.QUALIFY)
        attempt = attempt_of(member)
        if attempt is None:
            raise _nothing_begun()
        attempt_submit(attempt=attempt)
        return Response(_told(member))


def _under_way(member: Membership) -> Attempt:
    attempt = attempt_of(member)
    if attempt is None:
        raise _nothing_begun()
    return attempt


def _nothing_begun() -> Conflict:
    return Conflict("You have not begun the exam.", code="not_begun")


def _told(member: Membership) -> dict[str, Any]:
    attempt = attempt_of(member)
    sitting = sitting_of(attempt) if attempt else None
    told = attempt_told(attempt, sitting, member, lambda item: _item(sitting, item) if sitting else {})
    return dict(OwnAttempt(told).data)


def _item(sitting: Sitting, item: Item) -> dict[str, Any]:
    order = order_of(item, str(sitting.attempt.uid))
    flags = (
        [{"name": f.name, "label": f.label, "help": f.help} for f in sitting.exam.flags] if item.part == FLAGS else []
    )
    return {
        "id": item.id, "part": item.part, "sensitive": item.sensitive, "prompt": item.prompt,
        "texts": dict(zip(letters_of(order), to_letters(order, item.texts), strict=True)),
        "flags": flags, "answer": sitting.answers.get(item.id),
        "answered": any(step.id == item.id and step.done for step in sitting.steps),
    }  # fmt: skip
