"""What the calls of models take and answer."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.lists import MadeBetween
from apps.core.strict import StrictBody
from apps.registry.models import ModelVersion

from .schema import uid_of

LICENCE = "Its name, such as apache-2.0; what is not stated is the folder's README's, else `unknown`."


class SourceBody(StrictBody):
    hub = serializers.CharField(required=False, max_length=300, help_text="A hub id: org/name.")
    revision = serializers.CharField(
        required=False, max_length=100, help_text="Of the hub: a commit, so that it stays the same."
    )
    folder = serializers.CharField(required=False, max_length=300, help_text="A name below the model folders.")
    endpoint = serializers.CharField(required=False, max_length=60, help_text="A server's name in ENDPOINTS.")
    model = serializers.CharField(required=False, max_length=300, help_text="The model's id on that server.")


class ModelBody(StrictBody):
    name = serializers.CharField(max_length=120)
    source = SourceBody()  # type: ignore[assignment]
    role = serializers.ChoiceField(
        ModelVersion.Role.choices, required=False, help_text="base; of an endpoint's model policy, too."
    )
    licence = serializers.CharField(required=False, allow_blank=True, max_length=120, help_text=LICENCE)


class LicenceBody(StrictBody):
    licence = serializers.CharField(max_length=120)


class ModelFilters(MadeBetween):
    role = serializers.ChoiceField(ModelVersion.Role.choices, required=False)
    state = serializers.ChoiceField(ModelVersion.State.choices, required=False)
    name = serializers.CharField(required=False, max_length=120)
    licence = serializers.CharField(required=False, max_length=120)
    parent = serializers.UUIDField(required=False, help_text="The model it was trained from.")  # type: ignore[assignment]
    lookups = {"since": "created_at__gte", "until": "created_at__lt", "parent": "parent__uid"}


class ModelListed(serializers.ModelSerializer[ModelVersion]):
    role = serializers.ChoiceField(ModelVersion.Role.choices)
    state = serializers.ChoiceField(ModelVersion.State.choices)
    parent = uid_of()
    made_by = serializers.SerializerMethodField(help_text="The training run that made it.")
    sha256 = serializers.CharField(
        source="artifact_sha256",
        help_text="Of its manifest, or of a folder's files; empty for what lies on a hub or behind an endpoint.",
    )
    problem = serializers.CharField(help_text="Why its files were refused.")

    class Meta:
        model = ModelVersion
        fields = [
            "uid", "name", "number", "role", "state", "problem", "licence", "parent", "made_by", "artifact_uri", "sha256",
            "created_at",
        ]  # fmt: skip

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_made_by(self, model: ModelVersion) -> str | None:
        """Null for a shared base, too: its run is another project's."""
        run = getattr(model, "made_by", None)
        return str(run.uid) if run is not None and run.project_id == model.project_id else None


class ModelAnswer(ModelListed):
    manifest = serializers.DictField()
    facts = serializers.DictField(
        help_text="What its files say: architecture, parameters, sizes, hash of the chat template, files with hashes."
    )

    class Meta(ModelListed.Meta):
        fields = [*ModelListed.Meta.fields, "manifest", "facts"]
