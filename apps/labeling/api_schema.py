"""The shapes of the labeling API, for its OpenAPI document. `domain.submission` is what checks a judgment's body."""

from typing import Any

from rest_framework import serializers

from apps.core.strict import StrictBody

from .domain.activity import KINDS, MOST_EVENTS
from .models import Assignment, Task
from .selectors import Code


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


class ReasonShape(serializers.Serializer[Any]):
    code = serializers.ChoiceField([code.value for code in Code], help_text="See docs/api.md.")
    count = serializers.IntegerField(allow_null=True, help_text="Of tasks, or the quota; at most 1,000 counted.")
    more = serializers.BooleanField(help_text="There are others beyond.")
    until = serializers.DateTimeField(allow_null=True, help_text="When it may change by itself.")
    skills = serializers.ListField(child=serializers.CharField(), help_text="skills_missing: those that are.")


class QueueAnswer(serializers.Serializer[Any]):
    available = serializers.IntegerField(help_text="At most 1,000 are counted.")
    more = serializers.BooleanField(help_text="There are others beyond; with 0 available: there may be, claim to see.")
    held_by_others = serializers.IntegerField()
    next_free_at = serializers.DateTimeField(allow_null=True)
    reasons = ReasonShape(many=True, help_text="Why nothing is available; empty when something is.")


class KindBody(StrictBody):
    kind = serializers.ChoiceField(Task.Kind.choices)


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


class SkipBody(StrictBody):
    code = serializers.ChoiceField(Assignment.SkipCode.choices, required=False, default="")
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


class StateAnswer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(Assignment.State.choices)
