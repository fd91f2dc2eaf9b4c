"""Assignments and judgments over the API. The answers to a labeler hold what a `Desk` holds, no more."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.domain.errors import RuleBroken
from apps.core.schema import errors
from apps.projects.access import Capability, member_for

from .access import assignment_for
from .api_schema import (
    DraftAnswer,
    DraftBody,
    HeartbeatBody,
    KindBody,
    LeaseAnswer,
    QueueAnswer,
    SkipBody,
    StateAnswer,
    SubmitBody,
    SubmittedAnswer,
)
from .domain.activity import Batch, parse_batch
from .models import Task
from .selectors import queue_state
from .services.judgments import Submitted, judgment_correct
from .services.leases import assignment_heartbeat, assignment_release, assignment_skip, draft_save


class QueueView(APIView):
    @extend_schema(
        operation_id="queue_retrieve",
        parameters=[OpenApiParameter("kind", enum=Task.Kind.values)],
        responses={200: QueueAnswer, **errors(422)},
    )
    def get(self, request: Request, slug: str) -> Response:
        """What there is for you, and why there is nothing: `reasons` when `available` is 0."""
        member = member_for(request.user, slug, Capability.LABEL)
        kind = request.query_params.get("kind")
        if kind is not None:
            KindBody(data={"kind": kind}).is_valid(raise_exception=True)
        return Response(QueueAnswer(queue_state(member, kind)).data)


class AtWork(APIView):
    """What a labeler's program calls while it works counts against that limit, not against the one for writing."""

    rate_group = "hot"


class DraftView(AtWork):
    @extend_schema(
        operation_id="assignments_draft", request=DraftBody, responses={200: DraftAnswer, **errors(409, 413, 422)}
    )
    def post(self, request: Request, uid: str) -> Response:
        """Keep a draft, also after the lease ended. 409 `stale_draft` when another window saved in between."""
        assignment = assignment_for(request.user, uid)
        body = _object(request)
        saved = draft_save(
            assignment=assignment, draft=body.get("draft"), revision=body.get("revision"), activity=_activity(body)
        )
        return Response({"saved_at": saved.draft_saved_at, "revision": saved.draft_revision})


class HeartbeatView(AtWork):
    @extend_schema(
        operation_id="assignments_heartbeat", request=HeartbeatBody, responses={200: LeaseAnswer, **errors(409, 422)}
    )
    def post(self, request: Request, uid: str) -> Response:
        assignment = assignment_for(request.user, uid)
        alive = assignment_heartbeat(assignment=assignment, activity=_activity(_object(request)))
        return Response({"lease_expires_at": alive.lease_expires_at})


class SkipView(AtWork):
    @extend_schema(operation_id="assignments_skip", request=SkipBody, responses={200: StateAnswer, **errors(409, 422)})
    def post(self, request: Request, uid: str) -> Response:
        """Hand the task on for good: it is not offered to you again."""
        assignment = assignment_for(request.user, uid)
        given = SkipBody(data=request.data or {})
        given.is_valid(raise_exception=True)
        skipped = assignment_skip(assignment=assignment, **given.validated_data)
        return Response({"state": skipped.state})


class ReleaseView(AtWork):
    @extend_schema(operation_id="assignments_release", request=None, responses={200: StateAnswer, **errors(409)})
    def post(self, request: Request, uid: str) -> Response:
        """Put the task back; it may come to you again."""
        return Response({"state": assignment_release(assignment=assignment_for(request.user, uid)).state})


class CorrectionView(AtWork):
    @extend_schema(
        operation_id="assignments_correct",
        request=SubmitBody,
        parameters=[
            OpenApiParameter(
                "corrects", description="The judgment you looked at: 409 `corrected_meanwhile` if another stands."
            )
        ],
        responses={201: SubmittedAnswer, 200: SubmittedAnswer, **errors(409, 413, 422)},
    )
    def post(self, request: Request, uid: str) -> Response:
        """A full new body that supersedes your judgment, within the project's window."""
        assignment, corrects = assignment_for(request.user, uid), request.query_params.get("corrects")
        corrected = judgment_correct(assignment=assignment, body=_object(request), corrects=corrects)
        return Response(_submitted_body(corrected), status=201 if corrected.new else 200)


def _submitted_body(submitted: Submitted) -> dict[str, Any]:
    return {"judgment": submitted.judgment.uid, "surplus": submitted.judgment.surplus}


def _activity(body: dict[str, Any]) -> Batch | None:
    """The batch that came with a call. Without one, signs of life count as work."""
    return parse_batch(body["activity"]) if body.get("activity") is not None else None


def _object(request: Request) -> dict[str, Any]:
    if not isinstance(request.data, dict):
        raise RuleBroken("The body is a JSON object.", field="body")
    return request.data
