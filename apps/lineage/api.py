"""Lineage over the API: for those who curate, since it names models, labelers and answers."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.schema import errors
from apps.projects.access import Capability, member_for
from apps.projects.models import Project

from .access import judgment_for
from .api_schema import LineageAnswer, LineageQuery, LineBody
from .chain import chain_of
from .finding import Found, found_by_external_id, found_by_line, found_by_uid


class LineageView(APIView):
    @extend_schema(
        operation_id="lineage_retrieve", parameters=[LineageQuery], responses={200: LineageAnswer, **errors(422)}
    )
    def get(self, request: Request, slug: str) -> Response:
        """Where a record came from and what came of it: by its uid, or by what an imported line called it."""
        member = member_for(request.user, slug, Capability.CURATE)
        given = LineageQuery(data=request.query_params.dict())
        given.is_valid(raise_exception=True)
        if "uid" in given.validated_data:
            found = found_by_uid(member.project, given.validated_data["uid"])
        else:
            found = found_by_external_id(member.project, given.validated_data["external_id"])
        return _told(member.project, found)

    @extend_schema(operation_id="lineage_of_line", request=LineBody, responses={200: LineageAnswer, **errors(413, 422)})
    def post(self, request: Request, slug: str) -> Response:
        """The same for an exported line, as it stands in the file."""
        member = member_for(request.user, slug, Capability.CURATE)
        given = LineBody(data=request.data)
        given.is_valid(raise_exception=True)
        return _told(member.project, found_by_line(member.project, given.validated_data["line"]))


class JudgmentLineageView(APIView):
    @extend_schema(operation_id="judgments_lineage", responses={200: LineageAnswer, **errors()})
    def get(self, request: Request, uid: str) -> Response:
        """Where a judgment came from, and the snapshots, runs, models and completions that came of it."""
        judgment = judgment_for(request.user, uid)
        return _told(judgment.task.project, Found("judgment", judgment.pk, judgment.uid))


def _told(project: Project, found: Found) -> Response:
    return Response(LineageAnswer(chain_of(project, found)).data)
