"""Sets of candidates over the API: several models, one mix, ranking tasks at the end."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.authentication import caller
from apps.accounts.idempotency import idempotent
from apps.core.api import UidCursorPagination, cursor_page
from apps.core.schema import errors
from apps.datasets.selectors import snapshots_of
from apps.projects.access import Capability, member_for

from ..access import candidate_set_for
from ..selectors.candidates import candidate_sets_of, findings_of
from ..selectors.models import models_of
from ..services.candidate_sets import candidate_set_cancel, candidate_set_resume, candidate_set_start
from .candidate_schema import (
    CandidateFindingAnswer,
    CandidateSetAnswer,
    CandidateSetBody,
    CandidateSetFilters,
    CandidateSetListed,
    FindingFilters,
)
from .picking import picked


class CandidateSetsView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="candidate_sets_list",
        parameters=[CandidateSetFilters],
        responses={200: CandidateSetListed(many=True), **errors(422)},
    )
    def get(self, request: Request, slug: str) -> Response:
        """The project's sets of candidates, newest first."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        return cursor_page(self, request, candidate_sets_of(member.project), CandidateSetListed, CandidateSetFilters)

    @extend_schema(
        operation_id="candidate_sets_create",
        request=CandidateSetBody,
        responses={202: CandidateSetAnswer, **errors(400, 409, 422)},
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Let several models answer a snapshot's prompts, and make ranking tasks of the mix when all have."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        body = CandidateSetBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        known = models_of(member.project)
        made = candidate_set_start(
            actor=caller(request), project=member.project,
            models=[(picked(known, one["model"], "models"), one["share"]) for one in given["models"]],
            snapshot=picked(snapshots_of(member.project), given["snapshot"], "snapshot"), k=given["k"],
            spec=given["spec"], rules=given["hygiene"], reason=given.get("reason", ""),
        )  # fmt: skip
        return Response(CandidateSetAnswer(candidate_set_for(request.user, made.uid)).data, status=202)


class CandidateSetView(APIView):
    @extend_schema(operation_id="candidate_sets_retrieve", responses={200: CandidateSetAnswer, **errors()})
    def get(self, request: Request, uid: str) -> Response:
        """A set with the state of each model's run, and what was found wrong with replies, counted."""
        return Response(CandidateSetAnswer(candidate_set_for(request.user, uid)).data)


class CandidateSetCancelView(APIView):
    @extend_schema(
        operation_id="candidate_sets_cancel", request=None, responses={200: CandidateSetAnswer, **errors(409, 422)}
    )
    def post(self, request: Request, uid: str) -> Response:
        """End a running set, and the runs that no other set waits for."""
        candidate_set_cancel(actor=caller(request), candidate_set=candidate_set_for(request.user, uid))
        return Response(CandidateSetAnswer(candidate_set_for(request.user, uid)).data)


class CandidateSetResumeView(APIView):
    @extend_schema(
        operation_id="candidate_sets_resume", request=None, responses={202: CandidateSetAnswer, **errors(409, 422)}
    )
    def post(self, request: Request, uid: str) -> Response:
        """Let a failed or cancelled set go on: what was written stays."""
        candidate_set_resume(actor=caller(request), candidate_set=candidate_set_for(request.user, uid))
        return Response(CandidateSetAnswer(candidate_set_for(request.user, uid)).data, status=202)


class FindingPagination(UidCursorPagination):
    ordering = "id"


class CandidateFindingsView(APIView):
    pagination_class = FindingPagination

    @extend_schema(
        operation_id="candidate_sets_findings_list",
        parameters=[FindingFilters],
        responses={200: CandidateFindingAnswer(many=True), **errors(422)},
    )
    def get(self, request: Request, uid: str) -> Response:
        """Every reply with something wrong, what it was, and what became of it."""
        found = candidate_set_for(request.user, uid)
        return cursor_page(self, request, findings_of(found), CandidateFindingAnswer, FindingFilters)
