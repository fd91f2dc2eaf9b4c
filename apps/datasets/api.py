"""Snapshots over the API."""

from django.http import HttpResponseBase, JsonResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.authentication import caller
from apps.accounts.idempotency import idempotent
from apps.core.api import UidCursorPagination, cursor_page, error_body
from apps.core.negotiation import OneAnswer
from apps.core.schema import errors
from apps.projects.access import Capability, member_for

from .access import snapshot_for
from .api_schema import (
    SnapshotAnswer,
    SnapshotBody,
    SnapshotFileListed,
    SnapshotFilters,
    SnapshotListed,
    SnapshotRequested,
    file_listed,
)
from .download import MEDIA_TYPES, file_response
from .selectors import files_of, snapshots_of
from .services.artifacts import artifact_path
from .services.create import snapshot_create
from .services.wanted import BeingMade, file_want


class SnapshotsView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="snapshots_list",
        parameters=[SnapshotFilters],
        responses={200: SnapshotListed(many=True), **errors(422)},
    )
    def get(self, request: Request, slug: str) -> Response:
        """The project's snapshots, newest first."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        return cursor_page(self, request, snapshots_of(member.project), SnapshotListed, SnapshotFilters)

    @extend_schema(
        operation_id="snapshots_create", request=SnapshotBody, responses={202: SnapshotRequested, **errors(400, 422)}
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Ask for a snapshot; a worker builds it. Poll it until its state is ready or failed."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        given = SnapshotBody(data=request.data)
        given.is_valid(raise_exception=True)
        snapshot = snapshot_create(actor=caller(request), project=member.project, **given.validated_data)
        return Response(SnapshotRequested(snapshot).data, status=202)


class SnapshotView(APIView):
    @extend_schema(operation_id="snapshots_retrieve", responses={200: SnapshotAnswer, **errors()})
    def get(self, request: Request, uid: str) -> Response:
        return Response(SnapshotAnswer(snapshot_for(request.user, uid)).data)


class SnapshotFilesView(APIView):
    @extend_schema(
        operation_id="snapshots_files_list",
        responses={200: SnapshotFileListed(many=True), **errors()},
    )
    def get(self, request: Request, uid: str) -> Response:
        """Every file that the snapshot has or can give: a folder's listing. Empty until it is ready."""
        files = files_of(snapshot_for(request.user, uid))
        made = [
            {"name": file.name, "size": file.size, "sha256": file.sha256, "state": "ready", "error": ""}
            for file in files.made
        ]
        return Response([*made, *(file_listed(name, files) for name in files.derived)])


class SnapshotFileView(APIView):
    content_negotiation_class = OneAnswer

    @extend_schema(
        operation_id="snapshots_files_retrieve",
        parameters=[
            OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="One range of bytes."),
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER),
        ],
        responses={
            **{(status, media_type): OpenApiTypes.BINARY for status in (200, 206) for media_type in MEDIA_TYPES},
            304: OpenApiResponse(description="You have it already."),
            416: OpenApiResponse(description="The range begins behind the file's end."),
            **errors(409, 507),
        },
    )
    def get(self, request: Request, uid: str, name: str) -> HttpResponseBase:
        """A file of a ready snapshot. The ETag is its sha256; derived files are made when first asked for.

        Of a large snapshot a worker makes them: until then the answer is 409 `file_being_made` with Retry-After.
        """
        try:
            file = file_want(snapshot=snapshot_for(request.user, uid), name=name)
        except BeingMade as waiting:
            body = error_body(waiting.code, waiting.message)
            return JsonResponse(body, status=waiting.status, headers={"Retry-After": str(waiting.retry_seconds)})
        return file_response(
            request._request, path=artifact_path(file.sha256), name=file.name, sha256=file.sha256, size=file.size
        )
