"""Reads of the labeling room. What a labeler must not see (model, purpose, others' answers) is in none."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from apps.projects.domain.judgment_schema import Schema, parse_schema
from apps.projects.models import GuidelineVersion, Membership, Project
from apps.prompts.models import Prompt
from apps.prompts.selectors import PromptView, bodies_in_order, prompt_view

from .domain.letters import letters_of, to_letters
from .models import Assignment, Judgment, Task


@dataclass(frozen=True, slots=True)
class Candidate:
    letter: str
    text: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything on a labeler's desk for one assignment, and nothing else."""

    assignment: Assignment
    kind: str
    prompt: PromptView
    candidates: list[Candidate]
    schema: Schema
    schema_body: dict[str, Any]
    guideline: GuidelineVersion | None


def desk_of(assignment: Assignment) -> Desk:
    task = assignment.task
    bodies = to_letters(assignment.display_order, bodies_in_order(task.candidates))
    letters = letters_of(assignment.display_order)
    return Desk(
        assignment=assignment,
        kind=task.kind,
        prompt=prompt_view(task.prompt),
        candidates=[Candidate(letter, body) for letter, body in zip(letters, bodies, strict=True)],
        schema=parse_schema(assignment.schema.body),
        schema_body=assignment.schema.body,
        guideline=assignment.guideline,
    )


@dataclass(frozen=True, slots=True)
class QueueState:
    """`available` now for this member; `held_by_others` may come free, the first at `next_free_at`."""

    available: int
    held_by_others: int
    next_free_at: datetime | None


def queue_state(member: Membership, kind: str | None = None) -> QueueState:
    """What is left to do for `member`, by the same rules as the claim."""
    tasks = Task.objects.filter(
        project=member.project_id, state=Task.State.OPEN, purpose=Task.Purpose.PRODUCTION, required__isnull=False
    )
    if kind is not None:
        tasks = tasks.filter(kind=kind)
    if not member.accepts_sensitive:
        tasks = tasks.filter(sensitive=False)
    done_or_held = Assignment.objects.filter(membership=member).exclude(
        state__in=[Assignment.State.RELEASED, Assignment.State.EXPIRED]
    )
    others = tasks.exclude(pk__in=done_or_held.values("task"))
    leases = Assignment.objects.filter(
        task__in=others.filter(open_slots=0), state__in=[Assignment.State.LEASED, Assignment.State.RESERVED]
    ).aggregate(count=Count("id"), first=Min("lease_expires_at"))
    return QueueState(others.filter(open_slots__gt=0).count(), leases["count"], leases["first"])


def held_assignment(member: Membership) -> Assignment | None:
    """The lease `member` holds now, if any."""
    return Assignment.objects.select_related("task").filter(membership=member, state=Assignment.State.LEASED).first()


def judgments_of(member: Membership) -> QuerySet[Judgment]:
    """`member`'s own current judgments, newest first."""
    return (
        Judgment.objects.filter(assignment__membership=member, superseded_by=None)
        .select_related("assignment", "task__prompt", "ranking", "demonstration__completion")
        .order_by("-submitted_at")
    )


@dataclass(frozen=True, slots=True)
class Progress:
    today: int
    total: int


def progress_of(member: Membership) -> Progress:
    """How many tasks `member` has judged, today (UTC) and in all."""
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    first_judgments = Judgment.objects.filter(assignment__membership=member, supersedes=None)
    counts = first_judgments.aggregate(total=Count("id"), today=Count("id", filter=Q(submitted_at__gte=midnight)))
    return Progress(today=counts["today"], total=counts["total"])


def standing_judgment(assignment: Assignment) -> Judgment | None:
    """The current judgment of a submitted assignment, with its parts: what a correction starts from."""
    return history_of(assignment.membership).filter(assignment=assignment).first()


def history_of(member: Membership) -> QuerySet[Judgment]:
    """`judgments_of`, each with `first_at`: when its task was first submitted, from which corrections count."""
    first = Judgment.objects.filter(assignment=OuterRef("assignment"), supersedes=None).values("submitted_at")
    return judgments_of(member).select_related("ratings").annotate(first_at=Subquery(first))


def correctable_until(member: Membership, first_at: datetime) -> datetime:
    return first_at + timedelta(minutes=member.project.correction_minutes)


@dataclass(frozen=True, slots=True)
class Workload:
    prompts: int
    tasks_open: int
    judgments: int


def workload_of(project: Project) -> Workload:
    """How much there is and how much is done, for those who run a project."""
    return Workload(
        prompts=Prompt.objects.filter(project=project).count(),
        tasks_open=Task.objects.filter(project=project, state=Task.State.OPEN, open_slots__gt=0).count(),
        judgments=Judgment.objects.filter(task__project=project, supersedes=None).count(),
    )
