"""Agreement over the API: for managers and researchers."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.schema import errors
from apps.projects.access import Capability, member_for

from ..services.rounds import agreement_now
from .schema import AgreementAnswer, AgreementSentences

RETRY_SECONDS = 15


class AgreementView(APIView):
    @extend_schema(
        operation_id="agreement_retrieve",
        responses={
            200: AgreementAnswer,
            202: OpenApiResponse(
                description="The first report of a large project is being made; Retry-After says when."
            ),
            **errors(),
        },
    )
    def get(self, request: Request, slug: str) -> Response:
        """How well labelers agree: every number with its interval, what it rests on, and what it does with ties."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        report = agreement_now(project=member.project)
        if report is None:
            return Response(status=202, headers={"Retry-After": str(RETRY_SECONDS)})
        return Response({"computed_at": report.computed_at, **report.body, "sentences": AgreementSentences.all()})
