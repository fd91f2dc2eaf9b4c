"""How a labeler gets on: counts of the day."""

from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils import timezone

from apps.projects.models import Membership

from ..models import Judgment


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
