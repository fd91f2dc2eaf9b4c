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
from ..selectors.models import models_listed
from ..services.bases import base_register
from ..services.upkeep import model_licence_set, model_restore, model_retire
from .model_schema import LicenceBody, ModelAnswer, ModelBody, ModelFilters, ModelListed


class ModelsView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="models_list", parameters=[ModelFilters], responses={200: ModelListed(many=True), **errors(422)}
    )
    def get(self, request: Request, slug: str) -> Response:
        """The project's models and the bases that projects share, newest first."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        return cursor_page(self, request, models_listed(member.project), ModelListed, ModelFilters)

    @extend_schema(
        operation_id="models_create", request=ModelBody, responses={201: ModelAnswer, **errors(400, 409, 422)}
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Register a model from elsewhere. Every other one is made by a training run.

        A large folder is `registered` until a worker has hashed it; then it is `ready`, or `refused` with a `problem`.
        """
        member = member_for(request.user, slug, Capability.RESEARCH)
        body = ModelBody(data=request.data)
        body.is_valid(raise_exception=True)
        model = base_register(actor=caller(request), project=member.project, **body.validated_data)
        return Response(ModelAnswer(model).data, status=201)


class ModelView(APIView):
    @extend_schema(operation_id="models_retrieve", responses={200: ModelAnswer, **errors()})
    def get(self, request: Request, uid: str) -> Response:
        """A model with what its files say, and the manifest of the run that made it."""
        return Response(ModelAnswer(model_for(request.user, uid)).data)

    @extend_schema(operation_id="models_update", request=LicenceBody, responses={200: ModelAnswer, **errors(400, 422)})
    def patch(self, request: Request, uid: str) -> Response:
        """Its licence, learned later: nothing else of a model changes. Models made from it keep what they inherited."""
        model, body = model_for(request.user, uid), LicenceBody(data=request.data)
        body.is_valid(raise_exception=True)
        model = model_licence_set(actor=caller(request), model=model, **body.validated_data)
        return Response(ModelAnswer(model).data)


class ModelRetireView(APIView):
    @extend_schema(operation_id="models_retire", request=None, responses={200: ModelAnswer, **errors(409, 422)})
    def post(self, request: Request, uid: str) -> Response:
        """No new run may read it. Refused while a run that is not finished does."""
        model = model_retire(actor=caller(request), model=model_for(request.user, uid))
        return Response(ModelAnswer(model).data)


class ModelRestoreView(APIView):
    @extend_schema(operation_id="models_restore", request=None, responses={200: ModelAnswer, **errors(409, 422)})
    def post(self, request: Request, uid: str) -> Response:
        """Into use again."""
        model = model_restore(actor=caller(request), model=model_for(request.user, uid))
        return Response(ModelAnswer(model).data)
