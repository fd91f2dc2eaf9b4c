"""The shapes of the labeling API, for its OpenAPI document. `domain.submission` is what checks a judgment's body."""

from typing import Any

from rest_framework import serializers

from apps.prompts.models import Split

from .domain.activity import KINDS, MOST_EVENTS
from .models import Assignment, Task


class MessageShape(serializers.Serializer[Any]):
    role = serializers.ChoiceField(["system", "user", "assistant"])
    content = serializers.CharField()


class PromptShape(serializers.Serializer[Any]):
    messages = MessageShape(many=True)
    context = serializers.CharField(required=False)  # type: ignore[assignment]  # hides Field.context
    use_case = serializers.CharField()


class CandidateShape(serializers.Serializer[Any]):
    letter = serializers.CharField()
    text = serializers.CharField()


class GuidelineShape(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    body_url = serializers.URLField()


class AssignmentAnswer(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    kind = serializers.ChoiceField(Task.Kind.choices)
    lease_expires_at = serializers.DateTimeField(allow_null=True)
    prompt = PromptShape()
    candidates = CandidateShape(many=True)
    schema = serializers.DictField()
    guideline = GuidelineShape(allow_null=True)
    draft = serializers.DictField()
    revision = serializers.IntegerField()


class RatingShape(serializers.Serializer[Any]):
    overall = serializers.IntegerField(required=False, min_value=1, max_value=7)
    flags = serializers.DictField(child=serializers.ChoiceField(["yes", "no", "na"]), required=False)
    note = serializers.CharField(required=False)


class ActivityShape(serializers.Serializer[Any]):
    page = serializers.CharField(max_length=32, help_text="One opening of the room.")
    number = serializers.IntegerField(min_value=0, help_text="Of the batch on that page; sent again it adds nothing.")
    events = serializers.ListField(
        child=serializers.ListField(),
        max_length=MOST_EVENTS,
        help_text=f"[milliseconds ago, kind] or [milliseconds ago, kind, number]; kinds: {', '.join(KINDS)}.",
    )


class SubmitBody(serializers.Serializer[Any]):
    tiers = serializers.DictField(child=serializers.IntegerField(), required=False, help_text="rank: letter to tier")
    ratings = serializers.DictField(child=RatingShape(), required=False, help_text="rank, rate: letter to rating")
    text = serializers.CharField(required=False, help_text="demonstrate: the reply")
    prompt_flags = serializers.DictField(child=serializers.ChoiceField(["yes", "no", "na"]), required=False)
    use_case = serializers.CharField(required=False)
    note = serializers.CharField(required=False)
    rendering = serializers.ChoiceField(["rendered", "raw"], required=False)
    proposal = serializers.BooleanField(
        required=False, help_text="rank, where the schema offers it: the order began as the ratings' proposal"
    )


class SubmitOnceBody(SubmitBody):
    activity = ActivityShape(required=False, help_text="What was done since the last batch; see docs/api.md.")


class SubmittedAnswer(serializers.Serializer[Any]):
    judgment = serializers.UUIDField()
    surplus = serializers.BooleanField(help_text="Kept, though the task had its judgments already.")


class NextAnswer(SubmittedAnswer):
    next = AssignmentAnswer(required=False, allow_null=True)
    next_blocked = serializers.CharField(required=False, help_text="Why nothing could be claimed.")


class QueueAnswer(serializers.Serializer[Any]):
    available = serializers.IntegerField()
    held_by_others = serializers.IntegerField()
    next_free_at = serializers.DateTimeField(allow_null=True)


class TasksAnswer(serializers.Serializer[Any]):
    created = serializers.IntegerField()
    existing = serializers.IntegerField()
    tasks = serializers.ListField(child=serializers.UUIDField())


class KindBody(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(Task.Kind.choices)


class PromptFilter(serializers.Serializer[Any]):
    use_case = serializers.CharField(required=False)
    split = serializers.ChoiceField(Split.choices, required=False)
    language = serializers.CharField(required=False)
    written = serializers.BooleanField(required=False, help_text="Those that labelers wrote, or only the others.")


class NewTasks(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(Task.Kind.choices)
    prompts = serializers.JSONField(
        help_text="A list of prompt uids, or a filter (use_case, split, language, written)."
    )
    judgments = serializers.IntegerField(required=False, min_value=1, max_value=50, help_text="Labelers a task gets.")
    priority = serializers.IntegerField(required=False, min_value=-1000, max_value=1000)


class DraftBody(serializers.Serializer[Any]):
    draft = serializers.DictField(help_text="Whatever the client wants back; at most 400 kB.")
    revision = serializers.IntegerField(min_value=0, help_text="The revision the draft was based on.")
    activity = ActivityShape(required=False)


class DraftAnswer(serializers.Serializer[Any]):
    saved_at = serializers.DateTimeField()
    revision = serializers.IntegerField()


class LeaseAnswer(serializers.Serializer[Any]):
    lease_expires_at = serializers.DateTimeField()


class HeartbeatBody(serializers.Serializer[Any]):
    activity = ActivityShape(required=False)


class SkipBody(serializers.Serializer[Any]):
    code = serializers.ChoiceField(Assignment.SkipCode.choices, required=False, default="")
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


class StateAnswer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(Assignment.State.choices)
