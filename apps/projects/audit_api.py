"""Who did what in a project, over the API: for its managers."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.audit.models import AuditEntry
from apps.audit.selectors import entries_of
from apps.core.lists import MadeBetween, UidCursorPagination, cursor_page
from apps.core.schema import errors

from .access import Capability, member_for


class AuditFilters(MadeBetween):
    verb = serializers.CharField(required=False, max_length=60, help_text="Like member.added.")
    object_type = serializers.CharField(required=False, max_length=60, help_text="Like membership.")
    object_uid = serializers.CharField(required=False, max_length=64)
    actor = serializers.CharField(required=False, max_length=254, help_text="An email address.")
    lookups = {"since": "at__gte", "until": "at__lt", "actor": "actor__email__iexact"}


class AuditAnswer(serializers.ModelSerializer[AuditEntry]):
    actor = serializers.EmailField(
        source="actor.email", allow_null=True, default=None, help_text="Null: the system itself."
    )
    data: Any = serializers.DictField()

    class Meta:
        model = AuditEntry
        fields = ["uid", "at", "request_id", "actor", "verb", "object_type", "object_uid", "data"]


class AuditView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="audit_list", parameters=[AuditFilters], responses={200: AuditAnswer(many=True), **errors(422)}
    )
    def get(self, request: Request, slug: str) -> Response:
        """What was done in the project, newest first."""
        member = member_for(request.user, slug, Capability.MANAGE)
        return cursor_page(self, request, entries_of(member.project_id), AuditAnswer, AuditFilters)
