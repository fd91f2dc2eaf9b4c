"""Hours and judgments for pay over the API: for managers."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.schema import errors
from apps.projects.access import Capability, member_for

from ..selectors.pay import Work, total_of, work_in
from .asked import period_of


class PayWork(serializers.Serializer[Any]):
    judgments = serializers.IntegerField(help_text="Tasks submitted, each once, surplus ones too.")
    rankings = serializers.IntegerField()
    ratings = serializers.IntegerField()
    demonstrations = serializers.IntegerField()
    surplus = serializers.IntegerField(help_text="Of the judgments.")
    corrections = serializers.IntegerField(help_text="Beside the judgments; they add no time.")
    active_seconds = serializers.IntegerField(help_text="In the judgments, idle time excluded.")
    skipped = serializers.IntegerField(help_text="Tasks handed on for good.")
    skipped_seconds = serializers.IntegerField()


class PayMember(PayWork):
    pseudonym = serializers.CharField()
    email = serializers.EmailField()


class PayAnswer(serializers.Serializer[Any]):
    zone = serializers.CharField()
    begins = serializers.DateTimeField()
    ends = serializers.DateTimeField(help_text="The first moment that is not in it.")
    members = PayMember(many=True)
    total = PayWork()


class PayView(APIView):
    @extend_schema(
        operation_id="pay_retrieve",
        parameters=[
            OpenApiParameter("from", str, description="The first day, 2026-11-01; without it that of this month."),
            OpenApiParameter("to", str, description="The last day, included; without it today."),
            OpenApiParameter("zone", str, description="Where a day begins, such as Europe/Paris; without it UTC."),
        ],
        responses={200: PayAnswer, **errors(422)},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Active hours and judgments by member in a period of whole days. Nothing that was imported is in it."""
        member = member_for(request.user, slug, Capability.MANAGE)
        period = period_of({name: request.query_params.get(name, "") for name in ("from", "to", "zone")})
        workers = work_in(member.project, period)
        return Response(
            {
                "zone": period.zone.key, "begins": period.begins, "ends": period.ends,
                "members": [{"pseudonym": one.pseudonym, "email": one.email, **_said(one.work)} for one in workers],
                "total": _said(total_of(workers)),
            }
        )  # fmt: skip


def _said(work: Work) -> dict[str, int]:
    return asdict(work)
