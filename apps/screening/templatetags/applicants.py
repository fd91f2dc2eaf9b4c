"""What earlier apps' templates show of screening: they may not import it, so they ask for this."""

from django import template

from apps.projects.models import Project

from ..selectors.waiting import undecided_of

register = template.Library()


@register.simple_tag
def applicants_waiting(project: Project) -> int:
    """How many handed the exam in and wait for a decision. One query."""
    return undecided_of(project).count()
