"""What earlier apps' templates show of feedback: they may not import it, so they ask for these."""

from collections.abc import Iterable
from typing import Any, Protocol

from django import template

from apps.labeling.models import Assignment
from apps.projects.models import Membership

from ..panel import panel_context
from ..selectors import unread_answers as _unread_answers

register = template.Library()


class Lettered(Protocol):
    """A candidate on a desk."""

    @property
    def letter(self) -> str: ...


@register.inclusion_tag("feedback/parts/panel.html")
def feedback_panel(assignment: Assignment, candidates: Iterable[Lettered]) -> dict[str, Any]:
    """Under a task in the room, outside its judgment form: ask the project, report an output or the prompt."""
    return panel_context(assignment, [candidate.letter for candidate in candidates])


@register.simple_tag
def unread_answers(member: Membership) -> int:
    """How many answers a labeler has not seen yet. One query on a partial index."""
    return _unread_answers(member)
