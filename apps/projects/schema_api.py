"""A project's schemas over the API: which questions a judgment answers, version by version."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.idempotency import idempotent
from apps.core.api import UidCursorPagination, cursor_page
from apps.core.domain.errors import RuleBroken
from apps.core.schema import errors
from apps.core.strict import StrictBody

from .access import Capability, member_for
from .models import JudgmentSchema
from .selectors import schema_numbered, schemas_of
from .services import schema_publish


class SchemaBody(serializers.ModelSerializer[JudgmentSchema]):
    body = serializers.DictField(help_text="`fields` and `parts`.")

    class Meta:
        model = JudgmentSchema
        fields = ["number", "body", "sha256", "published_at"]
        read_only_fields = ["number", "sha256", "published_at"]


class NewSchema(StrictBody):
    body = serializers.DictField(help_text="`fields` and `parts`; what is not stated of `parts` is at its default.")
    based_on = serializers.IntegerField(
        required=False,
        min_value=1,
        help_text="The number you began from: 409 `schema_moved_on` if another is in force.",
    )


class SchemasView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(operation_id="schemas_list", responses={200: SchemaBody(many=True), **errors()})
    def get(self, request: Request, slug: str) -> Response:
        """Newest first: the first is in force."""
        member = member_for(request.user, slug, Capability.CURATE)
        return cursor_page(self, request, schemas_of(member.project), SchemaBody)

    @extend_schema(
        operation_id="schemas_publish",
        request=NewSchema,
        responses={201: SchemaBody, 200: SchemaBody, **errors(409, 413, 422)},
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Publish the next version: new assignments get it. What is in force already is answered 200, and nothing is made."""
        member = member_for(request.user, slug, Capability.MANAGE)
        given = NewSchema(data=request.data)
        given.is_valid(raise_exception=True)
        if unknown := set(request.data) - set(given.fields):
            raise RuleBroken(f"{min(unknown)}: send body and, if you like, based_on.", field=min(unknown))
        done = schema_publish(actor=member.user, project=member.project, **given.validated_data)
        return Response(SchemaBody(done.schema).data, status=201 if done.new else 200)


class SchemaView(APIView):
    @extend_schema(operation_id="schemas_retrieve", responses={200: SchemaBody, **errors()})
    def get(self, request: Request, slug: str, number: int) -> Response:
        member = member_for(request.user, slug, Capability.CURATE)
        return Response(SchemaBody(schema_numbered(member.project, number)).data)
