"""Readiness over the API: a script asks it before it asks for a training run."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.schema import errors
from apps.projects.access import Capability, member_for

from .domain.checks import RULES, Standing, Verdict, readiness
from .services.kept import facts_now
from .words import sentence

RETRY_SECONDS = 30


class ReadinessCheckAnswer(serializers.Serializer[Any]):
    check = serializers.ChoiceField(list(RULES))
    standing = serializers.ChoiceField([one.value for one in Standing])
    reason = serializers.CharField(help_text="A code of this check.")
    text = serializers.CharField(help_text="The same for people.")
    values = serializers.DictField(help_text="The numbers in it; shares between 0 and 1.")


class ReadinessAnswer(serializers.Serializer[Any]):
    computed_at = serializers.DateTimeField(
        help_text="When it was counted: at each call, of a large project by the clock."
    )
    verdict = serializers.ChoiceField(
        [one.value for one in Verdict], help_text="no: something is missing; doubtful: something to know of; yes."
    )
    checks = ReadinessCheckAnswer(many=True, help_text="What is missing first, then what is doubtful.")


class ReadinessView(APIView):
    @extend_schema(operation_id="readiness_retrieve", responses={
        200: ReadinessAnswer,
        202: OpenApiResponse(description="A large project is being counted for the first time; Retry-After says when."),
        **errors(),
    })  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        """Whether one can train on what is there today, and what is missing (docs/readiness.md)."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        counted = facts_now(project=member.project)
        if counted is None:
            return Response(status=202, headers={"Retry-After": str(RETRY_SECONDS)})
        found, habits = readiness(counted.gathered.facts), counted.gathered.habits
        checks = [
            {
                "check": one.name, "standing": one.standing.value, "reason": one.reason,
                "text": sentence(one, habits), "values": one.values,
            }
            for one in found.checks
        ]  # fmt: skip
        return Response({"computed_at": counted.computed_at, "verdict": found.verdict.value, "checks": checks})
