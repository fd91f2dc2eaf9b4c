"""Prompts and their completions over the API: for those who curate, since they name models and sources."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.lists import MadeBetween, StrictBoolean, UidCursorPagination, cursor_page
from apps.core.schema import errors
from apps.projects.access import Capability, member_for

from .models import Completion, Prompt, Split
from .selectors import completions_told, messages_of, prompt_told, prompts_told


class MessageAnswer(serializers.Serializer[Any]):
    role = serializers.CharField(help_text="system, user or assistant.")
    content = serializers.CharField()


class PromptFilters(MadeBetween):
    use_case = serializers.CharField(required=False, max_length=60)
    language = serializers.CharField(required=False, max_length=20)
    split = serializers.ChoiceField(Split.choices, required=False)
    sensitive = StrictBoolean(required=False)
    written = StrictBoolean(required=False, help_text="Those that labelers wrote, or only the others.")
    external_id = serializers.CharField(required=False, max_length=200, help_text="What an imported line called it.")
    lookups = {"since": "created_at__gte", "until": "created_at__lt", "external_id": "external_ids__contains"}

    def validate_external_id(self, value: str) -> list[str]:
        return [value]

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if "written" in data:
            data["author__isnull"] = not data.pop("written")
        return data


class PromptAnswer(serializers.ModelSerializer[Prompt]):
    split = serializers.ChoiceField(Split.choices)
    messages = serializers.SerializerMethodField()
    source: Any = serializers.JSONField(allow_null=True, help_text="As given by whoever brought it.")
    metadata = serializers.DictField()
    written_by = serializers.CharField(
        source="author.pseudonym", allow_null=True, default=None, help_text="The labeler who wrote it."
    )

    class Meta:
        model = Prompt
        fields = [
            "uid", "messages", "context", "use_case", "language", "split", "sensitive", "external_ids", "source",
            "metadata", "written_by", "created_at",
        ]  # fmt: skip

    @extend_schema_field(MessageAnswer(many=True))
    def get_messages(self, prompt: Prompt) -> list[dict[str, str]]:
        return messages_of(prompt)


class CompletionFilters(MadeBetween):
    origin = serializers.ChoiceField(Completion.Origin.choices, required=False)
    model = serializers.UUIDField(required=False, help_text="The model version that wrote it.")
    lookups = {"since": "created_at__gte", "until": "created_at__lt", "model": "model_version__uid"}


class CompletionAnswer(serializers.ModelSerializer[Completion]):
    text = serializers.CharField(source="body", allow_blank=True)
    origin = serializers.ChoiceField(Completion.Origin.choices)
    model = serializers.UUIDField(source="model_version.uid", allow_null=True, default=None)
    generation_run = serializers.UUIDField(source="generation_run.uid", allow_null=True, default=None)
    sampling = serializers.DictField(allow_null=True)
    member = serializers.CharField(source="member.pseudonym", allow_null=True, default=None, help_text="Who wrote it.")

    class Meta:
        model = Completion
        fields = [
            "uid", "text", "origin", "model", "generation_run", "sample_index", "sampling", "finish_reason", "member",
            "source_name", "created_at",
        ]  # fmt: skip


class PromptsView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="prompts_list", parameters=[PromptFilters], responses={200: PromptAnswer(many=True), **errors(422)}
    )
    def get(self, request: Request, slug: str) -> Response:
        """The project's prompts, newest first."""
        member = member_for(request.user, slug, Capability.CURATE)
        return cursor_page(self, request, prompts_told(member.project), PromptAnswer, PromptFilters)


class PromptView(APIView):
    @extend_schema(operation_id="prompts_retrieve", responses={200: PromptAnswer, **errors()})
    def get(self, request: Request, slug: str, uid: str) -> Response:
        member = member_for(request.user, slug, Capability.CURATE)
        return Response(PromptAnswer(prompt_told(member.project, uid)).data)


class CompletionsView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="completions_list",
        parameters=[CompletionFilters],
        responses={200: CompletionAnswer(many=True), **errors(422)},
    )
    def get(self, request: Request, slug: str, uid: str) -> Response:
        """What was written to a prompt, newest first, demonstrations among it."""
        member = member_for(request.user, slug, Capability.CURATE)
        rows = completions_told(prompt_told(member.project, uid))
        return cursor_page(self, request, rows, CompletionAnswer, CompletionFilters)
