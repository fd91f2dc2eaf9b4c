"""Adjudication over the API: the queue, one task's sheet, settling it, and the rules."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.authentication import caller
from apps.core.api import UidCursorPagination, cursor_page
from apps.core.schema import errors
from apps.projects.access import Capability, member_for

from .access import must_not_see_sensitive, sheet_for
from .api_schema import (
    DisagreementFilters,
    DisagreementListed,
    MoreAnswer,
    MoreBody,
    ResolutionAnswer,
    ResolutionBody,
    ResolutionFilters,
    RulesAnswer,
    RulesBody,
    SheetAnswer,
)
from .selectors.queue import queue_rows_for
from .selectors.resolutions import resolutions_of
from .services.more import judgments_ask_more
from .services.resolutions import resolution_create
from .services.rounds import disagreements_now
from .services.rules import rules_of, rules_set


class QueuePages(UidCursorPagination):
    ordering = "-place"


class AdjudicationView(APIView):
    pagination_class = QueuePages

    @extend_schema(
        operation_id="adjudication_list",
        parameters=[DisagreementFilters],
        responses={200: DisagreementListed(many=True), **errors(422)},
    )
    def get(self, request: Request, slug: str) -> Response:
        """The tasks on which labelers disagree, what matters most first; none that the caller judged or wrote."""
        member = member_for(request.user, slug, Capability.ADJUDICATE)
        disagreements_now(project=member.project)
        rows = queue_rows_for(member, sees_sensitive=not must_not_see_sensitive(member))
        return cursor_page(self, request, rows, DisagreementListed, DisagreementFilters)


class SheetView(APIView):
    @extend_schema(operation_id="adjudication_retrieve", responses={200: SheetAnswer, **errors()})
    def get(self, request: Request, slug: str, uid: str) -> Response:
        """One task: its prompt, its candidates by letters, and what each labeler said, without names."""
        return Response(SheetAnswer(sheet_for(request.user, slug, uid)[1]).data)


class ResolutionView(APIView):
    @extend_schema(
        operation_id="adjudication_resolve",
        request=ResolutionBody,
        responses={
            201: ResolutionAnswer,
            200: OpenApiResponse(ResolutionAnswer, description="Said already, by the same person."),
            **errors(409, 422),
        },
    )
    def post(self, request: Request, slug: str, uid: str) -> Response:
        """Settle it. The judgments stay as they are; 409 `resolved_meanwhile` where somebody else was first."""
        member, sheet = sheet_for(request.user, slug, uid)
        given = ResolutionBody(data=request.data)
        given.is_valid(raise_exception=True)
        made = resolution_create(actor=member, sheet=sheet, **given.validated_data)
        return Response(ResolutionAnswer(made.resolution).data, status=201 if made.new else 200)


class ResolutionsView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="resolutions_list",
        parameters=[ResolutionFilters],
        responses={200: ResolutionAnswer(many=True), **errors(422)},
    )
    def get(self, request: Request, slug: str) -> Response:
        """The resolutions that stand, newest first: for managers and researchers."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        return cursor_page(self, request, resolutions_of(member.project), ResolutionAnswer, ResolutionFilters)


class MoreView(APIView):
    @extend_schema(operation_id="adjudication_more", request=MoreBody, responses={200: MoreAnswer, **errors(422)})
    def post(self, request: Request, slug: str) -> Response:
        """Ask for more judgments where agreement is below a share. One that waits for judgments is passed over."""
        member = member_for(request.user, slug, Capability.MANAGE)
        given = MoreBody(data=request.data)
        given.is_valid(raise_exception=True)
        asked = judgments_ask_more(actor=caller(request), project=member.project, **given.validated_data)
        return Response(MoreAnswer(asked).data)


class RulesView(APIView):
    @extend_schema(operation_id="adjudication_rules_retrieve", responses={200: RulesAnswer, **errors()})
    def get(self, request: Request, slug: str) -> Response:
        member = member_for(request.user, slug, Capability.MANAGE)
        return Response(RulesAnswer(rules_of(member.project)).data)

    @extend_schema(
        operation_id="adjudication_rules_set", request=RulesBody, responses={200: RulesAnswer, **errors(422)}
    )
    def put(self, request: Request, slug: str) -> Response:
        """Which use cases weigh double, and below which agreement more judgments are asked for by themselves."""
        member = member_for(request.user, slug, Capability.MANAGE)
        given = RulesBody(data=request.data)
        given.is_valid(raise_exception=True)
        values: dict[str, Any] = given.validated_data
        return Response(RulesAnswer(rules_set(actor=caller(request), project=member.project, **values)).data)
