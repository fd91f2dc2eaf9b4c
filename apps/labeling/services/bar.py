"""A task kept from somebody for good, because they saw what others said of it."""

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.domain.errors import Conflict, Forbidden
from apps.projects.models import Membership
from apps.projects.selectors import current_schema

from ..models import Assignment, Task
from .locks import lock_member

State = Assignment.State
# Theirs already, or given up for good.
_IN_HAND = (State.LEASED, State.RESERVED)


def task_bar(*, member: Membership, task: Task) -> None:
    """Never give `task` to `member`; a second time changes nothing. Raises Forbidden where they hold or judged it."""
    if not Assignment.objects.filter(membership=member, task=task, state=State.BARRED).exists():
        _bar(member, task)


def barred_conflict() -> Conflict:
    return Conflict(
        _("You have seen what others said of this task, as an adjudicator, so it is not yours to judge."), code="barred"
    )


def refuse_barred(assignment: Assignment) -> None:
    """Raises Conflict `barred` where its labeler saw what others said."""
    if assignment.state == State.BARRED:
        raise barred_conflict()


@transaction.atomic
def _bar(member: Membership, task: Task) -> None:
    lock_member(member.pk)  # so that no claim gives it to them meanwhile
    own = Assignment.objects.filter(membership=member, task=task).first()
    if own is None:
        Assignment.objects.create(
            membership=member, task=task, schema=current_schema(member.project), state=State.BARRED,
            display_order=list(range(len(task.candidates))),
        )  # fmt: skip
    elif own.state in _IN_HAND:
        raise Forbidden(_("You have this task in hand as a labeler; finish or release it first."), code="own_judgment")
    elif own.state == State.SUBMITTED:
        raise Forbidden(_("You judged this task yourself, so somebody else settles it."), code="own_judgment")
    elif own.state != State.SKIPPED:  # which never comes back either, and is paid for
        own.state = State.BARRED
        own.save(update_fields=["state"])
