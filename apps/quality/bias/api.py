"""The bias reports over the API: for managers and researchers."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.schema import errors
from apps.projects.access import Capability, member_for

from ..domain.bias.told import told
from ..selectors.volunteers import groups_of
from ..services.rounds import bias_now
from .schema import BiasAnswer

RETRY_SECONDS = 30


class BiasView(APIView):
    @extend_schema(
        operation_id="bias_retrieve",
        responses={
            200: BiasAnswer,
            202: OpenApiResponse(
                description="The first reports of a large project are being made; Retry-After says when."
            ),
            **errors(),
        },
    )
    def get(self, request: Request, slug: str) -> Response:
        """What labels prefer beside what the text says, and who gave them: each number with its interval, what was found,
        and what it would teach a reward model."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        report = bias_now(project=member.project)
        if report is None:
            return Response(status=202, headers={"Retry-After": str(RETRY_SECONDS)})
        groups = told(tuple(groups_of(member.project)))
        return Response({"computed_at": report.computed_at, **report.body, "groups": groups})
