"""What snapshots take and answer, for the OpenAPI document and the wire."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.lists import MadeBetween
from apps.core.strict import StrictBody

from .models import DatasetSnapshot, Purpose
from .selectors import SnapshotFiles, files_of


class SnapshotBody(StrictBody):
    kind = serializers.ChoiceField(DatasetSnapshot.Kind.choices)
    purpose = serializers.ChoiceField(Purpose.choices)
    filter = serializers.JSONField(
        required=False,
        default=dict,
        help_text="Of all kinds: split, use_case, language, from, to. Of prompts also limit. Of judgments also cohort, "
        "labeler, without_labeler, guideline (collection or collection/2), schema, task_purpose, imported, "
        "min_active_seconds, max_active_seconds, include_surplus, include_superseded. Of rankings and ratings also "
        "origin (of every candidate) and model (of at least one). Of rankings also judgments (raw, aggregated: one line a "
        "task made of all, or adjudicated), unresolved (leave_out or raw, of adjudicated ones) and min_agreement (0 to 1). "
        "Others are refused.",
    )
    licence = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=60,
        trim_whitespace=False,
        help_text="For the dataset card, as the Hugging Face Hub names it: cc-by-4.0, apache-2.0, other.",
    )


class SnapshotRequested(serializers.ModelSerializer[DatasetSnapshot]):
    state = serializers.ChoiceField(DatasetSnapshot.State.choices)

    class Meta:
        model = DatasetSnapshot
        fields = ["uid", "state"]


class SnapshotFileAnswer(serializers.Serializer[Any]):
    name = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()


class SnapshotFileListed(serializers.Serializer[Any]):
    name = serializers.CharField()
    size = serializers.IntegerField(allow_null=True, help_text="Null: made when first asked for.")
    sha256 = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(
        ["ready", "on_request", "being_made", "failed"], help_text="Failed ones are tried again when asked for again."
    )
    error = serializers.CharField(help_text="Why it could not be made.")


def file_listed(name: str, files: SnapshotFiles) -> dict[str, Any]:
    """A file that is not made yet."""
    error = files.wanted.get(name)
    state = "on_request" if error is None else "failed" if error else "being_made"
    return {"name": name, "size": None, "sha256": None, "state": state, "error": error or ""}


class SnapshotFilters(MadeBetween):
    kind = serializers.ChoiceField(DatasetSnapshot.Kind.choices, required=False)
    purpose = serializers.ChoiceField(Purpose.choices, required=False)
    state = serializers.ChoiceField(DatasetSnapshot.State.choices, required=False)
    sha256 = serializers.CharField(required=False, max_length=64, help_text="Of the records file.")
    lookups = {"since": "created_at__gte", "until": "created_at__lt"}


class SnapshotListed(serializers.ModelSerializer[DatasetSnapshot]):
    kind = serializers.ChoiceField(DatasetSnapshot.Kind.choices)
    purpose = serializers.ChoiceField(Purpose.choices)
    state = serializers.ChoiceField(DatasetSnapshot.State.choices)
    filter = serializers.DictField()
    sha256 = serializers.SerializerMethodField(help_text="Of the records file; null until it is ready.")

    class Meta:
        model = DatasetSnapshot
        fields = [
            "uid", "kind", "purpose", "filter", "licence", "record_version", "state", "sha256", "rows", "error", "created_at",
            "finished_at",
        ]  # fmt: skip

    def get_sha256(self, snapshot: DatasetSnapshot) -> str | None:
        return snapshot.sha256 or None


class SnapshotAnswer(SnapshotListed):
    files = serializers.SerializerMethodField(help_text="Those that lie in the store.")
    derived = serializers.SerializerMethodField(help_text="Those that are made when first asked for.")

    class Meta(SnapshotListed.Meta):
        fields = [*SnapshotListed.Meta.fields, "files", "derived"]

    @extend_schema_field(SnapshotFileAnswer(many=True))
    def get_files(self, snapshot: DatasetSnapshot) -> list[SnapshotFileAnswer]:
        return SnapshotFileAnswer(files_of(snapshot).made, many=True).data  # type: ignore[return-value]

    def get_derived(self, snapshot: DatasetSnapshot) -> list[str]:
        return files_of(snapshot).derived
