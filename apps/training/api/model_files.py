"""A model's files over the API: those that were registered, as they were registered."""

from pathlib import PurePosixPath
from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.negotiation import OneAnswer
from apps.core.schema import errors
from apps.datasets.download import MEDIA_TYPES, file_response

from ..access import model_for
from ..selectors.files import file_of, files_of, place_of
from ..services.places import model_folder


class ModelFileListed(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="Its path in the model's folder.")
    size = serializers.IntegerField()
    sha256 = serializers.CharField()


class ModelFilesView(APIView):
    @extend_schema(operation_id="models_files_list", responses={200: ModelFileListed(many=True), **errors()})
    def get(self, request: Request, uid: str) -> Response:
        """The files that were registered. None of a model that lies on a hub or behind an endpoint, or is not hashed yet."""
        return Response(ModelFileListed(files_of(model_for(request.user, uid)), many=True).data)


class ModelFileView(APIView):
    content_negotiation_class = OneAnswer

    @extend_schema(
        operation_id="models_files_retrieve",
        parameters=[
            OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="One range of bytes."),
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER),
        ],
        responses={
            **{(status, media_type): OpenApiTypes.BINARY for status in (200, 206) for media_type in MEDIA_TYPES},
            304: OpenApiResponse(description="You have it already."),
            416: OpenApiResponse(description="The range begins behind the file's end."),
            **errors(409, 410),
        },
    )
    def get(self, request: Request, uid: str, name: str) -> HttpResponseBase:
        """A registered file of a model, retired or not. The ETag is its sha256."""
        model = model_for(request.user, uid)
        file = file_of(model, name)
        path = place_of(model, file, model_folder(model))
        return file_response(
            request._request, path=path, name=PurePosixPath(file.name).name, sha256=file.sha256, size=file.size
        )
