"""The groups of a project's pages, for the head of every page."""

from typing import Any

from django import template

from ..navigation import BOTH, Group, groups_of

register = template.Library()


@register.simple_tag(takes_context=True)
def project_groups(context: template.Context, member: Any) -> list[Group]:
    """Those of who runs the project; none for a labeler, whose few pages stand in one row."""
    request: Any = context.get("request")
    if member.role not in BOTH:
        return []
    return groups_of(member.project.slug, member.role, request.path if request is not None else "")
