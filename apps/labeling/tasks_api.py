"""Tasks over the API, for managers and researchers: making them of prompts, and changing what is there."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.idempotency import idempotent
from apps.core.domain.errors import RuleBroken
from apps.core.schema import errors
from apps.core.strict import StrictBody
from apps.projects.access import Capability, member_for
from apps.projects.domain.skills import MOST_SKILLS
from apps.projects.models import Cohort
from apps.prompts.models import Split
from apps.prompts.selectors import prompts_matching

from .lists_api import TaskListing
from .models import Task
from .selectors.tasks import NOT_RESERVED, refuse_unknown, tasks_matching
from .services.task_changes import TaskChange, tasks_change
from .services.tasks import Terms, tasks_create

UIDS_AT_ONCE = 10_000


class PromptFilter(StrictBody):
    use_case = serializers.CharField(required=False, max_length=60)
    split = serializers.ChoiceField(Split.choices, required=False)
    language = serializers.CharField(required=False, max_length=20)
    written = serializers.BooleanField(required=False, help_text="Those that labelers wrote, or only the others.")


class TaskFilter(PromptFilter):
    kind = serializers.ChoiceField(Task.Kind.choices, required=False)
    state = serializers.ChoiceField(Task.State.choices, required=False)
    priority = serializers.IntegerField(required=False, min_value=-1000, max_value=1000)
    cohort = serializers.ChoiceField([*Cohort.values, NOT_RESERVED], required=False, help_text="none: for no cohort.")
    skill = serializers.CharField(required=False, max_length=60, help_text="Those that ask for this skill.")
    unfinished = serializers.BooleanField(required=False, help_text="Those with judgments to come, or the others.")


class TermsShape(StrictBody):
    judgments = serializers.IntegerField(required=False, min_value=1, max_value=50, help_text="Labelers a task gets.")
    priority = serializers.IntegerField(
        required=False, min_value=-1000, max_value=1000, help_text="Higher goes first; 0 by default."
    )
    cohort = serializers.ChoiceField(
        Cohort.choices, required=False, allow_null=True, help_text="Keep it for that cohort; null: for everybody."
    )
    requires = serializers.ListField(
        child=serializers.CharField(max_length=60),
        required=False,
        max_length=MOST_SKILLS,
        help_text="Skills that a labeler needs, like language:es; []: none.",
    )


class NewTasks(TermsShape):
    kind = serializers.ChoiceField(Task.Kind.choices)
    prompts = serializers.JSONField(
        help_text="A list of prompt uids, or a filter (use_case, split, language, written). Of a filter's prompts, those "
        "whose completions are too few or too many are left out."
    )
    demonstrations = serializers.BooleanField(
        default=False, help_text="Judge what people wrote beside what models wrote. Nobody gets an own text."
    )


class TasksAnswer(serializers.Serializer[Any]):
    created = serializers.IntegerField()
    existing = serializers.IntegerField()
    unfit = serializers.IntegerField(help_text="Prompts left out: too few or too many completions for the kind.")
    left_out = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Replies of models left out: empty, near-identical, prompt-echoing or identity-leaking ones.",
    )
    tasks = serializers.ListField(child=serializers.UUIDField())


class TasksChange(TermsShape):
    tasks = serializers.JSONField(
        help_text="A list of task uids, or a filter (kind, state, priority, cohort, skill, unfinished, use_case, split, "
        "language, written); {} is all."
    )
    state = serializers.ChoiceField(
        Task.State.choices, required=False, help_text="closed: nobody else gets it; whoever holds it may finish."
    )


class TasksChangedAnswer(serializers.Serializer[Any]):
    changed = serializers.IntegerField(help_text="Those that were otherwise before.")
    more = serializers.BooleanField(help_text="Not all yet: send the same again, it goes on from here.")


class TasksView(TaskListing):
    @extend_schema(operation_id="tasks_create", request=NewTasks, responses={201: TasksAnswer, **errors(422)})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """One task for each prompt; those that stand already are counted and left alone."""
        member = member_for(request.user, slug, Capability.CURATE)
        given = NewTasks(data=request.data)
        given.is_valid(raise_exception=True)
        options = dict(given.validated_data)
        prompts = _selection("prompts", options.pop("prompts"), PromptFilter)
        result = tasks_create(
            actor=member.user,
            project=member.project,
            kind=options.pop("kind"),
            prompts=prompts_matching(member.project, **prompts),
            demonstrations=options.pop("demonstrations"),
            leave_out_unfit="uids" not in prompts,
            terms=Terms(required=options.pop("judgments", None), **options),
        )
        counts = {"created": len(result.created), "existing": result.existing, "unfit": result.unfit}
        uids = [task.uid for task in result.created]
        return Response({**counts, "left_out": result.left_out, "tasks": uids}, status=201)

    @extend_schema(operation_id="tasks_change", request=TasksChange, responses={200: TasksChangedAnswer, **errors(422)})
    def patch(self, request: Request, slug: str) -> Response:
        """Change many tasks: priority, reservation, open or closed, more judgments. What was judged stays as it is."""
        member = member_for(request.user, slug, Capability.CURATE)
        given = TasksChange(data=request.data)
        given.is_valid(raise_exception=True)
        change = dict(given.validated_data)
        selection = _selection("tasks", change.pop("tasks"), TaskFilter)
        tasks = tasks_matching(member.project, **selection)
        if "uids" in selection:
            refuse_unknown(tasks, selection["uids"])
        result = tasks_change(actor=member.user, project=member.project, tasks=tasks, change=TaskChange(**change))
        return Response({"changed": result.changed, "more": result.more})


class _Uids(serializers.Serializer[Any]):
    uids = serializers.ListField(child=serializers.UUIDField(), max_length=UIDS_AT_ONCE)


def _selection(field: str, value: Any, filters: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """What a list of uids or a filter object selects, as keyword arguments of a selector."""
    if not isinstance(value, list | dict):
        raise RuleBroken(f"{field}: a list of uids, or a filter object.", field=field)
    given = _Uids(data={"uids": value}) if isinstance(value, list) else filters(data=value)
    if isinstance(value, dict) and (unknown := set(value) - set(given.fields)):
        name = f"{field}.{min(unknown)[:60]}"
        raise RuleBroken(f"{name} is not a filter; those are {', '.join(given.fields)}.", field=name)
    if not given.is_valid():
        raise serializers.ValidationError({field: given.errors.get("uids", given.errors)})
    return dict(given.validated_data)
