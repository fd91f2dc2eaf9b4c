"""What the project's front page and the work page show of the labeling room.

`projects` comes before `labeling` and may not import it, so its template asks for these panels instead.
"""

from datetime import timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.projects.models import Membership, Project

from ..models import Task
from ..selectors import (
    Code,
    QueueState,
    Workload,
    done_in_all,
    held_assignment,
    limits_of,
    pace_of,
    progress_of,
    queue_state,
    stretch_of,
    workload_of,
)

register = template.Library()

VERBS = {
    Task.Kind.RANK: (_("Rank"), _("Start ranking"), _("Read the candidates to a prompt, rate and order them.")),
    Task.Kind.RATE: (_("Rate"), _("Start rating"), _("Read the candidates to a prompt and rate each by itself.")),
    Task.Kind.DEMONSTRATE: (_("Write"), _("Start writing"), _("Write the reply you would want to receive.")),
}
SUGGEST_PAUSE_AFTER = timedelta(minutes=50)


@register.inclusion_tag("labeling/parts/desk.html")
def labeler_desk(member: Membership) -> dict[str, Any]:
    """The day, the task in hand, and each queue with its start button."""
    limits = limits_of(member)
    queues = [queue_panel(kind, queue_state(member, kind, explain=False, limits=limits)) for kind in Task.Kind.values]
    any_work = any(queue["state"].available or queue["may_be_more"] for queue in queues)
    held = held_assignment(member)
    stretch = stretch_of(member, timezone.now())
    return {
        "member": member,
        "project": member.project,
        "held": held,
        "progress": progress_of(member),
        "in_all": done_in_all(member),
        "paces": [{"name": VERBS[Task.Kind(pace.kind)][0], "pace": pace} for pace in pace_of(member)],
        "stretch": stretch if stretch >= timedelta(minutes=1) else None,
        "suggest_pause": stretch >= SUGGEST_PAUSE_AFTER,
        "queues": queues,
        "any_work": any_work,
        "reasons": () if any_work or held else queue_state(member, limits=limits).reasons,
        "day_over": limits.reason is not None and limits.reason.code == Code.DAILY_QUOTA_REACHED,
    }


def queue_panel(kind: str, state: QueueState) -> dict[str, Any]:
    name, start, what = VERBS[Task.Kind(kind)]
    # Looked at without finding any, and not to the end: the claim looks further.
    may_be_more = state.more and not state.available
    return {"kind": kind, "name": name, "start": start, "what": what, "state": state, "may_be_more": may_be_more}


@register.filter
def duration(value: timedelta | float) -> str:
    """Seconds as people note them: `40 s`, `7 min`, `1 h 20 min`; rounded to what is told."""
    seconds = round(value.total_seconds() if isinstance(value, timedelta) else value)
    if seconds < 90:
        return gettext("%(n)d s") % {"n": seconds}
    hours, minutes = divmod(round(seconds / 60), 60)
    if not hours:
        return gettext("%(n)d min") % {"n": minutes}
    return gettext("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}


@register.simple_tag
def workload(project: Project) -> Workload:
    return workload_of(project)
