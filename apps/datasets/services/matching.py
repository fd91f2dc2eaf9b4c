"""What each part of a filter leaves of the judgments or prompts, and how that is told where nothing is left."""

from collections.abc import Callable
from typing import Any

from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet

from apps.prompts.models import Completion

from ..domain.filters import SnapshotFilter

Step = tuple[str, Callable[[QuerySet[Any]], QuerySet[Any]]]


def judgment_steps(chosen: SnapshotFilter) -> list[Step]:
    """Of judgments: who gave them, under what, and how."""
    steps: list[Step] = []
    if not chosen.include_surplus:
        steps.append(_keep("are surplus", Q(surplus=False)))
    if chosen.task_purpose:
        steps.append(_keep("are of tasks with another purpose", Q(task__purpose__in=chosen.task_purpose)))
    if chosen.cohort:
        steps.append(_keep("are by another cohort", Q(cohort__in=chosen.cohort)))
    if chosen.labeler:
        steps.append(_keep("are by other labelers", _by(chosen.labeler)))
    if chosen.without_labeler:
        steps.append(_keep("are by labelers left out", ~_by(chosen.without_labeler)))
    if chosen.imported is not None:
        told = "were given here" if chosen.imported else "were imported"
        steps.append(_keep(told, Q(assignment__isnull=chosen.imported)))
    if chosen.guideline:
        steps.append(_keep("were given under other guidelines", _under(chosen.guideline)))
    if chosen.schema:
        steps.append(_keep("were given on other forms", Q(schema__number__in=chosen.schema)))
    if chosen.min_active_seconds is not None:
        steps.append(_keep("took less time, or nobody knows", Q(active_seconds__gte=chosen.min_active_seconds)))
    if chosen.max_active_seconds is not None:
        steps.append(_keep("took more time, or nobody knows", Q(active_seconds__lte=chosen.max_active_seconds)))
    if chosen.origin:
        steps.append(_keep("have candidates of other origins", ~_candidate(~Q(origin__in=chosen.origin))))
    if chosen.model:
        steps.append(_keep("have no candidate by one of these models", _candidate(_named(chosen.model))))
    return steps


def prompt_steps(chosen: SnapshotFilter, prompt: str, moment: str) -> list[Step]:
    """Of what their prompts are (`prompt` leads to it) and of when they came."""
    steps: list[Step] = []
    if chosen.split:
        steps.append(_keep("are of other splits", Q(**{f"{prompt}split__in": chosen.split})))
    if chosen.use_case:
        steps.append(_keep("are of other use cases", Q(**{f"{prompt}use_case__in": chosen.use_case})))
    if chosen.language:
        steps.append(_keep("are in other languages", Q(**{f"{prompt}language__in": chosen.language})))
    if chosen.begin:
        steps.append(_keep("are of an earlier time", Q(**{f"{moment}__gte": chosen.begin})))
    if chosen.end:
        steps.append(_keep("are of a later time", Q(**{f"{moment}__lt": chosen.end})))
    return steps


def _keep(reason: str, wanted: Any) -> Step:
    """The step, and what those did that it takes away."""
    return reason, lambda rows: rows.filter(wanted)


def _by(pseudonyms: tuple[str, ...]) -> Q:
    return Q(assignment__membership__pseudonym__in=pseudonyms) | Q(external_labeler__pseudonym__in=pseudonyms)


def _under(guidelines: tuple[tuple[str, int | None], ...]) -> Q:
    wanted = Q()
    for track, number in guidelines:
        wanted |= Q(guideline__track=track, **({} if number is None else {"guideline__number": number}))
    return wanted


def _candidate(like: Q) -> Exists:
    """Whether one of the task's candidates is like that."""
    among = Func(
        F("pk"), OuterRef("task__candidates"), template="%(expressions)s)", arg_joiner=" = ANY(",
        output_field=BooleanField(),
    )  # fmt: skip
    return Exists(Completion.objects.filter(among, like))


def _named(models: tuple[str, ...]) -> Q:
    """A model version by its name, or by name and number as exports call it; or what an import called a model."""
    wanted = Q(source_name__in=models) | Q(model_version__name__in=models)
    for model in models:
        name, _, number = model.rpartition(" ")
        if name and number.isascii() and number.isdecimal() and len(number) < 9:
            wanted |= Q(model_version__name=name, model_version__number=int(number))
    return wanted
