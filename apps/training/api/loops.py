"""Turns of the loop, and when they start by themselves, over the API."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.authentication import caller
from apps.accounts.idempotency import idempotent
from apps.core.api import UidCursorPagination, cursor_page
from apps.core.etags import conditional, unchanged
from apps.core.schema import errors
from apps.projects.access import Capability, member_for

from ..access import loop_for
from ..selectors.models import models_of
from ..selectors.runs import loops_of, policies_of, policy_of
from ..services.loop import loop_cancel, loop_resume, loop_start
from ..services.retrain import retrain_policy_set
from .picking import picked_or_none
from .schema import LoopAnswer, LoopBody, LoopFilters, PolicyAnswer, PolicyBody


class LoopsView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="loops_list", parameters=[LoopFilters], responses={200: LoopAnswer(many=True), **errors(422)}
    )
    def get(self, request: Request, slug: str) -> Response:
        """The turns of the project's loop, newest first."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        return cursor_page(self, request, loops_of(member.project), LoopAnswer, LoopFilters)

    @extend_schema(operation_id="loops_create", request=LoopBody, responses={202: LoopAnswer, **errors(400, 409, 422)})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Start a turn: snapshots, SFT, reward model, PPO, candidates, ranking tasks. One at a time."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        body = LoopBody(data=request.data)
        body.is_valid(raise_exception=True)
        reason = body.validated_data.get("reason") or None
        loop = loop_start(actor=caller(request), project=member.project, trigger="hand", reason=reason)
        return Response(LoopAnswer(loop).data, status=202)


class LoopView(APIView):
    @extend_schema(operation_id="loops_retrieve", responses={200: LoopAnswer, **errors()})
    def get(self, request: Request, uid: str) -> Response:
        return Response(LoopAnswer(loop_for(request.user, uid)).data)


class LoopCancelView(APIView):
    @extend_schema(operation_id="loops_cancel", request=None, responses={200: LoopAnswer, **errors(409, 422)})
    def post(self, request: Request, uid: str) -> Response:
        """End a running turn, and the run that it waits for."""
        loop_cancel(actor=caller(request), loop=loop_for(request.user, uid))
        return Response(LoopAnswer(loop_for(request.user, uid)).data)


class LoopResumeView(APIView):
    @extend_schema(operation_id="loops_resume", request=None, responses={202: LoopAnswer, **errors(409, 422)})
    def post(self, request: Request, uid: str) -> Response:
        """Let a failed or cancelled turn go on where it stopped."""
        loop_resume(actor=caller(request), loop=loop_for(request.user, uid))
        return Response(LoopAnswer(loop_for(request.user, uid)).data, status=202)


class RetrainPolicyView(APIView):
    @extend_schema(operation_id="retrain_policy_retrieve", responses={200: PolicyAnswer, **errors()})
    def get(self, request: Request, slug: str) -> Response:
        """When the loop starts by itself: never, unless `enabled`."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        return Response(PolicyAnswer(policy_of(member.project)).data)

    @extend_schema(
        operation_id="retrain_policy_update", request=PolicyBody, responses={200: PolicyAnswer, **errors(400, 422)}
    )
    @conditional
    def put(self, request: Request, slug: str) -> Response:
        member = member_for(request.user, slug, Capability.RESEARCH)
        body = PolicyBody(data=request.data)
        body.is_valid(raise_exception=True)
        fields = dict(body.validated_data)
        fields["base_model"] = picked_or_none(models_of(member.project), fields["base_model"], "base_model")
        rows, none_yet = policies_of(member.project), policy_of(member.project)
        with unchanged(request, rows, lambda row: PolicyAnswer(row).data, absent=none_yet):
            retrain_policy_set(actor=caller(request), project=member.project, **fields)
        return Response(PolicyAnswer(policy_of(member.project)).data)
