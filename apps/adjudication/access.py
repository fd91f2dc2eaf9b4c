"""The only door to a contested task: for adjudicators and managers, never one's own judgment or text."""

from typing import Any

from django.utils.translation import gettext as _

from apps.core.domain.errors import Forbidden, NotFound
from apps.labeling.models import Task
from apps.labeling.services.bar import task_bar
from apps.projects.access import Capability, member_for
from apps.projects.models import Membership

from .selectors.sheet import Sheet, sheet_of


def sheet_for(user: Any, slug: str, uid: Any) -> tuple[Membership, Sheet]:
    """The sheet of a task that two people ranked. Whoever gets it is never given the task to label.

    Raises Forbidden where the member judged or wrote it, has it in hand, or does not accept sensitive texts; NotFound
    where there is nothing to settle.
    """
    member = member_for(user, slug, Capability.ADJUDICATE)
    task = Task.objects.select_related("prompt").filter(
        project=member.project_id, uid=uid, kind=Task.Kind.RANK, purpose=Task.Purpose.PRODUCTION, repeats=None
    ).first()  # fmt: skip
    if task is None:
        raise NotFound(_("There is no such task to settle in this project."))
    _require_stranger(member, task)
    sheet = sheet_of(task)
    if len(sheet.voices) < 2:
        raise NotFound(_("Fewer than two people ranked this task, so there is nothing to settle."))
    task_bar(member=member, task=task)
    return member, sheet


def must_not_see_sensitive(member: Membership) -> bool:
    """Managers see every prompt anyway."""
    return member.role != Membership.Role.MANAGER and not member.accepts_sensitive


def _require_stranger(member: Membership, task: Task) -> None:
    if member.pk in task.writers:
        raise Forbidden(_("You wrote part of this task, so somebody else settles it."), code="own_text")
    if task.sensitive and must_not_see_sensitive(member):
        raise Forbidden(_("This task is sensitive, and you do not accept such texts."), code="sensitive_not_accepted")
