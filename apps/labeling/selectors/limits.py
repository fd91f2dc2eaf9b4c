"""Whether work is handed out to a member at all: the project's state, its guideline, its quotas."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.utils import timezone

from apps.projects.models import Membership, Project
from apps.projects.selectors import unacknowledged_guideline

from ..models import Assignment
from .reasons import Code, Reason


@dataclass(frozen=True, slots=True)
class Limits:
    """`reason`: why nothing is handed out. `left`: judgments until a quota is reached; None without one."""

    reason: Reason | None = None
    left: int | None = None


def limits_of(member: Membership) -> Limits:
    """By the same rules as the claim, in its order."""
    project = member.project
    if project.state != Project.State.ACTIVE:
        return Limits(Reason(Code.PROJECT_NOT_ACTIVE))
    if (unread := unacknowledged_guideline(member)) is not None:
        return Limits(Reason(Code.GUIDELINE_UNACKNOWLEDGED, unread.number))
    left = _left(project.labeler_quota, member.judgments)
    if left == 0:
        return Limits(Reason(Code.QUOTA_REACHED, project.labeler_quota), left)
    if project.labeler_daily_quota is None:
        return Limits(left=left)
    midnight = _midnight()
    today = _left(project.labeler_daily_quota, submitted_since(member, midnight)) or 0
    if today == 0:
        tomorrow = midnight + timedelta(days=1)
        return Limits(Reason(Code.DAILY_QUOTA_REACHED, project.labeler_daily_quota, until=tomorrow), 0)
    return Limits(left=today if left is None else min(left, today))


def _left(quota: int | None, done: int) -> int | None:
    return None if quota is None else max(0, quota - done)


def _midnight() -> datetime:
    """When the quota's day began: the same moment for everybody, wherever they are."""
    return datetime.combine(timezone.now().astimezone(UTC).date(), time(), UTC)


def submitted_since(member: Membership, moment: datetime) -> int:
    return Assignment.objects.filter(
        membership=member, state=Assignment.State.SUBMITTED, seen_at__gte=moment
    ).count()  # fmt: skip
