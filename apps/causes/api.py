"""Why labelers disagree, over the API: for managers and researchers."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.domain.errors import NotFound
from apps.core.schema import errors
from apps.labeling.models import Task
from apps.projects.access import Capability, member_for
from apps.projects.models import Membership

from .api_schema import (
    DisagreementAnswer,
    DisagreementRuleAnswer,
    DisagreementSentences,
    TaskDisagreementAnswer,
)
from .models import DisagreementReport
from .selectors.places import rules_for
from .selectors.tasks import cause_of_task
from .services.refresh import disagreement_now
from .words import REASONS, STEP_CODES

RETRY_SECONDS = 30


class DisagreementView(APIView):
    @extend_schema(
        operation_id="disagreement_retrieve",
        responses={
            200: DisagreementAnswer,
            202: OpenApiResponse(
                description="The first report of a large project is being made; Retry-After says when."
            ),
            **errors(),
        },
    )
    def get(self, request: Request, slug: str) -> Response:
        """How much of the disagreement is noise, groups who prefer different things, an unclear guideline, or bad
        prompts: each share with its interval, examples and one next step."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        report = disagreement_now(project=member.project)
        if report is None:
            return Response(status=202, headers={"Retry-After": str(RETRY_SECONDS)})
        causes = [{**one, "next_step": STEP_CODES[one["cause"]]} for one in report.body["causes"]]
        return Response({
            "computed_at": report.computed_at, **report.body, "causes": causes, "places": _places(member, report),
            "sentences": DisagreementSentences.all(),
        })  # fmt: skip


def _places(member: Membership, report: DisagreementReport) -> list[dict[str, Any]]:
    """With the rules as they are in force now."""
    found = report.body.get("places", [])
    rules = rules_for(member.project, found)
    return [{**one, "rule": rule and DisagreementRuleAnswer(rule).data} for one, rule in zip(found, rules, strict=True)]


class TaskDisagreementView(APIView):
    @extend_schema(operation_id="disagreement_task", responses={200: TaskDisagreementAnswer, **errors()})
    def get(self, request: Request, slug: str, uid: UUID) -> Response:
        """Why the labelers of one task probably disagree, by the last report."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        task = Task.objects.select_related("project", "prompt").filter(project=member.project, uid=uid).first()
        if task is None:
            raise NotFound(_("There is no such task in this project."))
        found = cause_of_task(task)
        return Response({
            "task": task.uid, "cause": found.cause, "reasons": found.reasons,
            "sentences": [str(REASONS[code]) for code in found.reasons],
            "opposite": found.opposite, "compared": found.compared,
        })  # fmt: skip
