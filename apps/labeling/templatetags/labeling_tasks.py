"""What the members page shows of tasks: `projects` may not import `labeling`, so its template asks for it."""

from django import template

from apps.projects.models import Project

from ..selectors.skills import SkillAsked
from ..selectors.skills import skills_asked as asked

register = template.Library()


@register.simple_tag
def skills_asked(project: Project) -> list[SkillAsked]:
    return asked(project)
