"""What labelers wrote, over the API: for managers and researchers."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api import Filters, UidCursorPagination, cursor_page
from apps.core.schema import errors
from apps.projects.access import Capability, member_for
from apps.projects.models import Project

from .models import Judgment
from .selectors.demonstrations import Chosen, judgments_that_demonstrate


class DemonstrationFilter(Filters):
    """Shares as in the answer, 0 to 1."""

    pasted = serializers.FloatField(
        required=False, min_value=0, max_value=1, help_text="At least this share was pasted."
    )
    similar = serializers.FloatField(
        required=False, min_value=0, max_value=1, help_text="At least this share stands in another text."
    )
    labeler = serializers.CharField(required=False, max_length=40, help_text="A pseudonym.")

    def narrow(self, rows: Project) -> QuerySet[Judgment]:
        """The demonstrations of the project `rows`: the selector narrows by itself."""
        return judgments_that_demonstrate(rows, Chosen(**self.validated_data))


class DemonstrationListed(serializers.Serializer[Judgment]):
    judgment = serializers.UUIDField(source="uid")
    prompt = serializers.UUIDField(source="task.prompt.uid")
    labeler = serializers.CharField(source="assignment.membership.pseudonym")
    text = serializers.CharField(source="demonstration.completion.body")
    pasted_share = serializers.FloatField(
        source="demonstration.pasted_share", allow_null=True, help_text="Null where no browser counted."
    )
    similarity = serializers.FloatField(
        source="demonstration.similarity", allow_null=True, help_text="To the text it is nearest to."
    )
    nearest = serializers.UUIDField(
        source="demonstration.nearest.uid", allow_null=True, default=None, help_text="That completion."
    )
    active_seconds = serializers.IntegerField(allow_null=True)
    submitted_at = serializers.DateTimeField()


class DemonstrationsView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="demonstrations_list",
        parameters=[DemonstrationFilter],
        responses={200: DemonstrationListed(many=True), **errors(422)},
    )
    def get(self, request: Request, slug: str) -> Response:
        """The demonstrations that stand, newest first."""
        member = member_for(request.user, slug, Capability.CURATE)
        return cursor_page(self, request, member.project, DemonstrationListed, DemonstrationFilter)
