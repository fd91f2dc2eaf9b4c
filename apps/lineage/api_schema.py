"""What a lineage answers, for the OpenAPI document and the wire."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.strict import StrictBody
from apps.datasets.models import DatasetSnapshot, Purpose
from apps.imports.models import Import
from apps.labeling.lists_api import JudgmentListed
from apps.labeling.models import Task
from apps.projects.models import GuidelineVersion, JudgmentSchema
from apps.prompts.api import PromptAnswer
from apps.prompts.models import Completion
from apps.registry.models import ModelVersion
from apps.registry.run import RunState
from apps.training.models import TrainingRun

from .chain import Chain, Written


class LineageQuery(serializers.Serializer[Any]):
    """One of the two."""

    uid = serializers.UUIDField(required=False, help_text="Of a judgment, task, completion or prompt.")
    external_id = serializers.CharField(required=False, max_length=200, help_text="What an imported line called it.")

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if len(data) != 1:
            raise serializers.ValidationError({"uid": "One of uid and external_id is needed."})
        return data


class LineBody(StrictBody):
    line = serializers.CharField(
        max_length=4 * 1024 * 1024, help_text="A line of any file of a snapshot, as it stands there."
    )


class AskedAnswer(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="judgment, task, completion or prompt.")
    uid = serializers.UUIDField()


class ImportNamed(serializers.ModelSerializer[Import]):
    state = serializers.ChoiceField(Import.State.choices)

    class Meta:
        model = Import
        fields = ["uid", "state", "filename", "format", "created_at", "finished_at"]


class TaskNamed(serializers.ModelSerializer[Task]):
    kind = serializers.ChoiceField(Task.Kind.choices)
    purpose = serializers.ChoiceField(Task.Purpose.choices)
    state = serializers.ChoiceField(Task.State.choices)

    class Meta:
        model = Task
        fields = ["uid", "kind", "purpose", "state", "external_id", "created_at"]


class StepAnswer(serializers.Serializer[Any]):
    what = serializers.CharField()
    text = serializers.CharField()
    uid = serializers.UUIDField()


class WrittenAnswer(serializers.Serializer[Written]):
    uid = serializers.UUIDField(source="completion.uid")
    external_id = serializers.CharField(allow_null=True, help_text="What the import called it.")
    origin = serializers.ChoiceField(Completion.Origin.choices, source="completion.origin")
    model = serializers.UUIDField(source="completion.model_version.uid", allow_null=True, default=None)
    source_name = serializers.CharField(source="completion.source_name", allow_null=True)
    member = serializers.CharField(source="completion.member.pseudonym", allow_null=True, default=None)
    generation_run = serializers.UUIDField(source="completion.generation_run.uid", allow_null=True, default=None)
    sampling = serializers.DictField(source="completion.sampling", allow_null=True)
    ways = serializers.ListField(
        child=StepAnswer(many=True), help_text="Back from its model to what taught it, link by link: one way a model."
    )
    asked_for = serializers.BooleanField()


class GuidelineTold(serializers.ModelSerializer[GuidelineVersion]):
    class Meta:
        model = GuidelineVersion
        fields = ["track", "number", "body", "sha256", "published_at"]


class SchemaTold(serializers.ModelSerializer[JudgmentSchema]):
    body = serializers.DictField()

    class Meta:
        model = JudgmentSchema
        fields = ["number", "body", "sha256"]


class SnapshotReached(serializers.ModelSerializer[DatasetSnapshot]):
    kind = serializers.ChoiceField(DatasetSnapshot.Kind.choices)
    purpose = serializers.ChoiceField(Purpose.choices)
    state = serializers.ChoiceField(DatasetSnapshot.State.choices)

    class Meta:
        model = DatasetSnapshot
        fields = ["uid", "kind", "purpose", "state", "sha256", "rows", "created_at"]


class RunReached(serializers.Serializer[Any]):
    uid = serializers.UUIDField(source="run.uid")
    kind = serializers.ChoiceField(TrainingRun.Kind.choices, source="run.kind")
    state = serializers.ChoiceField(RunState.choices, source="run.state")
    step = serializers.IntegerField(help_text="1: it read such a snapshot itself; 2: it began from its model; ...")
    snapshot = serializers.UUIDField(source="run.snapshot.uid", allow_null=True, default=None)
    demonstrations = serializers.UUIDField(source="run.demonstrations.uid", allow_null=True, default=None)
    parent_model = serializers.UUIDField(source="run.parent_model.uid", allow_null=True, default=None)
    reward_model = serializers.UUIDField(source="run.reward_model.uid", allow_null=True, default=None)
    output_model = serializers.UUIDField(source="run.output_model.uid", allow_null=True, default=None)


class ModelReached(serializers.ModelSerializer[ModelVersion]):
    role = serializers.ChoiceField(ModelVersion.Role.choices)
    state = serializers.ChoiceField(ModelVersion.State.choices)

    class Meta:
        model = ModelVersion
        fields = ["uid", "name", "number", "role", "state"]


class GenerationReached(serializers.Serializer[Any]):
    uid = serializers.UUIDField(source="run.uid")
    state = serializers.ChoiceField(RunState.choices, source="run.state")
    model = serializers.UUIDField(source="run.model_version.uid")
    completions = serializers.IntegerField(help_text="Counted up to 10,000.")
    more = serializers.BooleanField(help_text="It wrote more than that.")


class LineageAnswer(serializers.Serializer[Chain]):
    asked = AskedAnswer(source="found")
    prompt = PromptAnswer()
    task = TaskNamed(allow_null=True)
    imports = ImportNamed(
        many=True,
        help_text="What brought the record, else its task or prompt: one, where the time says which; those that ran then, "
        "where several did.",
    )
    completions = WrittenAnswer(many=True, help_text="In the task's positions; then what was written for it.")
    more_completions = serializers.BooleanField(help_text="There are more than 200; these are the oldest.")
    judgments = JudgmentListed(many=True, help_text="Newest first; corrections and what they supersede.")
    more_judgments = serializers.BooleanField(help_text="There are more than 50.")
    guidelines = serializers.SerializerMethodField(help_text="The versions in force when it was judged.")
    schemas = serializers.SerializerMethodField(help_text="The schemas it was judged by.")
    snapshots = SnapshotReached(many=True, source="reach.snapshots")
    training_runs = RunReached(many=True, source="reach.runs")
    models = ModelReached(many=True, source="reach.models")
    generation_runs = GenerationReached(many=True, source="reach.generations")
    more = serializers.BooleanField(source="reach.more", help_text="Of the last four there are more than 100.")

    @extend_schema_field(GuidelineTold(many=True))
    def get_guidelines(self, chain: Chain) -> Any:
        return GuidelineTold(chain.guidelines, many=True).data

    @extend_schema_field(SchemaTold(many=True))
    def get_schemas(self, chain: Chain) -> Any:
        return SchemaTold(chain.schemas, many=True).data
