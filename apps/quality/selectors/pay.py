"""Work by member and period, as somebody pays for it: whole numbers that add up over periods and people."""

from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Count, F, Q, Sum

from apps.labeling.models import Assignment, Judgment, Task
from apps.projects.models import Membership, Project

from ..domain.period import Period


@dataclass(frozen=True, slots=True)
class Work:
    """`judgments` are tasks submitted, each once, whatever their purpose; `surplus` of them came when the task had its
    judgments already. `active_seconds` is the work in them, idle time excluded; a correction is counted beside them and
    adds no time. Skipped tasks stand apart, with the time that went into them."""

    judgments: int = 0
    rankings: int = 0
    ratings: int = 0
    demonstrations: int = 0
    surplus: int = 0
    corrections: int = 0
    active_seconds: int = 0
    skipped: int = 0
    skipped_seconds: int = 0

    @property
    def hours(self) -> float:
        return self.active_seconds / 3600

    @property
    def skipped_hours(self) -> float:
        return self.skipped_seconds / 3600


@dataclass(frozen=True, slots=True)
class Worker:
    pseudonym: str
    email: str
    work: Work


def work_in(project: Project, period: Period) -> list[Worker]:
    """Everybody who did something in it, by pseudonym; whoever was imported is paid elsewhere."""
    sums: dict[int, dict[str, Any]] = {}
    for row in (*_judged(project, period), *_skipped(project, period)):
        sums.setdefault(row.pop("member"), {}).update({name: value or 0 for name, value in row.items()})
    members = Membership.objects.filter(pk__in=sums).select_related("user").order_by("pseudonym")
    return [Worker(member.pseudonym, member.user.email, Work(**sums[member.pk])) for member in members]


def total_of(workers: list[Worker]) -> Work:
    return Work(**{field.name: sum(getattr(one.work, field.name) for one in workers) for field in fields(Work)})


def _judged(project: Project, period: Period) -> list[dict[str, Any]]:
    first = Q(supersedes=None)
    found = Judgment.objects.filter(
        task__project=project, assignment__isnull=False, submitted_at__gte=period.begins, submitted_at__lt=period.ends
    )
    rows: Any = (
        found.order_by()
        .values(member=F("assignment__membership"))
        .annotate(
            judgments=Count("pk", filter=first),
            rankings=Count("pk", filter=first & Q(task__kind=Task.Kind.RANK)),
            rated=Count("pk", filter=first & Q(task__kind=Task.Kind.RATE)),
            demonstrations=Count("pk", filter=first & Q(task__kind=Task.Kind.DEMONSTRATE)),
            # This, `rated` and `active` may not bear the name of a column or relation.
            surplus_ones=Count("pk", filter=first & Q(surplus=True)),
            corrections=Count("pk", filter=~first),
            active=Sum("active_seconds", filter=first),
        )
    )
    return [_named(row, rated="ratings", surplus_ones="surplus", active="active_seconds") for row in rows]


def _skipped(project: Project, period: Period) -> list[dict[str, Any]]:
    """A skipped task never comes back, so its time is final; what was put back or ran out counts once it is judged."""
    found = Assignment.objects.filter(
        membership__project=project, state=Assignment.State.SKIPPED,
        seen_at__gte=period.begins, seen_at__lt=period.ends,
    )  # fmt: skip
    rows: Any = (
        found.order_by()
        .values(member=F("membership"))
        .annotate(skipped=Count("pk"), skipped_seconds=Sum("active_seconds"))
    )
    return list(rows)


def _named(row: dict[str, Any], **names: str) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in row.items()}
