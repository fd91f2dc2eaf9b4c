"""For pages that link to the writing of prompts where a project asks for it."""

from django import template

from apps.projects.models import Membership

from ..selectors import prompt_writing_is_on
from ..words import USE_CASE_NAMES

register = template.Library()


@register.simple_tag
def writes_prompts(member: Membership) -> bool:
    return prompt_writing_is_on(member.project)


@register.filter
def use_case_name(word: str) -> str:
    return str(USE_CASE_NAMES.get(word, word))
