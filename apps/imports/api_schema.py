"""What an import answers, for the OpenAPI document and the wire."""

from dataclasses import asdict
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from apps.core.lists import MadeBetween

from .models import Import
from .selectors import problems_shown, progress_shown


class ProblemAnswer(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField(help_text="Stable; ranking_conflict among them.")
    message = serializers.CharField()


class FindingAnswer(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    field = serializers.CharField()
    kind = serializers.CharField(
        help_text="email, phone, iban, card, ip, national_id, credentials, api_key, or a recogniser's word."
    )
    count = serializers.IntegerField()


class ProgressAnswer(serializers.Serializer[Any]):
    share = serializers.FloatField(allow_null=True, help_text="Of the file, 0 to 1; null while it cannot be known.")
    lines_per_second = serializers.FloatField(allow_null=True)
    seconds_left = serializers.FloatField(allow_null=True, help_text="If the rest is like what came so far.")


class ImportAnswer(serializers.ModelSerializer[Import]):
    state = serializers.ChoiceField(Import.State.choices)
    created = serializers.IntegerField(source="prompts", help_text="New prompts, as `prompts`.")
    errors = serializers.SerializerMethodField(help_text="The first thousand.")  # type: ignore[assignment]
    errors_url = serializers.SerializerMethodField(
        help_text="All of them, one JSON object a line; with ?format=csv as a table."
    )
    progress = serializers.SerializerMethodField()
    options = serializers.DictField(help_text="As asked for.")
    screened = serializers.DictField(child=serializers.IntegerField(), help_text="What the options did, by rule.")
    screened_url = serializers.SerializerMethodField(help_text="Where personal data was found, one JSON object a line.")

    class Meta:
        model = Import
        fields = [
            "uid", "state", "filename", "format", "tasks", "lines", "last_line", "prompts", "completions", "rankings",
            "demonstrations", "tasks_created", "created", "duplicates", "errors_total", "errors", "errors_url", "error",
            "created_at", "finished_at", "options", "screened", "screened_url", "progress",
        ]  # fmt: skip

    @extend_schema_field(ProblemAnswer(many=True))
    def get_errors(self, imported: Import) -> list[ProblemAnswer]:
        return problems_shown(imported)  # type: ignore[return-value]

    @extend_schema_field(ProgressAnswer)
    def get_progress(self, imported: Import) -> dict[str, float | None]:
        return asdict(progress_shown(imported))

    def get_errors_url(self, imported: Import) -> str:
        request: Request = self.context["request"]
        return request.build_absolute_uri(reverse("api:v1:import-errors", args=[imported.uid]))

    def get_screened_url(self, imported: Import) -> str:
        request: Request = self.context["request"]
        return request.build_absolute_uri(reverse("api:v1:import-screened", args=[imported.uid]))


class ImportFilters(MadeBetween):
    state = serializers.ChoiceField(Import.State.choices, required=False)
    format = serializers.ChoiceField(Import.Format.choices, required=False)
    lookups = {"since": "created_at__gte", "until": "created_at__lt"}


class ImportListed(serializers.ModelSerializer[Import]):
    state = serializers.ChoiceField(Import.State.choices)

    class Meta:
        model = Import
        fields = ["uid", "state", "filename", "format", "lines", "prompts", "errors_total", "created_at", "finished_at"]
