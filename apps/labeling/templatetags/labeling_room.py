"""What the project's front page shows of the labeling room.

`projects` comes before `labeling` and may not import it, so its template asks for these panels instead.
"""

from typing import Any

from django import template

from apps.projects.models import Membership, Project

from ..models import Task
from ..selectors import QueueState, Workload, held_assignment, progress_of, queue_state, workload_of

register = template.Library()

VERBS = {
    Task.Kind.RANK: ("Rank", "Start ranking", "Read the candidates of a prompt, rate them, put them in order."),
    Task.Kind.RATE: ("Rate", "Start rating", "Read the candidates of a prompt and rate each by itself."),
    Task.Kind.DEMONSTRATE: ("Write", "Start writing", "Write the reply you would want to receive."),
}


@register.inclusion_tag("labeling/parts/desk.html")
def labeler_desk(member: Membership) -> dict[str, Any]:
    """Progress, the task in hand, and each queue with its start button."""
    queues = [queue_panel(kind, queue_state(member, kind)) for kind in Task.Kind.values]
    return {
        "member": member,
        "project": member.project,
        "held": held_assignment(member),
        "progress": progress_of(member),
        "queues": queues,
        "any_work": any(queue["state"].available for queue in queues),
    }


def queue_panel(kind: str, state: QueueState) -> dict[str, Any]:
    name, start, what = VERBS[Task.Kind(kind)]
    return {"kind": kind, "name": name, "start": start, "what": what, "state": state}


@register.simple_tag
def workload(project: Project) -> Workload:
    return workload_of(project)
