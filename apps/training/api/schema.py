"""What the calls of training take and answer, for the OpenAPI document and the wire."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.lists import Filters, MadeBetween
from apps.core.strict import StrictBody
from apps.registry.models import GenerationRun
from apps.registry.run import FailureKind, RunState

from ..models import LoopRun, RetrainPolicy, RunMetric, TrainingRun
from ..selectors.stations import stations_in

INTEGER_MAX = 2**31 - 1
SETTINGS = "Settings of the program that differ from their defaults. Others than it has are refused."


def uid_of(**options: Any) -> Any:
    """Another row by its uid; null where there is none."""
    return serializers.SlugRelatedField("uid", read_only=True, **({"allow_null": True} | options))


class TrainingRunBody(StrictBody):
    kind = serializers.ChoiceField(TrainingRun.Kind.choices)
    spec = serializers.DictField(required=False, default=dict, help_text=SETTINGS)
    snapshot = serializers.UUIDField(
        required=False, allow_null=True, help_text="sft: demonstrations; reward: rankings; ppo: prompts."
    )
    demonstrations = serializers.UUIDField(
        required=False, allow_null=True, help_text="reward: whose mean becomes its zero."
    )
    parent_model = serializers.UUIDField(required=False, allow_null=True, help_text="The model it starts from.")
    reward_model = serializers.UUIDField(
        required=False, allow_null=True, help_text="ppo: what it climbs; sft: what chooses the epoch, if one is given."
    )
    previous_model = serializers.UUIDField(
        required=False, allow_null=True, help_text="reward: the former reward model that its report compares with."
    )
    model_name = serializers.CharField(required=False, allow_blank=True, max_length=120)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=300)


class GenerationRunBody(StrictBody):
    model = serializers.UUIDField()
    snapshot = serializers.UUIDField(help_text="A prompts snapshot.")
    spec = serializers.DictField(required=False, default=dict, help_text=SETTINGS)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=300)


_RUN = [
    "uid", "state", "spec", "spec_sha256", "reason", "code_version", "attempt", "step", "steps_total", "notice",
    "failure_kind", "failure", "created_at", "started_at", "finished_at",
]  # fmt: skip


class TrainingRunFilters(MadeBetween):
    kind = serializers.ChoiceField(TrainingRun.Kind.choices, required=False)
    state = serializers.ChoiceField(RunState.choices, required=False)
    snapshot = serializers.UUIDField(required=False, help_text="The one it learns from.")
    lookups = {"since": "created_at__gte", "until": "created_at__lt", "snapshot": "snapshot__uid"}


class TrainingRunListed(serializers.ModelSerializer[TrainingRun]):
    kind = serializers.ChoiceField(TrainingRun.Kind.choices)
    state = serializers.ChoiceField(RunState.choices)
    failure_kind = serializers.ChoiceField(FailureKind.choices, allow_blank=True)
    spec = serializers.DictField()
    snapshot, demonstrations = uid_of(), uid_of()
    parent_model, reward_model, previous_model, output_model = uid_of(), uid_of(), uid_of(), uid_of()

    class Meta:
        model = TrainingRun
        fields = [
            *_RUN, "kind", "model_name", "snapshot", "demonstrations", "parent_model", "reward_model", "previous_model",
            "output_model",
        ]  # fmt: skip


class TrainingRunAnswer(TrainingRunListed):
    report = serializers.DictField(
        help_text="What the program found, once it is done; a reward run's `card` is its report card."
    )

    class Meta(TrainingRunListed.Meta):
        fields = [*TrainingRunListed.Meta.fields, "report", "log_tail"]


class GenerationRunFilters(MadeBetween):
    state = serializers.ChoiceField(RunState.choices, required=False)
    model = serializers.UUIDField(required=False)
    lookups = {"since": "created_at__gte", "until": "created_at__lt", "model": "model_version__uid"}


class GenerationRunListed(serializers.ModelSerializer[GenerationRun]):
    state = serializers.ChoiceField(RunState.choices)
    failure_kind = serializers.ChoiceField(FailureKind.choices, allow_blank=True)
    spec = serializers.DictField()
    model = uid_of(source="model_version", allow_null=False)
    snapshot = uid_of(source="input.snapshot", allow_null=False)
    sampling = serializers.DictField(help_text="What each of its completions remembers.")

    class Meta:
        model = GenerationRun
        fields = [*_RUN, "model", "snapshot", "sampling"]


class GenerationRunAnswer(GenerationRunListed):
    report = serializers.DictField()

    class Meta(GenerationRunListed.Meta):
        fields = [*GenerationRunListed.Meta.fields, "report", "log_tail"]


class MetricFilters(Filters):
    name = serializers.CharField(required=False, max_length=60, help_text="Only the metric of this name.")


class MetricAnswer(serializers.ModelSerializer[RunMetric]):
    class Meta:
        model = RunMetric
        fields = ["name", "step", "value"]


class LoopBody(StrictBody):
    reason = serializers.CharField(required=False, allow_blank=True, max_length=300)


class StationAnswer(serializers.Serializer[Any]):
    name = serializers.CharField()
    state = serializers.CharField(help_text="waiting, running, done, failed, cancelled, not reached")


class LoopFilters(MadeBetween):
    state = serializers.ChoiceField(LoopRun.State.choices, required=False)
    trigger = serializers.ChoiceField(LoopRun.Trigger.choices, required=False)
    lookups = {"since": "created_at__gte", "until": "created_at__lt"}


class LoopAnswer(serializers.ModelSerializer[LoopRun]):
    state = serializers.ChoiceField(LoopRun.State.choices)
    trigger = serializers.ChoiceField(LoopRun.Trigger.choices)
    base_model = uid_of(allow_null=False)
    demonstrations_snapshot, rankings_snapshot = uid_of(), uid_of()
    prompts_snapshot, candidates_snapshot = uid_of(), uid_of()
    sft_run, reward_run, ppo_run = uid_of(), uid_of(), uid_of()
    sft_generation, policy_generation = uid_of(), uid_of()
    stations = serializers.SerializerMethodField()

    class Meta:
        model = LoopRun
        fields = [
            "uid", "state", "trigger", "reason", "base_model", "stations", "demonstrations_snapshot",
            "rankings_snapshot", "prompts_snapshot", "candidates_snapshot", "sft_run", "reward_run", "ppo_run", "sft_generation",
            "policy_generation", "tasks_created", "prompts_without_task", "failure", "created_at", "finished_at",
        ]  # fmt: skip

    @extend_schema_field(StationAnswer(many=True))
    def get_stations(self, loop: LoopRun) -> list[dict[str, str]]:
        return [{"name": station.name, "state": station.state} for station in stations_in(loop)]


class PolicyAnswer(serializers.ModelSerializer[RetrainPolicy]):
    base_model = uid_of()
    specs = serializers.DictField()

    class Meta:
        model = RetrainPolicy
        fields = [
            "enabled",
            "every_comparisons",
            "every_hours",
            "prompts_per_loop",
            "base_model",
            "specs",
            "refusal",
            "refused_at",
        ]


class PolicyBody(StrictBody):
    """The whole policy: what is not stated is at its default."""

    enabled = serializers.BooleanField(required=False, default=False)
    every_comparisons = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=INTEGER_MAX
    )
    every_hours = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=INTEGER_MAX
    )
    prompts_per_loop = serializers.IntegerField(required=False, default=50, min_value=1, max_value=INTEGER_MAX)
    base_model = serializers.UUIDField(required=False, allow_null=True, default=None)
    specs = serializers.DictField(required=False, default=dict, help_text="Settings by program.")
