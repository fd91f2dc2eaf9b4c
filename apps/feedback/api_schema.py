"""What feedback answers, for the OpenAPI document and the wire."""

from typing import Any

from rest_framework import serializers

from apps.core.lists import MadeBetween
from apps.core.strict import StrictBody
from apps.labeling.models import Assignment, Task

from .models import Question, Report


class ReportBody(StrictBody):
    subject = serializers.CharField(max_length=20, help_text='"prompt", or a candidate by its letter: "A"...')
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


class SkipFilters(MadeBetween):
    code = serializers.ChoiceField(Assignment.SkipCode.values, required=False)
    labeler = serializers.CharField(required=False, max_length=40, help_text="A pseudonym.")
    prompt = serializers.UUIDField(required=False)
    lookups = {
        "since": "seen_at__gte", "until": "seen_at__lt", "code": "skip_code", "labeler": "membership__pseudonym",
        "prompt": "task__prompt__uid",
    }  # fmt: skip


class SkipListed(serializers.ModelSerializer[Assignment]):
    prompt = serializers.UUIDField(source="task.prompt.uid")
    task = serializers.UUIDField(source="task.uid")
    kind = serializers.ChoiceField(Task.Kind.values, source="task.kind")
    code = serializers.ChoiceField(
        Assignment.SkipCode.values, source="skip_code", allow_blank=True, help_text="Empty: none was given."
    )
    reason = serializers.CharField(source="skip_reason", help_text="In the labeler's words.")
    labeler = serializers.CharField(source="membership.pseudonym")
    skipped_at = serializers.DateTimeField(source="seen_at")

    class Meta:
        model = Assignment
        fields = ["prompt", "task", "kind", "code", "reason", "labeler", "skipped_at"]


class CloseBody(StrictBody):
    resolution = serializers.CharField(
        required=False, allow_blank=True, default="", help_text="What was done about it."
    )


class QuestionBody(StrictBody):
    body = serializers.CharField()
    rule = serializers.CharField(
        required=False, allow_blank=True, max_length=200,
        help_text="Ask about this rule of the task's guideline, by its name; empty: about all of it. Left out: the task.",
    )  # fmt: skip


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
    guideline = serializers.IntegerField(
        source="guideline.number", allow_null=True, default=None, help_text="The version asked about; null: the task."
    )

    class Meta:
        model = Question
        fields = ["uid", "assignment", "guideline", "rule", "body", "asked_at", "answer", "answered_at", "read_at"]


class QuestionListed(OwnQuestion):
    """With what a manager needs to answer; null for others."""

    labeler = serializers.SerializerMethodField(help_text="The pseudonym, for managers.")
    prompt = serializers.SerializerMethodField(help_text="Its uid, for managers.")
    shown_question = serializers.SerializerMethodField(
        help_text="As it stands beside the rule for everybody, for managers; empty: not shown."
    )

    class Meta(OwnQuestion.Meta):
        fields = [*OwnQuestion.Meta.fields, "labeler", "prompt", "shown_question"]

    def get_labeler(self, question: Question) -> str | None:
        return question.member.pseudonym if self.context.get("all") else None

    def get_prompt(self, question: Question) -> str | None:
        return str(question.assignment.task.prompt.uid) if self.context.get("all") else None

    def get_shown_question(self, question: Question) -> str | None:
        return question.shown_question if self.context.get("all") else None


class ShownBody(StrictBody):
    question = serializers.CharField(help_text="As everybody reads it; leave out what tells who asked.")


class AnswerBeside(serializers.Serializer[Any]):
    """A question and its answer beside a rule. Who asked is in no answer of this."""

    rule = serializers.CharField(help_text="The rule's name; empty: all of the guideline.")
    question = serializers.CharField()
    answer = serializers.CharField()
    answered_at = serializers.DateTimeField()
    guideline = serializers.IntegerField(source="number", help_text="The version that was asked about.")


class AnswersBeside(serializers.Serializer[Any]):
    results = AnswerBeside(many=True)
