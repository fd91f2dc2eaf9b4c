"""Readiness over the API: a script asks it before it asks for a training run."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.schema import errors
from apps.projects.access import Capability, member_for

from .domain.checks import RULES, Standing, Verdict, readiness
from .services.kept import facts_now
from .words import sentence


class ReadinessCheckAnswer(serializers.Serializer[Any]):
    check = serializers.ChoiceField(list(RULES))
    standing = serializers.ChoiceField([one.value for one in Standing])
    reason = serializers.CharField(help_text="A code of this check.")
    text = serializers.CharField(help_text="The same for people.")
    values = serializers.DictField(help_text="The numbers in it; shares between 0 and 1.")


class ReadinessAnswer(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField(
        [one.value for one in Verdict], help_text="no: something is missing; doubtful: something to know of; yes."
    )
    checks = ReadinessCheckAnswer(many=True, help_text="What is missing first, then what is doubtful.")


class ReadinessView(APIView):
    @extend_schema(operation_id="readiness_retrieve", responses={200: ReadinessAnswer, **errors()})
    def get(self, request: Request, slug: str) -> Response:
        """Whether one can train on what is there today, and what is missing (docs/readiness.md)."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        gathered = facts_now(member.project)
        found = readiness(gathered.facts)
        checks = [
            {
                "check": one.name, "standing": one.standing.value, "reason": one.reason,
                "text": sentence(one, gathered.habits), "values": one.values,
            }
            for one in found.checks
        ]  # fmt: skip
        return Response({"verdict": found.verdict.value, "checks": checks})
