"""Tasks and judgments in lists, for those who curate. A labeler's calls are in `api.py`."""

from typing import Any

from django.db.models import Q
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.lists import MadeBetween, StrictBoolean, UidCursorPagination, cursor_page
from apps.core.schema import errors
from apps.projects.access import Capability, member_for
from apps.projects.models import Cohort, Track

from .models import Judgment, Task
from .selectors.told import judgments_told, tasks_told


class TaskFilters(MadeBetween):
    kind = serializers.ChoiceField(Task.Kind.choices, required=False)
    purpose = serializers.ChoiceField(Task.Purpose.choices, required=False)
    state = serializers.ChoiceField(Task.State.choices, required=False)
    free = StrictBoolean(required=False, help_text="Those that somebody could still take, or only the others.")
    prompt = serializers.UUIDField(required=False)
    priority = serializers.IntegerField(required=False, min_value=-1000, max_value=1000)
    lookups = {"since": "created_at__gte", "until": "created_at__lt", "prompt": "prompt__uid"}

    def narrow(self, rows: Any) -> Any:
        free = self.validated_data.pop("free", None)
        rows = super().narrow(rows)
        takeable = Q(state=Task.State.OPEN) & (Q(open_slots__gt=0) | Q(required=None))
        return rows if free is None else rows.filter(takeable) if free else rows.exclude(takeable)


class TaskListed(serializers.ModelSerializer[Task]):
    prompt = serializers.UUIDField(source="prompt.uid")
    kind = serializers.ChoiceField(Task.Kind.choices)
    purpose = serializers.ChoiceField(Task.Purpose.choices)
    state = serializers.ChoiceField(Task.State.choices)
    candidates = serializers.ListField(
        child=serializers.UUIDField(), source="candidate_uids", help_text="Completions, in fixed positions."
    )
    judgments = serializers.IntegerField(
        source="required", allow_null=True, help_text="Labelers it gets; null: any number."
    )
    cohort = serializers.ChoiceField(Cohort.choices, allow_null=True, help_text="Kept for that cohort.")
    requires = serializers.ListField(child=serializers.CharField(), help_text="Skills that a labeler needs.")

    class Meta:
        model = Task
        fields = [
            "uid", "prompt", "kind", "purpose", "state", "candidates", "judgments", "open_slots", "priority",
            "sensitive", "cohort", "requires", "external_id", "created_at",
        ]  # fmt: skip


class TaskListing(APIView):
    """The GET of `projects/{slug}/tasks/`."""

    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="tasks_list", parameters=[TaskFilters], responses={200: TaskListed(many=True), **errors(422)}
    )
    def get(self, request: Request, slug: str) -> Response:
        """The project's tasks, newest first."""
        member = member_for(request.user, slug, Capability.CURATE)
        return cursor_page(self, request, tasks_told(member.project), TaskListed, TaskFilters)


class JudgmentFilters(MadeBetween):
    kind = serializers.ChoiceField(Task.Kind.choices, required=False)
    cohort = serializers.ChoiceField(Cohort.choices, required=False)
    labeler = serializers.CharField(required=False, max_length=120, help_text="A pseudonym.")
    task = serializers.UUIDField(required=False)
    prompt = serializers.UUIDField(required=False)
    imported = StrictBoolean(required=False)
    surplus = StrictBoolean(required=False)
    standing = StrictBoolean(required=False, help_text="Those that no correction supersedes, or only the others.")
    guideline = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="A number.")
    schema = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="A number.")
    lookups = {
        "since": "submitted_at__gte", "until": "submitted_at__lt", "kind": "task__kind", "task": "task__uid",
        "prompt": "task__prompt__uid", "imported": "external_labeler__isnull", "standing": "superseded_by__isnull",
        "guideline": "guideline__number", "schema": "schema__number",
    }  # fmt: skip

    def validate_imported(self, value: bool) -> bool:
        return not value

    def narrow(self, rows: Any) -> Any:
        labeler = self.validated_data.pop("labeler", None)
        rows = super().narrow(rows)
        if labeler is None:
            return rows
        return rows.filter(Q(assignment__membership__pseudonym=labeler) | Q(external_labeler__pseudonym=labeler))


class LabelerAnswer(serializers.Serializer[Any]):
    pseudonym = serializers.CharField()
    kind = serializers.CharField(help_text="member; of an imported one person, pool, model or simulated.")


class GuidelineNamed(serializers.Serializer[Any]):
    track = serializers.ChoiceField(Track.choices)
    number = serializers.IntegerField()


class JudgmentListed(serializers.ModelSerializer[Judgment]):
    task = serializers.UUIDField(source="task.uid")
    prompt = serializers.UUIDField(source="task.prompt.uid")
    kind = serializers.ChoiceField(Task.Kind.choices, source="task.kind")
    labeler = serializers.SerializerMethodField()
    cohort = serializers.ChoiceField(Cohort.choices)
    imported = serializers.SerializerMethodField()
    guideline = GuidelineNamed(allow_null=True)
    schema = serializers.IntegerField(source="schema.number", allow_null=True, default=None)
    candidates = serializers.ListField(child=serializers.UUIDField(), source="candidate_uids")
    tiers = serializers.ListField(
        child=serializers.IntegerField(), source="ranking.tiers", allow_null=True, default=None,
        help_text="In the candidates' order: 1 best, equal = tie.",
    )  # fmt: skip
    ratings = serializers.ListField(
        child=serializers.DictField(), source="ratings.values", allow_null=True, default=None
    )
    completion = serializers.UUIDField(
        source="demonstration.completion.uid", allow_null=True, default=None, help_text="What was written, if it was."
    )
    text = serializers.CharField(source="demonstration.completion.body", allow_null=True, default=None)
    prompt_flags = serializers.DictField()
    supersedes = serializers.UUIDField(source="supersedes.uid", allow_null=True, default=None)
    superseded_by = serializers.UUIDField(source="superseded_by.uid", allow_null=True, default=None)

    class Meta:
        model = Judgment
        fields = [
            "uid", "task", "prompt", "kind", "labeler", "cohort", "imported", "guideline", "schema", "candidates", "tiers",
            "ratings", "completion", "text", "prompt_flags", "use_case", "note", "surplus", "active_seconds",
            "supersedes", "superseded_by", "submitted_at",
        ]  # fmt: skip

    @extend_schema_field(LabelerAnswer)
    def get_labeler(self, judgment: Judgment) -> dict[str, str]:
        if judgment.external_labeler is not None:
            return {"pseudonym": judgment.external_labeler.pseudonym, "kind": judgment.external_labeler.kind}
        assert judgment.assignment is not None
        return {"pseudonym": judgment.assignment.membership.pseudonym, "kind": "member"}

    def get_imported(self, judgment: Judgment) -> bool:
        return judgment.external_labeler_id is not None


class JudgmentsView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="judgments_list",
        parameters=[JudgmentFilters],
        responses={200: JudgmentListed(many=True), **errors(422)},
    )
    def get(self, request: Request, slug: str) -> Response:
        """What was said about the project's tasks, newest first: all rows, corrected ones too unless `standing=true`."""
        member = member_for(request.user, slug, Capability.CURATE)
        return cursor_page(self, request, judgments_told(member.project), JudgmentListed, JudgmentFilters)
