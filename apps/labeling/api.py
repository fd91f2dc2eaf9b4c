"""Tasks, assignments and judgments over the API. The answers to a labeler hold what a `Desk` holds, no more."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.domain.errors import Conflict, RuleBroken
from apps.core.schema import errors
from apps.projects.access import Capability, member_for
from apps.projects.api import guideline_url
from apps.projects.models import Membership
from apps.prompts.selectors import prompts_matching

from .access import assignment_for
from .api_schema import (
    AssignmentAnswer,
    DraftAnswer,
    DraftBody,
    HeartbeatBody,
    KindBody,
    LeaseAnswer,
    NewTasks,
    NextAnswer,
    PromptFilter,
    QueueAnswer,
    SkipBody,
    StateAnswer,
    SubmitBody,
    SubmitOnceBody,
    SubmittedAnswer,
    TasksAnswer,
)
from .domain.activity import Batch, parse_batch
from .models import Assignment, Task
from .selectors import desk_of, queue_state
from .services.claim import assignment_claim
from .services.judgments import Submitted, judgment_correct, judgment_submit
from .services.leases import assignment_heartbeat, assignment_release, assignment_skip, draft_save
from .services.reserve import refuse_reserved
from .services.tasks import tasks_create


class TasksView(APIView):
    @extend_schema(operation_id="tasks_create", request=NewTasks, responses={201: TasksAnswer, **errors(422)})
    def post(self, request: Request, slug: str) -> Response:
        """One task for each prompt; those that stand already are counted and left alone."""
        member = member_for(request.user, slug, Capability.CURATE)
        given = NewTasks(data=request.data)
        given.is_valid(raise_exception=True)
        options = dict(given.validated_data)
        prompts = prompts_matching(member.project, **_selection(options.pop("prompts")))
        result = tasks_create(
            actor=member.user,
            project=member.project,
            prompts=prompts,
            required=options.pop("judgments", None),
            **options,
        )
        return Response(
            {"created": len(result.created), "existing": result.existing, "tasks": [t.uid for t in result.created]},
            status=201,
        )


def _selection(value: Any) -> dict[str, Any]:
    """The keyword arguments of `prompts_matching` for a list of uids or a filter object."""
    if isinstance(value, list):
        uids = serializers.ListField(child=serializers.UUIDField(), max_length=10_000)
        return {"uids": uids.run_validation(value)}
    if isinstance(value, dict):
        if unknown := set(value) - set(PromptFilter().fields):
            raise RuleBroken(f"prompts.{min(unknown)} is not a filter.", field=f"prompts.{min(unknown)}")
        given = PromptFilter(data=value)
        given.is_valid(raise_exception=True)
        return dict(given.validated_data)
    raise RuleBroken("prompts: a list of uids, or a filter object.", field="prompts")


class QueueView(APIView):
    @extend_schema(
        operation_id="queue_retrieve",
        parameters=[OpenApiParameter("kind", enum=Task.Kind.values)],
        responses={200: QueueAnswer, **errors(422)},
    )
    def get(self, request: Request, slug: str) -> Response:
        member = member_for(request.user, slug, Capability.LABEL)
        kind = request.query_params.get("kind")
        if kind is not None:
            KindBody(data={"kind": kind}).is_valid(raise_exception=True)
        queue = queue_state(member, kind)
        return Response(
            {"available": queue.available, "held_by_others": queue.held_by_others, "next_free_at": queue.next_free_at}
        )


class ClaimView(APIView):
    @extend_schema(
        operation_id="assignments_claim",
        request=KindBody,
        responses={200: AssignmentAnswer, 204: None, **errors(409, 422)},
    )
    def post(self, request: Request, slug: str) -> Response:
        """The next task, or the one you hold. 204 when nothing is left, with Retry-After when slots may free."""
        member = member_for(request.user, slug, Capability.LABEL)
        given = KindBody(data=request.data)
        given.is_valid(raise_exception=True)
        kind = given.validated_data["kind"]
        assignment = assignment_claim(member=member, kind=kind)
        if assignment is None:
            return Response(status=204, headers=_retry_after(member, kind))
        return Response(assignment_body(request, assignment))


def _retry_after(member: Membership, kind: str) -> dict[str, str]:
    queue = queue_state(member, kind)
    if queue.available:
        return {"Retry-After": "1"}
    if queue.next_free_at is None:
        return {}
    return {"Retry-After": str(max(1, round((queue.next_free_at - timezone.now()).total_seconds())))}


def assignment_body(request: Request, assignment: Assignment) -> dict[str, Any]:
    """The contract's assignment: what a labeler needs, and nothing that tells a model or a purpose."""
    desk = desk_of(assignment)
    prompt: dict[str, Any] = {"messages": desk.prompt.messages, "use_case": desk.prompt.use_case}
    if desk.prompt.context is not None:
        prompt["context"] = desk.prompt.context
    guideline = desk.guideline and {
        "number": desk.guideline.number,
        "body_url": guideline_url(request, assignment.membership.project, desk.guideline),
    }
    return {
        "uid": assignment.uid,
        "kind": desk.kind,
        "lease_expires_at": assignment.lease_expires_at,
        "prompt": prompt,
        "candidates": [{"letter": candidate.letter, "text": candidate.text} for candidate in desk.candidates],
        "schema": desk.schema_body,
        "guideline": guideline,
        "draft": assignment.draft or {},
        "revision": assignment.draft_revision,
    }


class AssignmentView(APIView):
    @extend_schema(operation_id="assignments_retrieve", responses={200: AssignmentAnswer, **errors(409)})
    def get(self, request: Request, uid: str) -> Response:
        """409 `not_leased` while it is only set aside to come next."""
        assignment = assignment_for(request.user, uid)
        refuse_reserved(assignment)
        return Response(assignment_body(request, assignment))


class DraftView(APIView):
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


class HeartbeatView(APIView):
    @extend_schema(
        operation_id="assignments_heartbeat", request=HeartbeatBody, responses={200: LeaseAnswer, **errors(409, 422)}
    )
    def post(self, request: Request, uid: str) -> Response:
        assignment = assignment_for(request.user, uid)
        alive = assignment_heartbeat(assignment=assignment, activity=_activity(_object(request)))
        return Response({"lease_expires_at": alive.lease_expires_at})


class SkipView(APIView):
    @extend_schema(operation_id="assignments_skip", request=SkipBody, responses={200: StateAnswer, **errors(409, 422)})
    def post(self, request: Request, uid: str) -> Response:
        """Hand the task on for good: it is not offered to you again."""
        assignment = assignment_for(request.user, uid)
        given = SkipBody(data=request.data or {})
        given.is_valid(raise_exception=True)
        skipped = assignment_skip(assignment=assignment, **given.validated_data)
        return Response({"state": skipped.state})


class ReleaseView(APIView):
    @extend_schema(operation_id="assignments_release", request=None, responses={200: StateAnswer, **errors(409)})
    def post(self, request: Request, uid: str) -> Response:
        """Put the task back; it may come to you again."""
        return Response({"state": assignment_release(assignment=assignment_for(request.user, uid)).state})


class SubmitView(APIView):
    @extend_schema(
        operation_id="assignments_submit",
        request=SubmitOnceBody,
        parameters=[OpenApiParameter("next", enum=["1"], description="Also claim the next task of this kind.")],
        responses={201: NextAnswer, 200: NextAnswer, **errors(409, 413, 422)},
    )
    def post(self, request: Request, uid: str) -> Response:
        """Submit once. The same content again is answered 200 and adds nothing; other content is 409."""
        assignment = assignment_for(request.user, uid)
        body = dict(_object(request))
        activity = _activity(body)
        body.pop("activity", None)
        submitted = judgment_submit(assignment=assignment, body=body, activity=activity)
        answer = _submitted_body(submitted)
        if request.query_params.get("next") == "1":
            answer |= _next(request, assignment)
        return Response(answer, status=201 if submitted.new else 200)


def _next(request: Request, assignment: Assignment) -> dict[str, Any]:
    """The next assignment or null. What forbids a claim must not undo the submit, so it is told beside."""
    try:
        following = assignment_claim(member=assignment.membership, kind=assignment.task.kind)
    except Conflict as reason:
        return {"next": None, "next_blocked": reason.code}
    return {"next": following and assignment_body(request, following)}


class CorrectionView(APIView):
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
