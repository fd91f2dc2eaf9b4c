"""Claiming work, as the pages do it: the assignment as an object. `offer` asks the database."""

from apps.projects.models import Membership

from ..models import Assignment
from .offer import offer


def assignment_claim(*, member: Membership, kind: str) -> Assignment | None:
    """The lease `member` holds, else a new one on the next task of `kind`, else None: nothing is left.

    The task that is reserved for them comes first, then their own expired work with a draft. Raises Conflict
    `guideline_unacknowledged` while the guideline in force is unread, `project_not_active` while the project is
    paused or archived, `quota_reached` when they have given as many judgments as the project takes of one person.
    """
    found = offer(member_id=member.pk, project_id=member.project_id, kind=kind)
    return assignment_of(member, found) if found else None


def assignment_of(member: Membership, pk: int) -> Assignment:
    """The row with what a room needs of it; its membership is the object that the caller has."""
    assignment = Assignment.objects.select_related("task__prompt", "schema", "guideline").get(pk=pk)
    assignment.membership = member
    return assignment
