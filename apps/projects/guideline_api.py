"""Guidelines over the API: versions, what changed between them, having read one."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.idempotency import idempotent
from apps.core.api import Filters, UidCursorPagination, cursor_page
from apps.core.documents import render_document
from apps.core.schema import errors
from apps.core.strict import StrictBody

from .access import Capability, member_for
from .guideline_changes import Changes, changes_between
from .guideline_services import guideline_acknowledge, guideline_publish
from .models import GuidelineVersion, Track
from .selectors import guideline_numbered, guidelines_of

MOST = 2**31 - 1


class GuidelineBody(serializers.ModelSerializer[GuidelineVersion]):
    class Meta:
        model = GuidelineVersion
        fields = [
            "number", "track", "body", "sha256", "requires_acknowledgement", "changes_meaning", "change", "published_at",
        ]  # fmt: skip
        read_only_fields = fields


class RuleBody(serializers.Serializer[Any]):
    """A heading of the guideline."""

    name = serializers.CharField(source="address", help_text="What a question calls it.")
    title = serializers.CharField()
    names = serializers.ListField(child=serializers.CharField(), help_text="Fields that open it, by its author.")


class GuidelineWithRules(GuidelineBody):
    rules = serializers.SerializerMethodField()

    class Meta(GuidelineBody.Meta):
        fields = [*GuidelineBody.Meta.fields, "rules"]
        read_only_fields = fields

    @extend_schema_field(RuleBody(many=True))
    def get_rules(self, guideline: GuidelineVersion) -> Any:
        return RuleBody(render_document(guideline.body).rules, many=True).data


class NewGuideline(StrictBody):
    track = serializers.ChoiceField(Track.choices, default=Track.COLLECTION)
    body = serializers.CharField(trim_whitespace=False)
    requires_acknowledgement = serializers.BooleanField(
        default=True, help_text="False: like `changes_meaning` false, unless that says otherwise."
    )
    changes_meaning = serializers.BooleanField(
        required=False, allow_null=True, help_text="True: everybody acknowledges it before the next claim."
    )
    change = serializers.CharField(required=False, allow_blank=True, help_text="What is different, in a sentence.")
    based_on = serializers.IntegerField(
        required=False, min_value=0, max_value=MOST,
        help_text="The number you began from, 0 for none; 409 `guideline_moved_on` when another is in force.",
    )  # fmt: skip


class TrackQuery(serializers.Serializer[Any]):
    track = serializers.ChoiceField(Track.choices, default=Track.COLLECTION)


class SinceQuery(TrackQuery):
    since = serializers.IntegerField(
        required=False, min_value=1, max_value=MOST, help_text="The older version; the one before unless given."
    )


class GuidelineFilters(Filters):
    track = serializers.ChoiceField(Track.choices, required=False)


class WordsChanged(serializers.Serializer[Any]):
    change = serializers.ChoiceField(["same", "inserted", "deleted"])
    text = serializers.CharField()


class BlockChanged(serializers.Serializer[Any]):
    change = serializers.ChoiceField(["same", "inserted", "deleted", "changed"])
    kind = serializers.ChoiceField(["heading", "p", "item", "row", "code"])
    words = WordsChanged(many=True)


class VersionTold(serializers.ModelSerializer[GuidelineVersion]):
    class Meta:
        model = GuidelineVersion
        fields = ["number", "published_at", "changes_meaning", "change"]


class ChangesBody(serializers.Serializer[Any]):
    """What is different in `number` since the version `since`."""

    track = serializers.CharField()
    since = serializers.IntegerField()
    number = serializers.IntegerField()
    versions = VersionTold(many=True, help_text="Those published after `since`, oldest first.")
    blocks = BlockChanged(many=True)


class GuidelinesView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="guidelines_list",
        parameters=[GuidelineFilters],
        responses={200: GuidelineBody(many=True), **errors(422)},
    )
    def get(self, request: Request, slug: str) -> Response:
        member = member_for(request.user, slug, Capability.READ)
        return cursor_page(self, request, guidelines_of(member.project), GuidelineBody, GuidelineFilters)

    @extend_schema(
        operation_id="guidelines_publish", request=NewGuideline, responses={201: GuidelineBody, **errors(409, 422)}
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Publish the next version: it is in force from now on, and frozen.

        A change of meaning is acknowledged by everybody before their next claim. Where the meaning stays nobody is
        interrupted: what was acknowledged holds on, and what is owed is still owed.
        """
        member = member_for(request.user, slug, Capability.MANAGE)
        given = NewGuideline(data=request.data)
        given.is_valid(raise_exception=True)
        guideline = guideline_publish(actor=member.user, project=member.project, **given.validated_data)
        return Response(GuidelineBody(guideline).data, status=201)


class GuidelineView(APIView):
    @extend_schema(
        operation_id="guidelines_retrieve", parameters=[TrackQuery], responses={200: GuidelineWithRules, **errors()}
    )
    def get(self, request: Request, slug: str, number: int) -> Response:
        """One version with its rules: its headings, by the names that questions and fields use."""
        member = member_for(request.user, slug, Capability.READ)
        guideline = guideline_numbered(member.project, number, _asked(request, TrackQuery)["track"])
        return Response(GuidelineWithRules(guideline).data)


class GuidelineChangesView(APIView):
    @extend_schema(
        operation_id="guidelines_changes", parameters=[SinceQuery], responses={200: ChangesBody, **errors(422)}
    )
    def get(self, request: Request, slug: str, number: int) -> Response:
        """What is different since an older version, block by block and word by word, in reading order."""
        member = member_for(request.user, slug, Capability.READ)
        asked = _asked(request, SinceQuery)
        newer = guideline_numbered(member.project, number, asked["track"])
        older = guideline_numbered(member.project, asked.get("since", max(number - 1, 1)), asked["track"])
        return Response(ChangesBody(_told(changes_between(older, newer))).data)


def _told(changes: Changes) -> dict[str, Any]:
    return {
        "track": changes.newer.track,
        "since": changes.older.number,
        "number": changes.newer.number,
        "versions": changes.versions,
        "blocks": [
            {
                "change": row.change,
                "kind": row.block.kind,
                "words": [
                    {"change": run.change, "text": "".join(piece.text for piece in run.pieces)} for run in row.runs
                ],
            }
            for row in changes.rows
        ],
    }


class AcknowledgementView(APIView):
    @extend_schema(
        operation_id="guidelines_acknowledge",
        parameters=[TrackQuery],
        request=None,
        responses={200: GuidelineBody, **errors()},
    )
    def post(self, request: Request, slug: str, number: int) -> Response:
        """You have read this version. Twice is the same as once."""
        member = member_for(request.user, slug, Capability.READ)
        guideline = guideline_acknowledge(member=member, number=number, track=_asked(request, TrackQuery)["track"])
        return Response(GuidelineBody(guideline).data)


def _asked(request: Request, query: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    given = query(data=request.query_params.dict())
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
