"""Models over the API."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.authentication import caller
from apps.accounts.idempotency import idempotent
from apps.core.api import UidCursorPagination, cursor_page
from apps.core.schema import errors
from apps.projects.access import Capability, member_for

from ..access import model_for
from ..selectors.models import models_of
from ..services.bases import base_register
from .schema import ModelAnswer, ModelBody, ModelFilters, ModelListed


class ModelsView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="models_list", parameters=[ModelFilters], responses={200: ModelListed(many=True), **errors(422)}
    )
    def get(self, request: Request, slug: str) -> Response:
        """The project's models and the bases that projects share, newest first."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        return cursor_page(self, request, models_of(member.project), ModelListed, ModelFilters)

    @extend_schema(
        operation_id="models_create", request=ModelBody, responses={201: ModelAnswer, **errors(400, 409, 422)}
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Register a base from elsewhere. Every other model is made by a training run."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        body = ModelBody(data=request.data)
        body.is_valid(raise_exception=True)
        model = base_register(actor=caller(request), project=member.project, **body.validated_data)
        return Response(ModelAnswer(model).data, status=201)


class ModelView(APIView):
    @extend_schema(operation_id="models_retrieve", responses={200: ModelAnswer, **errors()})
    def get(self, request: Request, uid: str) -> Response:
        """A model with the manifest of the run that made it."""
        return Response(ModelAnswer(model_for(request.user, uid)).data)
