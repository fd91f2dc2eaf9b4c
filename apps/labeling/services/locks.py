"""The two locks that every verb of a labeler takes, in this order."""

from apps.projects.models import Membership

from ..models import Assignment


def lock_member(member_id: int) -> None:
    """One verb of a labeler at a time: whatever takes or gives up a slot for them waits here first."""
    Membership.objects.select_for_update(no_key=True).only("pk").get(pk=member_id)


def lock_assignment(assignment: Assignment) -> Assignment:
    """The row as it is now, locked until the transaction ends, with its membership and project."""
    lock_member(assignment.membership_id)
    return (
        Assignment.objects.select_for_update(no_key=True, of=("self",))
        .select_related("task", "schema", "membership__project", "membership__user")
        .get(pk=assignment.pk)
    )
