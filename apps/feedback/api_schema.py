"""What feedback answers, for the OpenAPI document and the wire."""

from typing import Any

from rest_framework import serializers

from apps.core.lists import MadeBetween
from apps.core.strict import StrictBody

from .models import Question, Report


class ReportBody(StrictBody):
    subject = serializers.CharField(max_length=20, help_text='"prompt", or an output by its letter: "A"...')
    category = serializers.ChoiceField(Report.Category.values)
    text = serializers.CharField(required=False, allow_blank=True, default="", help_text="Needed for `other`.")


class OwnReport(serializers.Serializer[Any]):
    """What a labeler hears of a report: what they said, in their own letters."""

    uid = serializers.UUIDField()
    subject = serializers.CharField()
    category = serializers.ChoiceField(Report.Category.values)
    text = serializers.CharField()
    created_at = serializers.DateTimeField()


class ReportFilters(MadeBetween):
    state = serializers.ChoiceField(Report.State.values, required=False)
    category = serializers.ChoiceField(Report.Category.values, required=False)
    prompt = serializers.UUIDField(required=False)
    lookups = {"since": "created_at__gte", "until": "created_at__lt", "prompt": "prompt__uid"}


class ReportListed(serializers.ModelSerializer[Report]):
    prompt = serializers.UUIDField(source="prompt.uid")
    completion = serializers.UUIDField(
        source="completion.uid", allow_null=True, default=None, help_text="Null: the prompt itself."
    )
    labeler = serializers.CharField(source="member.pseudonym")
    category = serializers.ChoiceField(Report.Category.values)
    state = serializers.ChoiceField(Report.State.values)

    class Meta:
        model = Report
        fields = [
            "uid", "prompt", "completion", "labeler", "category", "text", "state", "resolution", "created_at", "resolved_at",
        ]  # fmt: skip


class CloseBody(StrictBody):
    resolution = serializers.CharField(
        required=False, allow_blank=True, default="", help_text="What was done about it."
    )


class QuestionBody(StrictBody):
    body = serializers.CharField()


class AnswerBody(StrictBody):
    answer = serializers.CharField()
    amend = serializers.BooleanField(default=False, help_text="Replace the answer that is there; it is unread again.")


class QuestionFilters(MadeBetween):
    state = serializers.ChoiceField(["open", "answered"], required=False)
    lookups = {"since": "asked_at__gte", "until": "asked_at__lt", "state": "answered_at__isnull"}

    def validate_state(self, value: str) -> bool:
        """Whether `answered_at` is null, for the lookup."""
        return value == "open"


class OwnQuestion(serializers.ModelSerializer[Question]):
    """A question as its author reads it. Who answered is the project."""

    assignment = serializers.UUIDField(source="assignment.uid")

    class Meta:
        model = Question
        fields = ["uid", "assignment", "body", "asked_at", "answer", "answered_at", "read_at"]


class QuestionListed(OwnQuestion):
    """With what a manager needs to answer; null for others."""

    labeler = serializers.SerializerMethodField(help_text="The pseudonym, for managers.")
    prompt = serializers.SerializerMethodField(help_text="Its uid, for managers.")

    class Meta(OwnQuestion.Meta):
        fields = [*OwnQuestion.Meta.fields, "labeler", "prompt"]

    def get_labeler(self, question: Question) -> str | None:
        return question.member.pseudonym if self.context.get("all") else None

    def get_prompt(self, question: Question) -> str | None:
        return str(question.assignment.task.prompt.uid) if self.context.get("all") else None
