"""Training runs and generation runs over the API."""

from typing import Any

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
from apps.projects.models import Project

from ..access import generation_run_for, training_run_for
from ..selectors.models import models_of
from ..selectors.runs import generation_runs_of, metrics_of, training_runs_of
from ..services.launch import generation_launch, training_launch
from ..services.steer import run_cancel, run_resume
from .picking import picked, picked_or_none
from .schema import (
    GenerationRunAnswer,
    GenerationRunBody,
    GenerationRunFilters,
    GenerationRunListed,
    MetricAnswer,
    MetricFilters,
    TrainingRunAnswer,
    TrainingRunBody,
    TrainingRunFilters,
    TrainingRunListed,
)


class TrainingRunsView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="training_runs_list",
        parameters=[TrainingRunFilters],
        responses={200: TrainingRunListed(many=True), **errors(422)},
    )
    def get(self, request: Request, slug: str) -> Response:
        """The project's training runs, newest first."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        return cursor_page(self, request, training_runs_of(member.project), TrainingRunListed, TrainingRunFilters)

    @extend_schema(
        operation_id="training_runs_create",
        request=TrainingRunBody,
        responses={202: TrainingRunAnswer, **errors(400, 409, 422)},
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Ask for a run; a worker takes it. One that is unfinished, of the same settings and inputs, is answered again."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        body = TrainingRunBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        inputs = _inputs(member.project, given)
        run = training_launch(actor=caller(request), project=member.project, **inputs, **given)
        return Response(TrainingRunAnswer(run).data, status=202)


def _inputs(project: Project, given: dict[str, Any]) -> dict[str, Any]:
    """The rows that the body names; their uids are taken out of it."""
    snapshots, models = snapshots_of(project), models_of(project)
    return {
        "snapshot": picked_or_none(snapshots, given.pop("snapshot", None), "snapshot"),
        "demonstrations": picked_or_none(snapshots, given.pop("demonstrations", None), "demonstrations"),
        "parent_model": picked_or_none(models, given.pop("parent_model", None), "parent_model"),
        "reward_model": picked_or_none(models, given.pop("reward_model", None), "reward_model"),
        "previous_model": picked_or_none(models, given.pop("previous_model", None), "previous_model"),
    }


class TrainingRunView(APIView):
    @extend_schema(operation_id="training_runs_retrieve", responses={200: TrainingRunAnswer, **errors()})
    def get(self, request: Request, uid: str) -> Response:
        """A run with the report of its program and the end of its log."""
        return Response(TrainingRunAnswer(training_run_for(request.user, uid)).data)


class TrainingRunCancelView(APIView):
    @extend_schema(
        operation_id="training_runs_cancel", request=None, responses={200: TrainingRunAnswer, **errors(409, 422)}
    )
    def post(self, request: Request, uid: str) -> Response:
        """Ask a running run to end; one that waits is cancelled at once."""
        run_cancel(actor=caller(request), run=training_run_for(request.user, uid))
        return Response(TrainingRunAnswer(training_run_for(request.user, uid)).data)


class TrainingRunResumeView(APIView):
    @extend_schema(
        operation_id="training_runs_resume", request=None, responses={202: TrainingRunAnswer, **errors(409, 422)}
    )
    def post(self, request: Request, uid: str) -> Response:
        """Let an ended run go on from its last checkpoint."""
        run_resume(actor=caller(request), run=training_run_for(request.user, uid))
        return Response(TrainingRunAnswer(training_run_for(request.user, uid)).data, status=202)


class MetricPagination(UidCursorPagination):
    """Numbers are small and many, and are read in the order in which they came."""

    ordering = "id"
    page_size = 1_000
    max_page_size = 10_000


class MetricsView(APIView):
    pagination_class = MetricPagination

    @extend_schema(
        operation_id="training_runs_metrics_list",
        parameters=[MetricFilters],
        responses={200: MetricAnswer(many=True), **errors()},
    )
    def get(self, request: Request, uid: str) -> Response:
        """Every number that the run has written so far, in the order in which they came."""
        run = training_run_for(request.user, uid)
        return cursor_page(self, request, metrics_of(run), MetricAnswer, MetricFilters)


class GenerationRunsView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="generation_runs_list",
        parameters=[GenerationRunFilters],
        responses={200: GenerationRunListed(many=True), **errors(422)},
    )
    def get(self, request: Request, slug: str) -> Response:
        """The project's generation runs, newest first."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        return cursor_page(self, request, generation_runs_of(member.project), GenerationRunListed, GenerationRunFilters)

    @extend_schema(
        operation_id="generation_runs_create",
        request=GenerationRunBody,
        responses={202: GenerationRunAnswer, **errors(400, 409, 422)},
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Let a model answer the prompts of a snapshot."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        body = GenerationRunBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        run = generation_launch(
            actor=caller(request),
            project=member.project,
            model_version=picked(models_of(member.project), given.pop("model"), "model"),
            snapshot=picked(snapshots_of(member.project), given.pop("snapshot"), "snapshot"),
            **given,
        )
        return Response(GenerationRunAnswer(run).data, status=202)


class GenerationRunView(APIView):
    @extend_schema(operation_id="generation_runs_retrieve", responses={200: GenerationRunAnswer, **errors()})
    def get(self, request: Request, uid: str) -> Response:
        return Response(GenerationRunAnswer(generation_run_for(request.user, uid)).data)


class GenerationRunCancelView(APIView):
    @extend_schema(
        operation_id="generation_runs_cancel", request=None, responses={200: GenerationRunAnswer, **errors(409, 422)}
    )
    def post(self, request: Request, uid: str) -> Response:
        run_cancel(actor=caller(request), run=generation_run_for(request.user, uid))
        return Response(GenerationRunAnswer(generation_run_for(request.user, uid)).data)


class GenerationRunResumeView(APIView):
    @extend_schema(
        operation_id="generation_runs_resume", request=None, responses={202: GenerationRunAnswer, **errors(409, 422)}
    )
    def post(self, request: Request, uid: str) -> Response:
        run_resume(actor=caller(request), run=generation_run_for(request.user, uid))
        return Response(GenerationRunAnswer(generation_run_for(request.user, uid)).data, status=202)
