"""A labeler's own judgments: the current one of each, and how long it may be corrected."""

from datetime import datetime, timedelta

from django.db.models import OuterRef, QuerySet, Subquery

from apps.projects.models import Membership

from ..models import Assignment, Judgment


def judgments_of(member: Membership) -> QuerySet[Judgment]:
    """`member`'s own current judgments, newest first."""
    return (
        Judgment.objects.filter(assignment__membership=member, superseded_by=None)
        .select_related("assignment", "task__prompt", "ranking", "demonstration__completion")
        .order_by("-submitted_at")
    )


def standing_judgment(assignment: Assignment) -> Judgment | None:
    """The current judgment of a submitted assignment, with its parts: what a correction starts from."""
    return history_of(assignment.membership).filter(assignment=assignment).first()


def history_of(member: Membership) -> QuerySet[Judgment]:
    """`judgments_of`, each with `first_at`: when its task was first submitted, from which corrections count."""
    first = Judgment.objects.filter(assignment=OuterRef("assignment"), supersedes=None).values("submitted_at")
    return judgments_of(member).select_related("ratings").annotate(first_at=Subquery(first))


def correctable_until(member: Membership, first_at: datetime) -> datetime:
    return first_at + timedelta(minutes=member.project.correction_minutes)
