"""Claim, read and submit: what a labeler's program does all day, two statements a call (`core.lean_api`).

The answers hold what lies on a desk, no more: nothing that tells a model or a purpose.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema

from apps.core.domain.errors import Conflict, RuleBroken
from apps.core.lean_api import LeanView, answer, body_of
from apps.core.prepared import Row
from apps.core.schema import errors
from apps.projects.models import Membership

from .api_schema import AssignmentAnswer, KindBody, NextAnswer, SubmitOnceBody
from .domain.activity import parse_batch
from .domain.letters import LETTERS
from .doors import Visitor, labeler_at, owner_at
from .models import Assignment, Task
from .selectors import queue_state
from .selectors.forms import form_of
from .services.judgments import judgment_submit
from .services.offer import Laid, laid, offer_laid
from .services.reserve import reserved_conflict
from .services.submit import judgment_record, judgment_record_and_ask


class ClaimView(LeanView):
    @extend_schema(
        operation_id="assignments_claim",
        request=KindBody,
        responses={200: AssignmentAnswer, 204: None, **errors(409, 422)},
    )
    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        """The next task, or the one you hold. 204 when nothing is left, with Retry-After when slots may free."""
        labeler = labeler_at(self, request, slug)
        kind = _kind(body_of(request))
        desk = offer_laid(member_id=labeler.member_id, project_id=labeler.project_id, kind=kind)
        if desk is None:
            return HttpResponse(status=204, headers=_retry_after(labeler, kind))
        return answer(_assignment_body(request, labeler.slug, desk))


def _kind(body: Any) -> str:
    if isinstance(body, dict) and body.get("kind") in Task.Kind.values:
        return str(body["kind"])
    given = KindBody(data=body)
    given.is_valid(raise_exception=True)
    return str(given.validated_data["kind"])


def _retry_after(labeler: Visitor, kind: str) -> dict[str, str]:
    queue = queue_state(Membership.objects.select_related("project").get(pk=labeler.member_id), kind, explain=False)
    if queue.available:
        return {"Retry-After": "1"}
    if queue.next_free_at is None:
        return {}
    return {"Retry-After": str(max(1, round((queue.next_free_at - timezone.now()).total_seconds())))}


def _assignment_body(request: HttpRequest, slug: str, desk: Laid) -> dict[str, Any]:
    """The contract's assignment. What is stored as JSON goes out as it is stored."""
    prompt: dict[str, Any] = {"messages": orjson.Fragment(desk.messages), "use_case": desk.use_case}
    if desk.context is not None:
        prompt["context"] = desk.context
    guideline = desk.guideline and {
        "number": desk.guideline,
        "body_url": request.build_absolute_uri(_guideline_path(slug, desk.guideline)),
    }
    return {
        "uid": desk.uid,
        "kind": desk.kind,
        "lease_expires_at": desk.lease_expires_at,
        "prompt": prompt,
        "candidates": [{"letter": letter, "text": text} for letter, text in zip(LETTERS, desk.texts, strict=False)],
        "schema": orjson.Fragment(form_of(desk.schema_id).body),
        "guideline": guideline,
        "draft": orjson.Fragment(desk.draft) if desk.draft else {},
        "revision": desk.revision,
    }


@lru_cache(maxsize=1024)
def _guideline_path(slug: str, number: int) -> str:
    return reverse("api:v1:guideline", args=[slug, number])


class AssignmentView(LeanView):
    @extend_schema(operation_id="assignments_retrieve", responses={200: AssignmentAnswer, **errors(409)})
    def get(self, request: HttpRequest, uid: str) -> HttpResponse:
        """409 `not_leased` while it is only set aside to come next."""
        owner = owner_at(self, request, uid)
        desk = laid(owner.assignment_id)
        if desk.state == Assignment.State.RESERVED:
            raise reserved_conflict()
        return answer(_assignment_body(request, owner.slug, desk))


class SubmitView(LeanView):
    @extend_schema(
        operation_id="assignments_submit",
        request=SubmitOnceBody,
        parameters=[OpenApiParameter("next", enum=["1"], description="Also claim the next task of this kind.")],
        responses={201: NextAnswer, 200: NextAnswer, **errors(409, 413, 422)},
    )
    def post(self, request: HttpRequest, uid: str) -> HttpResponse:
        """Submit once. The same content again is answered 200 and adds nothing; other content is 409."""
        owner = owner_at(self, request, uid)
        body = body_of(request)
        if not isinstance(body, dict):
            raise RuleBroken("The body is a JSON object.", field="body")
        goes_on = request.GET.get("next") == "1"
        done = _submit(owner, body, goes_on)
        said: dict[str, Any] = {"judgment": done.uid, "surplus": done.surplus}
        if goes_on:
            said |= _next(request, owner, done.asked)
        return answer(said, status=201 if done.new else 200)


@dataclass(frozen=True, slots=True)
class _Done:
    uid: Any
    surplus: bool
    new: bool
    asked: Row | None = None


def _submit(owner: Visitor, body: dict[str, Any], goes_on: bool) -> _Done:
    """One statement, also with the claim after it; with events or a text to keep, a transaction around several."""
    told = body.pop("activity", None)
    if told is not None or owner.kind == Task.Kind.DEMONSTRATE:
        batch = parse_batch(told) if told is not None else None
        assignment = Assignment.objects.get(pk=owner.assignment_id)
        submitted = judgment_submit(assignment=assignment, body=body, activity=batch)
        return _Done(submitted.judgment.uid, submitted.judgment.surplus, submitted.new)
    if goes_on:
        recorded, asked = judgment_record_and_ask(sheet=owner.sheet, body=body, member_id=owner.member_id)
        return _Done(recorded.uid, recorded.surplus, recorded.new, asked)
    recorded = judgment_record(sheet=owner.sheet, body=body)
    return _Done(recorded.uid, recorded.surplus, recorded.new)


def _next(request: HttpRequest, owner: Visitor, asked: Row | None) -> dict[str, Any]:
    """The next assignment or null. What forbids a claim must not undo the submit, so it is told beside."""
    try:
        desk = offer_laid(member_id=owner.member_id, project_id=owner.project_id, kind=owner.kind, asked=asked)
    except Conflict as reason:
        return {"next": None, "next_blocked": reason.code}
    return {"next": desk and _assignment_body(request, owner.slug, desk)}
